package awstest

import (
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// limit is between which sizes a type of disk can be had, in GiB, and whether
// its operations and its throughput are chosen.
type limit struct {
	least, most      int64
	iops, throughput bool
	// perGiB is how many operations a second a GiB allows.
	perGiB int64
}

// limits of disks: EC2's user guide, "Amazon EBS volume types".
func limits() map[string]limit {
	return map[string]limit{
		"gp2": {least: 1, most: 16384}, "gp3": {least: 1, most: 16384, iops: true, throughput: true, perGiB: 500},
		"io1": {least: 4, most: 16384, iops: true, perGiB: 50}, "io2": {least: 4, most: 65536, iops: true, perGiB: 1000},
		"st1": {least: 125, most: 16384}, "sc1": {least: 125, most: 16384}, "standard": {least: 1, most: 1024},
	}
}

// disks are volumes, and where they are attached.
func (w *world) disks() map[string]spec {
	return map[string]spec{
		Volume: {
			calls: []call{{service: "ec2", operation: "CreateVolume", fields: fields{
				"availabilityZone": to("AvailabilityZone"), "size": to("Size"), "type": to("VolumeType"), "encrypted": to("Encrypted"),
				"iops": to("Iops"), "throughput": to("Throughput"), "kmsKeyId": to("KmsKeyId"), "snapshotId": to("SnapshotId"), "tags": tagsOf("volume"),
			}}},
			own:   []string{"finalSnapshot"},
			needs: []string{"availabilityZone"},
			rules: []rule{matches("availabilityZone", zoneForm, zoneWhy), diskRules("", "size", "type"), func(in values) []targettest.Problem {
				if in.set("size", "snapshotId") == 0 {
					return []targettest.Problem{problem("size", "a disk has a size, or the snapshot's")}
				}
				return nil
			}},
			id: identifier("vol", Volume),
			outputs: func(o targettest.Object) targettest.Properties {
				return targettest.Properties{"arn": text(arn("ec2", "volume/"+o.ID))}
			},
			replace: []string{"availabilityZone", "encrypted", "kmsKeyId", "snapshotId"},
		},
		VolumeAttachment: {
			calls:  []call{{service: "ec2", operation: "AttachVolume", fields: fields{"deviceName": to("Device"), "instanceId": to("InstanceId"), "volumeId": to("VolumeId")}}},
			own:    []string{"forceDetach", "skipDestroy", "stopInstanceBeforeDetaching"},
			needs:  []string{"deviceName", "instanceId", "volumeId"},
			refers: map[string]reference{"instanceId": byID(Instance), "volumeId": byID(Volume)},
			rules:  []rule{matches("deviceName", `/dev/(sd[f-p]|xvd[b-d][a-z])`, "EC2 leaves /dev/sdf to /dev/sdp to disks of data"), w.sameZone},
			id: func(name string, inputs targettest.Properties) string {
				in := valuesOf(inputs)
				return "vai-" + digest(in.text("deviceName"), in.text("instanceId"), in.text("volumeId"))[:10]
			},
			replace: []string{"deviceName", "instanceId", "volumeId"},
		},
	}
}

// sameZone demands that a disk is in its instance's zone.
func (w *world) sameZone(in values) []targettest.Problem {
	var zones []string
	for _, object := range w.cloud.Objects() {
		if object.ID == in.text("instanceId") || object.ID == in.text("volumeId") {
			zones = append(zones, valuesOf(object.Outputs).text("availabilityZone"))
		}
	}
	if len(zones) == 2 && zones[0] != zones[1] {
		return []targettest.Problem{problem("volumeId", "the disk and the instance are in %s and %s", zones[0], zones[1])}
	}
	return nil
}

// diskRules hold the sizes of a disk against its type.
func diskRules(prefix, size, kind string) rule {
	return func(in values) (problems []targettest.Problem) {
		for at, value := range in.at(prefix + kind) {
			known, ok := limits()[asText(value)]
			if !ok {
				continue
			}
			base := strings.TrimSuffix(at, kind)
			problems = append(problems, known.sizes(in, base, size, asText(value))...)
		}
		return problems
	}
}

func (l limit) sizes(in values, base, size, kind string) (problems []targettest.Problem) {
	length, sized := in.place(base + size).(int64)
	if sized && (length < l.least || length > l.most) {
		problems = append(problems, problem(base+size, "a disk of type %s has %d to %d GiB, not %d", kind, l.least, l.most, length))
	}
	rate := in.place(base + "iops")
	if n, ok := rate.(int64); rate != nil && (!l.iops || ok && sized && n > max(length*l.perGiB, 3000)) {
		problems = append(problems, problem(base+"iops", "a disk of type %s and %d GiB does not take %v", kind, length, rate))
	}
	if flow := in.place(base + "throughput"); flow != nil && !l.throughput {
		problems = append(problems, problem(base+"throughput", "a disk of type %s has no throughput to choose", kind))
	}
	return problems
}

// place is the value at one place, such as disks[1].size; nil where there is
// none.
func (in values) place(path string) any {
	head := path
	if cut := strings.LastIndex(path, "["); cut >= 0 {
		head = path[:cut] + "[]" + path[strings.LastIndex(path, "]")+1:]
	}
	return in.at(head)[path]
}

func asText(value any) string {
	if _, unknown := value.(api.Unknown); unknown {
		return ""
	}
	text, _ := value.(string)
	return text
}
