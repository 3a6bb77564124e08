package azuretest

import "fmt"

// profile is where a scale set says what its machines are.
const profile = "virtualMachineProfile"

func setRules(in object, p *problems) {
	osRules(in, profile+".osProfile", p)
	sizeRules(in, "sku.name", profile+".storageProfile.imageReference", p)
	bootDisk(in, profile+".storageProfile", p)
	identityRules(in, p)
	spotRules(in, profile+".", p)
	zones(in, "zones", p)
	capacity, _ := number(in, "sku.capacity")
	if open(in, profile) {
		return
	}
	if capacity < 0 || capacity > mostInScaleSet {
		p.add("sku.capacity", "%d is not 0 to %d", capacity, mostInScaleSet)
	}
	if alone, set := get(in, "singlePlacementGroup").(bool); (alone || !set) && !open(in, "singlePlacementGroup") && capacity > mostInOneGroup {
		p.add("singlePlacementGroup", "more than %d machines need it to be false", mostInOneGroup)
	}
	if prefix, ok := text(in, profile+".osProfile.computerNamePrefix"); !open(in, profile+".osProfile") && !ok || len(prefix) > longestPrefix {
		p.add(profile+".osProfile.computerNamePrefix", "%q is not 1 to %d characters", prefix, longestPrefix)
	}
	cardsOfSet(in, p)
	upgradeRules(in, p)
}

// cardsOfSet are the interfaces of the machines of a set.
func cardsOfSet(in object, p *problems) {
	cards := items(in, profile+".networkProfile.networkInterfaceConfigurations")
	if none(in, profile+".networkProfile.networkInterfaceConfigurations") {
		p.add(profile+".networkProfile.networkInterfaceConfigurations", "machines have an interface")
	}
	primary := 0
	for path, card := range cards {
		if yes, _ := get(card, "primary").(bool); yes {
			primary++
		}
		if none(card, "ipConfigurations") {
			p.add(path+".ipConfigurations", "an interface has at least one")
		}
		for at, configuration := range items(card, "ipConfigurations") {
			if absent(configuration, "subnet.id") {
				p.add(fmt.Sprintf("%s.%s.subnet.id", path, at), "is required")
			}
		}
	}
	if len(cards) > 0 && primary != 1 {
		p.add(profile+".networkProfile.networkInterfaceConfigurations", "exactly one is primary")
	}
}

// upgradeRules holds how machines are replaced against what is known of their
// health.
func upgradeRules(in object, p *problems) {
	mode, _ := text(in, "upgradePolicy.mode")
	if orchestration, given := text(in, "orchestrationMode"); mode == "" && !open(in, "upgradePolicy") && (!given || orchestration == uniform) {
		p.add("upgradePolicy.mode", "is required of scale sets that are Uniform")
	}
	checked := open(in, profile+".extensionProfile.extensions") || !absent(in, profile+".networkProfile.healthProbe")
	for _, extension := range items(in, profile+".extensionProfile.extensions") {
		kind, _ := text(extension, "type")
		checked = checked || kind == applicationCheck
	}
	if mode == rollingUpgrade && !checked {
		p.add("upgradePolicy.mode", "rolling upgrades go by a health extension or a probe")
	}
	if repairs, _ := get(in, "automaticRepairsPolicy.enabled").(bool); repairs && !checked {
		p.add("automaticRepairsPolicy.enabled", "repairs go by a health extension or a probe")
	}
	overprovision, set := get(in, "overprovision").(bool)
	if surge, _ := get(in, "upgradePolicy.rollingUpgradePolicy.maxSurge").(bool); surge && (overprovision || !set) && !open(in, "overprovision") {
		p.add("overprovision", "must be false where upgrades surge")
	}
}
