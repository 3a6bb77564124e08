package aws

// regionZones are three zones of a region that new accounts have. Most regions
// call theirs a, b and c; preflight asks the account what it has.
func regionZones(region string) []string {
	letters := "abc"
	switch region {
	case "us-west-1":
		letters = "ac"
	case "ca-central-1":
		letters = "abd"
	case "ap-northeast-1":
		letters = "acd"
	}
	var zones []string
	for _, letter := range letters {
		zones = append(zones, region+string(letter))
	}
	return zones
}
