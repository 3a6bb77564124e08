package emulator

// volumeHandlers answer what is asked of disks.
func volumeHandlers() map[string]handler {
	return map[string]handler{
		"CreateVolume": func(e *Emulator, in message) (message, error) {
			o := e.store.add(kindVolume, "vol", "VolumeId", with(message{
				"State": "available", "CreateTime": began, "Encrypted": false, "VolumeType": "gp2", "Iops": int64(3000), "Throughput": int64(125), "MultiAttachEnabled": false, "SnapshotId": "", "Attachments": list[any](),
			}, in, "AvailabilityZone", "Size", "VolumeType", "Encrypted", "Iops", "Throughput"))
			if o.data["Encrypted"] == true {
				o.data["KmsKeyId"] = "arn:aws:kms:" + Region + ":" + Account + ":key/ebs"
			}
			tagged(o, in)
			return deep(o.data).(message), nil
		},
		"DescribeVolumes": describe("Volumes", kindVolume, "InvalidVolume.NotFound", "VolumeIds", map[string]string{
			"volume-id": "VolumeId", "attachment.instance-id": "Attachments.InstanceId", "attachment.device": "Attachments.Device", "status": "State",
		}),
		"ModifyVolume": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindVolume, "InvalidVolume.NotFound", text(in, "VolumeId"))
			if err != nil {
				return nil, err
			}
			if size, set := in["Size"].(int64); set && size < o.data["Size"].(int64) {
				return nil, refuse("InvalidParameterValue", "%s cannot become smaller", o.id)
			}
			with(o.data, in, "Size", "VolumeType", "Iops", "Throughput")
			return message{"VolumeModification": message{"VolumeId": o.id, "ModificationState": "completed"}}, nil
		},
		"DescribeVolumesModifications": func(_ *Emulator, in message) (message, error) {
			changes := list[any]()
			for _, id := range texts(in, "VolumeIds") {
				changes = append(changes, message{"VolumeId": id, "ModificationState": "completed"})
			}
			return message{"VolumesModifications": changes}, nil
		},
		"DeleteVolume": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindVolume, "InvalidVolume.NotFound", text(in, "VolumeId"))
			if err != nil {
				return nil, err
			}
			if len(structures(o.data, "Attachments")) > 0 {
				return nil, refuse("VolumeInUse", "%s is attached", o.id)
			}
			e.store.remove(o)
			return message{}, nil
		},
		"AttachVolume": attachVolume,
		"DetachVolume": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindVolume, "InvalidVolume.NotFound", text(in, "VolumeId"))
			if err != nil {
				return nil, err
			}
			if !detachVolume(o, text(in, "InstanceId")) {
				return nil, refuse("IncorrectState", "%s is not attached to %s", o.id, text(in, "InstanceId"))
			}
			return message{"VolumeId": o.id, "InstanceId": text(in, "InstanceId"), "State": "detached"}, nil
		},
	}
}

func attachVolume(e *Emulator, in message) (message, error) {
	volume, err := e.find(kindVolume, "InvalidVolume.NotFound", text(in, "VolumeId"))
	if err != nil {
		return nil, err
	}
	instance, err := e.find(kindInstance, "InvalidInstanceID.NotFound", text(in, "InstanceId"))
	if err != nil {
		return nil, err
	}
	if len(structures(volume.data, "Attachments")) > 0 {
		return nil, refuse("VolumeInUse", "%s is attached", volume.id)
	}
	if volume.data["AvailabilityZone"] != structure(instance.data, "Placement")["AvailabilityZone"] {
		return nil, refuse("InvalidVolume.ZoneMismatch", "%s and %s are in different zones", volume.id, instance.id)
	}
	made := message{"VolumeId": volume.id, "InstanceId": instance.id, "Device": text(in, "Device"), "State": "attached", "DeleteOnTermination": false}
	volume.data["Attachments"], volume.data["State"] = list(made), "in-use"
	return deep(made).(message), nil
}

// detachVolume takes a disk from an instance, if it is there.
func detachVolume(volume *object, instance string) bool {
	before := structures(volume.data, "Attachments")
	left := without(before, "InstanceId", instance)
	if len(left) == len(before) {
		return false
	}
	volume.data["Attachments"], volume.data["State"] = left, "available"
	return true
}
