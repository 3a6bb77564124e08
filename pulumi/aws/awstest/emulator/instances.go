package emulator

import (
	"maps"
	"strconv"
	"strings"
)

// instanceHandlers answer what is asked of instances.
func instanceHandlers() map[string]handler {
	return map[string]handler{
		"RunInstances":      runInstances,
		"DescribeInstances": describeInstances,
		"DescribeInstanceAttribute": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindInstance, "InvalidInstanceID.NotFound", text(in, "InstanceId"))
			if err != nil {
				return nil, err
			}
			name := text(in, "Attribute")
			member := strings.ToUpper(name[:1]) + name[1:]
			return message{"InstanceId": o.id, member: message{"Value": o.kept[member]}}, nil
		},
		"ModifyInstanceAttribute":       modifyInstance,
		"ModifyInstanceMetadataOptions": modifyMetadata,
		"TerminateInstances":            terminateInstances,
		"StopInstances":                 setState("stopped", 80, "StoppingInstances"),
		"StartInstances":                setState("running", 16, "StartingInstances"),
		"DescribeInstanceStatus":        func(*Emulator, message) (message, error) { return message{"InstanceStatuses": list[any]()}, nil },
		"DescribeInstanceTypes":         describeTypes,
		"DescribeInstanceCreditSpecifications": func(*Emulator, message) (message, error) {
			return message{"InstanceCreditSpecifications": list[any]()}, nil
		},
		"DescribeIamInstanceProfileAssociations": func(*Emulator, message) (message, error) {
			return message{"IamInstanceProfileAssociations": list[any]()}, nil
		},
		"DescribeImages": func(_ *Emulator, in message) (message, error) {
			images := list[any]()
			for _, id := range texts(in, "ImageIds") {
				images = append(images, message{"ImageId": id, "State": "available", "RootDeviceName": "/dev/xvda", "RootDeviceType": "ebs"})
			}
			return message{"Images": images}, nil
		},
	}
}

func runInstances(e *Emulator, in message) (message, error) {
	template, version, err := e.templateOf(structure(in, "LaunchTemplate"))
	if err != nil {
		return nil, err
	}
	asked := message{}
	maps.Copy(asked, template)
	maps.Copy(asked, in)
	if text(asked, "ImageId") == "" || text(asked, "InstanceType") == "" {
		return nil, refuse("MissingParameter", "an image and a type are needed")
	}
	o := e.store.add(kindInstance, "i", "InstanceId", message{})
	if err := e.furnish(o, asked); err != nil {
		for _, card := range e.cardsOf(o.id) {
			detachCard(card)
		}
		e.store.remove(o)
		return nil, err
	}
	tagged(o, in)
	if version > 0 {
		tags := structures(o.data, "Tags")
		tags = append(tags, message{"Key": "aws:ec2launchtemplate:id", "Value": structure(in, "LaunchTemplate")["LaunchTemplateId"]},
			message{"Key": "aws:ec2launchtemplate:version", "Value": strconv.Itoa(version)})
		o.data["Tags"] = list(tags...)
	}
	return message{"ReservationId": "r-" + o.id, "OwnerId": Account, "Instances": list(e.instance(o))}, nil
}

