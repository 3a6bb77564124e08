package emulator

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
)

// interfaceHandlers answer what is asked of network interfaces.
func interfaceHandlers() map[string]handler {
	return map[string]handler{
		"CreateNetworkInterface": createCard,
		"DescribeNetworkInterfaces": describe("NetworkInterfaces", kindCard, "InvalidNetworkInterfaceID.NotFound", "NetworkInterfaceIds", map[string]string{
			"vpc-id": "VpcId", "subnet-id": "SubnetId", "group-id": "Groups.GroupId", "attachment.instance-id": "Attachment.InstanceId",
			"attachment.attachment-id": "Attachment.AttachmentId", "attachment.instance-owner-id": "Attachment.InstanceOwnerId", "description": "Description",
			"network-interface-id": "NetworkInterfaceId", "requester-id": "RequesterId", "status": "Status",
		}),
		"ModifyNetworkInterfaceAttribute": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindCard, "InvalidNetworkInterfaceID.NotFound", text(in, "NetworkInterfaceId"))
			if err != nil {
				return nil, err
			}
			for _, member := range []string{"SourceDestCheck", "Description"} {
				if v, set := value(in, member); set {
					o.data[member] = v
				}
			}
			if _, set := in["Groups"]; set {
				o.data["Groups"], err = e.groups(texts(in, "Groups"))
			}
			if change := structure(in, "Attachment"); len(change) > 0 {
				with(structure(o.data, "Attachment"), change, "DeleteOnTermination")
			}
			return message{}, err
		},
		"DeleteNetworkInterface": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindCard, "InvalidNetworkInterfaceID.NotFound", text(in, "NetworkInterfaceId"))
			if err != nil {
				return nil, err
			}
			if o.data["Attachment"] != nil {
				return nil, refuse("InvalidNetworkInterface.InUse", "%s is attached", o.id)
			}
			e.store.remove(o)
			return message{}, nil
		},
		"DetachNetworkInterface": func(e *Emulator, in message) (message, error) {
			for _, card := range e.store.of(kindCard) {
				if text(structure(card.data, "Attachment"), "AttachmentId") == text(in, "AttachmentId") {
					detachCard(card)
					return message{}, nil
				}
			}
			return nil, refuse("InvalidAttachmentID.NotFound", "there is no attachment %q", text(in, "AttachmentId"))
		},
	}
}

func createCard(e *Emulator, in message) (message, error) {
	subnet, err := e.find(kindSubnet, "InvalidSubnetID.NotFound", text(in, "SubnetId"))
	if err != nil {
		return nil, err
	}
	groups, err := e.groups(texts(in, "Groups"))
	if err != nil {
		return nil, err
	}
	address := text(in, "PrivateIpAddress")
	for _, given := range structures(in, "PrivateIpAddresses") {
		address = text(given, "PrivateIpAddress")
	}
	if address == "" {
		address = nextAddress(subnet)
	}
	for _, other := range e.store.where(kindCard, "PrivateIpAddress", address) {
		return nil, refuse("InvalidIPAddress.InUse", "%s has %s", other.id, address)
	}
	o := e.store.add(kindCard, "eni", "NetworkInterfaceId", message{
		"SubnetId": subnet.id, "VpcId": subnet.data["VpcId"], "AvailabilityZone": subnet.data["AvailabilityZone"], "Status": "available", "OwnerId": Account,
		"Groups": groups, "Description": text(in, "Description"), "SourceDestCheck": true, "InterfaceType": "interface", "PrivateIpAddress": address,
		"PrivateIpAddresses": list(message{"Primary": true, "PrivateIpAddress": address}), "RequesterManaged": false,
	})
	o.data["MacAddress"] = fmt.Sprintf("02:00:00:00:%02x:%02x", o.order>>8, o.order&0xff)
	tagged(o, in)
	return message{"NetworkInterface": deep(o.data)}, nil
}

// groups are security groups as an interface names them.
func (e *Emulator) groups(ids []string) ([]any, error) {
	out := list[any]()
	for _, id := range ids {
		group, err := e.find(kindGroup, "InvalidGroup.NotFound", id)
		if err != nil {
			return nil, err
		}
		out = append(out, with(message{}, group.data, "GroupId", "GroupName"))
	}
	return out, nil
}

// nextAddress takes the next address of a subnet. AWS keeps the first four.
func nextAddress(subnet *object) string {
	prefix := netip.MustParsePrefix(text(subnet.data, "CidrBlock"))
	taken, _ := subnet.kept["taken"].(int)
	subnet.kept["taken"] = taken + 1
	first := prefix.Addr().As4()
	var address [4]byte
	binary.BigEndian.PutUint32(address[:], binary.BigEndian.Uint32(first[:])+4+uint32(taken))
	return netip.AddrFrom4(address).String()
}

// attachCard gives an interface to an instance.
func attachCard(card, instance *object, place message) error {
	if card.data["Attachment"] != nil {
		return refuse("InvalidNetworkInterface.InUse", "%s is attached to %s", card.id, text(structure(card.data, "Attachment"), "InstanceId"))
	}
	card.data["Status"] = "in-use"
	card.data["Attachment"] = message{
		"AttachmentId": "eni-attach-" + card.id, "InstanceId": instance.id, "InstanceOwnerId": Account, "Status": "attached",
		"DeviceIndex": or(place, "DeviceIndex", int64(0)), "NetworkCardIndex": or(place, "NetworkCardIndex", int64(0)), "DeleteOnTermination": or(place, "DeleteOnTermination", false),
	}
	return nil
}

func detachCard(card *object) {
	delete(card.data, "Attachment")
	card.data["Status"] = "available"
}

// cardsOf are the interfaces of an instance.
func (e *Emulator) cardsOf(instance string) []*object {
	return slices.DeleteFunc(e.store.of(kindCard), func(card *object) bool {
		return text(structure(card.data, "Attachment"), "InstanceId") != instance
	})
}
