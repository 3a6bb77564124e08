package emulator

import (
	"fmt"
	"slices"
)

func attachedTo(door *object, network string) bool {
	return slices.ContainsFunc(structures(door.data, "Attachments"), func(m message) bool { return text(m, "VpcId") == network })
}

func attachGateway(e *Emulator, in message) (message, error) {
	door, err := e.find(kindGateway, "InvalidInternetGatewayID.NotFound", text(in, "InternetGatewayId"))
	if err != nil {
		return nil, err
	}
	network, err := e.find(kindVPC, "InvalidVpcID.NotFound", text(in, "VpcId"))
	if err != nil {
		return nil, err
	}
	for _, other := range e.store.of(kindGateway) {
		if attachedTo(other, network.id) {
			return nil, refuse("Resource.AlreadyAssociated", "%s has %s", network.id, other.id)
		}
	}
	door.data["Attachments"] = list(message{"State": "available", "VpcId": network.id})
	return message{}, nil
}

func detachGateway(e *Emulator, in message) (message, error) {
	door, err := e.find(kindGateway, "InvalidInternetGatewayID.NotFound", text(in, "InternetGatewayId"))
	if err != nil {
		return nil, err
	}
	network := text(in, "VpcId")
	if !attachedTo(door, network) {
		return nil, refuse("Gateway.NotAttached", "%s is not attached to %s", door.id, network)
	}
	for _, kind := range []string{kindNAT, kindBalancer} {
		for _, other := range e.store.where(kind, "VpcId", network) {
			if !other.gone() && text(other.data, "Scheme") != "internal" {
				return nil, refuse("DependencyViolation", "%s has public addresses: %s", network, other.id)
			}
		}
	}
	door.data["Attachments"] = list[any]()
	return message{}, nil
}

func deleteGateway(e *Emulator, in message) (message, error) {
	door, err := e.find(kindGateway, "InvalidInternetGatewayID.NotFound", text(in, "InternetGatewayId"))
	if err != nil {
		return nil, err
	}
	if len(structures(door.data, "Attachments")) > 0 {
		return nil, refuse("DependencyViolation", "%s is attached", door.id)
	}
	e.store.remove(door)
	return message{}, nil
}

func allocateAddress(e *Emulator, in message) (message, error) {
	o := e.store.add(kindAddress, "eipalloc", "AllocationId", message{"Domain": "vpc", "NetworkBorderGroup": Region, "PublicIpv4Pool": "amazon"})
	o.data["PublicIp"] = fmt.Sprintf("203.0.113.%d", o.order%250+1)
	tagged(o, in)
	return with(message{}, o.data, "AllocationId", "PublicIp", "Domain", "NetworkBorderGroup", "PublicIpv4Pool"), nil
}

func releaseAddress(e *Emulator, in message) (message, error) {
	o, err := e.find(kindAddress, "InvalidAllocationID.NotFound", text(in, "AllocationId"))
	if err != nil {
		return nil, err
	}
	if text(o.data, "AssociationId") != "" {
		return nil, refuse("InvalidIPAddress.InUse", "%s is in use", o.id)
	}
	e.store.remove(o)
	return message{}, nil
}

// disassociateAddress finds nothing to do: addresses are those of NAT gateways
// and load balancers, and go free with them.
func disassociateAddress(e *Emulator, in message) (message, error) {
	id := text(in, "AssociationId")
	if held := e.store.where(kindAddress, "AssociationId", id); len(held) > 0 {
		return nil, refuse("AuthFailure", "%s belongs to a gateway or a load balancer", held[0].id)
	}
	return nil, refuse("InvalidAssociationID.NotFound", "there is no association %q", id)
}

// take gives an address to what has the id, unless another has it.
func (e *Emulator) take(allocation, by string) (*object, error) {
	address, err := e.find(kindAddress, "InvalidAllocationID.NotFound", allocation)
	if err != nil {
		return nil, err
	}
	if text(address.data, "AssociationId") != "" {
		return nil, refuse("Resource.AlreadyAssociated", "%s is in use", allocation)
	}
	address.data["AssociationId"] = "eipassoc-" + by
	return address, nil
}

// release takes from what has the id the addresses it has.
func (e *Emulator) release(by string) {
	for _, address := range e.store.where(kindAddress, "AssociationId", "eipassoc-"+by) {
		delete(address.data, "AssociationId")
	}
}

func createNAT(e *Emulator, in message) (message, error) {
	subnet, err := e.find(kindSubnet, "InvalidSubnetID.NotFound", text(in, "SubnetId"))
	if err != nil {
		return nil, err
	}
	network := text(subnet.data, "VpcId")
	if !slices.ContainsFunc(e.store.of(kindGateway), func(door *object) bool { return attachedTo(door, network) }) {
		return nil, refuse("Gateway.NotAttached", "%s has no internet gateway", network)
	}
	o := e.store.add(kindNAT, "nat", "NatGatewayId", message{
		"SubnetId": subnet.id, "VpcId": network, "State": "available", "CreateTime": began, "ConnectivityType": or(in, "ConnectivityType", "public"),
	})
	address, err := e.take(text(in, "AllocationId"), o.id)
	if err != nil {
		e.store.remove(o)
		return nil, err
	}
	o.data["NatGatewayAddresses"] = list(message{
		"AllocationId": address.id, "AssociationId": address.data["AssociationId"], "PublicIp": address.data["PublicIp"], "IsPrimary": true,
		"NetworkInterfaceId": "eni-of-" + o.id, "PrivateIp": nextAddress(subnet), "Status": "succeeded",
	})
	tagged(o, in)
	return message{"NatGateway": deep(o.data)}, nil
}

func deleteNAT(e *Emulator, in message) (message, error) {
	o, err := e.find(kindNAT, "NatGatewayNotFound", text(in, "NatGatewayId"))
	if err != nil {
		return nil, err
	}
	o.data["State"] = "deleted"
	e.release(o.id)
	return message{"NatGatewayId": o.id}, nil
}