// furnish makes an instance what was asked for.
func (e *Emulator) furnish(o *object, asked message) error {
	cards := structures(asked, "NetworkInterfaces")
	if len(cards) == 0 || text(cards[0], "NetworkInterfaceId") == "" {
		return refuse("MissingParameter", "a network interface of its own is needed here")
	}
	card, err := e.find(kindCard, "InvalidNetworkInterfaceID.NotFound", text(cards[0], "NetworkInterfaceId"))
	if err != nil {
		return err
	}
	if err := attachCard(card, o, cards[0]); err != nil {
		return err
	}
	options := message{"State": "applied", "HttpEndpoint": "enabled", "HttpTokens": "optional", "HttpPutResponseHopLimit": int64(1), "HttpProtocolIpv6": "disabled", "InstanceMetadataTags": "disabled"}
	maps.Copy(options, structure(asked, "MetadataOptions"))
	maps.Copy(o.data, message{
		"LaunchTime": began, "ImageId": image(text(asked, "ImageId")), "InstanceType": text(asked, "InstanceType"), "State": message{"Code": int64(16), "Name": "running"},
		"PrivateIpAddress": card.data["PrivateIpAddress"], "SubnetId": card.data["SubnetId"], "VpcId": card.data["VpcId"], "SecurityGroups": card.data["Groups"],
		"PrivateDnsName": "ip-" + strings.ReplaceAll(text(card.data, "PrivateIpAddress"), ".", "-") + "." + Region + ".compute.internal", "PublicDnsName": "",
		"Placement":  message{"AvailabilityZone": card.data["AvailabilityZone"], "Tenancy": "default", "GroupName": ""},
		"Monitoring": message{"State": "disabled"}, "EbsOptimized": false, "SourceDestCheck": true, "Architecture": "x86_64", "RootDeviceType": "ebs", "Hypervisor": "xen", "VirtualizationType": "hvm",
		"MetadataOptions": options, "EnclaveOptions": message{"Enabled": false}, "HibernationOptions": message{"Configured": false}, "AmiLaunchIndex": int64(0),
		"CpuOptions": message{"CoreCount": int64(1), "ThreadsPerCore": int64(2)}, "MaintenanceOptions": message{"AutoRecovery": "default"},
		"CapacityReservationSpecification": message{"CapacityReservationPreference": "open"},
		"PrivateDnsNameOptions":            message{"HostnameType": "ip-name", "EnableResourceNameDnsARecord": false, "EnableResourceNameDnsAAAARecord": false},
	})
	if profile := structure(asked, "IamInstanceProfile"); len(profile) > 0 {
		found, err := e.profile(profile)
		if err != nil {
			return err
		}
		o.data["IamInstanceProfile"] = message{"Arn": found.data["Arn"], "Id": found.data["InstanceProfileId"]}
	}
	o.kept = message{"DisableApiTermination": false, "DisableApiStop": false, "InstanceInitiatedShutdownBehavior": "stop", "UserData": text(asked, "UserData")}
	e.rootDisk(o, asked)
	return nil
}

// rootDisk makes the disk that an instance boots from, and goes with it.
func (e *Emulator) rootDisk(o *object, asked message) {
	name, disk := "/dev/xvda", message{}
	for _, mapping := range structures(asked, "BlockDeviceMappings") {
		name, disk = text(mapping, "DeviceName"), structure(mapping, "Ebs")
	}
	volume := e.store.add(kindVolume, "vol", "VolumeId", message{
		"Size": or(disk, "VolumeSize", int64(8)), "VolumeType": or(disk, "VolumeType", "gp3"), "Encrypted": or(disk, "Encrypted", false), "State": "in-use",
		"CreateTime": began, "AvailabilityZone": structure(o.data, "Placement")["AvailabilityZone"], "Iops": int64(3000), "Throughput": int64(125),
	})
	volume.owner = o.id
	volume.data["Attachments"] = list(message{"VolumeId": volume.id, "InstanceId": o.id, "Device": name, "State": "attached", "DeleteOnTermination": true})
	o.data["RootDeviceName"] = name
}

// image is what an alias stands for.
func image(given string) string {
	if alias, isAlias := strings.CutPrefix(given, "resolve:ssm:"); isAlias {
		sum := 0
		for _, c := range alias {
			sum = (sum*31 + int(c)) & 0xffffffff
		}
		return "ami-0" + strconv.FormatInt(int64(sum)|1<<36, 16)
	}
	return given
}

// instance is an instance with what is attached to it.
func (e *Emulator) instance(o *object) message {
	out := deep(o.data).(message)
	cards, disks := list[any](), list[any]()
	for _, card := range e.cardsOf(o.id) {
		shown := with(message{}, card.data, "NetworkInterfaceId", "SubnetId", "VpcId", "Groups", "Description", "SourceDestCheck", "Status", "OwnerId", "InterfaceType", "PrivateIpAddress", "MacAddress")
		shown["Attachment"] = with(message{}, structure(card.data, "Attachment"), "AttachmentId", "DeviceIndex", "NetworkCardIndex", "DeleteOnTermination", "Status")
		shown["PrivateIpAddresses"] = list(message{"Primary": true, "PrivateIpAddress": card.data["PrivateIpAddress"]})
		cards = append(cards, shown)
	}
	for _, volume := range e.store.of(kindVolume) {
		for _, attachment := range structures(volume.data, "Attachments") {
			if text(attachment, "InstanceId") == o.id {
				disks = append(disks, message{"DeviceName": attachment["Device"], "Ebs": message{"VolumeId": volume.id, "Status": "attached", "DeleteOnTermination": attachment["DeleteOnTermination"]}})
			}
		}
	}
	out["NetworkInterfaces"], out["BlockDeviceMappings"] = cards, disks
	return out
}

func describeInstances(e *Emulator, in message) (message, error) {
	found, err := e.store.selected(kindInstance, "InvalidInstanceID.NotFound", texts(in, "InstanceIds"), structures(in, "Filters"), map[string]string{
		"instance-id": "InstanceId", "vpc-id": "VpcId", "subnet-id": "SubnetId", "instance-state-name": "State.Name", "instance.group-id": "SecurityGroups.GroupId",
	})
	if err != nil {
		return nil, err
	}
	reservations := list[any]()
	for _, o := range found {
		reservations = append(reservations, message{"ReservationId": "r-" + o.id, "OwnerId": Account, "Instances": list(e.instance(o))})
	}
	return message{"Reservations": reservations}, nil
}

func modifyInstance(e *Emulator, in message) (message, error) {
	o, err := e.find(kindInstance, "InvalidInstanceID.NotFound", text(in, "InstanceId"))
	if err != nil {
		return nil, err
	}
	for _, member := range []string{"DisableApiTermination", "DisableApiStop", "InstanceInitiatedShutdownBehavior", "UserData"} {
		if v, set := value(in, member); set {
			o.kept[member] = v
		}
	}
	if v, set := value(in, "InstanceType"); set {
		o.data["InstanceType"] = v
	}
	return message{}, nil
}

func modifyMetadata(e *Emulator, in message) (message, error) {
	o, err := e.find(kindInstance, "InvalidInstanceID.NotFound", text(in, "InstanceId"))
	if err != nil {
		return nil, err
	}
	with(structure(o.data, "MetadataOptions"), in, "HttpEndpoint", "HttpTokens", "HttpPutResponseHopLimit", "InstanceMetadataTags", "HttpProtocolIpv6")
	return message{"InstanceId": o.id, "InstanceMetadataOptions": deep(o.data["MetadataOptions"])}, nil
}

func setState(name string, code int64, answer string) handler {
	return func(e *Emulator, in message) (message, error) {
		changes := list[any]()
		for _, id := range texts(in, "InstanceIds") {
			o, err := e.find(kindInstance, "InvalidInstanceID.NotFound", id)
			if err != nil {
				return nil, err
			}
			before := o.data["State"]
			o.data["State"] = message{"Code": code, "Name": name}
			changes = append(changes, message{"InstanceId": id, "PreviousState": before, "CurrentState": deep(o.data["State"])})
		}
		return message{answer: changes}, nil
	}
}

func terminateInstances(e *Emulator, in message) (message, error) {
	answer, err := setState("terminated", 48, "TerminatingInstances")(e, in)
	if err != nil {
		return nil, err
	}
	for _, id := range texts(in, "InstanceIds") {
		for _, card := range e.cardsOf(id) {
			remove := structure(card.data, "Attachment")["DeleteOnTermination"] == true
			detachCard(card)
			if remove {
				e.store.remove(card)
			}
		}
		for _, volume := range e.store.of(kindVolume) {
			if volume.owner == id {
				e.store.remove(volume)
				continue
			}
			detachVolume(volume, id)
		}
	}
	return answer, nil
}

func describeTypes(_ *Emulator, in message) (message, error) {
	types := list[any]()
	for _, name := range texts(in, "InstanceTypes") {
		arch := "x86_64"
		family, _, _ := strings.Cut(name, ".")
		if strings.HasSuffix(family, "g") {
			arch = "arm64"
		}
		types = append(types, message{"InstanceType": name, "BurstablePerformanceSupported": strings.HasPrefix(name, "t"), "ProcessorInfo": message{"SupportedArchitectures": list(arch)}})
	}
	return message{"InstanceTypes": types}, nil
}
