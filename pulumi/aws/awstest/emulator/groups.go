package emulator

import (
	"maps"
	"slices"
)

// groupHandlers answer what is asked of security groups and their rules.
func groupHandlers() map[string]handler {
	return map[string]handler{
		"CreateSecurityGroup":    createGroup,
		"DescribeSecurityGroups": describeGroups,
		"DeleteSecurityGroup":    deleteGroup,
		"AuthorizeSecurityGroupIngress": func(e *Emulator, in message) (message, error) {
			return authorize(e, in, false)
		},
		"AuthorizeSecurityGroupEgress": func(e *Emulator, in message) (message, error) {
			return authorize(e, in, true)
		},
		"RevokeSecurityGroupIngress": func(e *Emulator, in message) (message, error) { return revoke(e, in, false) },
		"RevokeSecurityGroupEgress":  func(e *Emulator, in message) (message, error) { return revoke(e, in, true) },
		"DescribeSecurityGroupRules": describe("SecurityGroupRules", kindRule, "InvalidSecurityGroupRuleId.NotFound", "SecurityGroupRuleIds", map[string]string{
			"group-id": "GroupId", "security-group-rule-id": "SecurityGroupRuleId",
		}),
		"ModifySecurityGroupRules": modifyRules,
	}
}

func createGroup(e *Emulator, in message) (message, error) {
	network, err := e.find(kindVPC, "InvalidVpcID.NotFound", text(in, "VpcId"))
	if err != nil {
		return nil, err
	}
	for _, other := range e.store.where(kindGroup, "VpcId", network.id) {
		if other.data["GroupName"] == in["GroupName"] {
			return nil, refuse("InvalidGroup.Duplicate", "%s has a group %q", network.id, text(in, "GroupName"))
		}
	}
	o := e.store.add(kindGroup, "sg", "GroupId", with(message{"OwnerId": Account, "VpcId": network.id}, in, "GroupName", "Description"))
	tagged(o, in)
	e.rule(o, true, message{"IpProtocol": "-1"}, message{"CidrIpv4": "0.0.0.0/0"})
	return with(message{}, o.data, "GroupId", "Tags"), nil
}

// rule makes a rule of a group: one permission and one source.
func (e *Emulator) rule(group *object, out bool, permission, source message) *object {
	if permission["IpProtocol"] == "-1" {
		permission = message{"IpProtocol": "-1"} // whose ports are all
	}
	data := message{"GroupId": group.id, "GroupOwnerId": Account, "IsEgress": out, "IpProtocol": permission["IpProtocol"], "FromPort": or(permission, "FromPort", int64(-1)), "ToPort": or(permission, "ToPort", int64(-1))}
	maps.Copy(data, source)
	o := e.store.add(kindRule, "sgr", "SecurityGroupRuleId", data)
	o.owner = group.id // what a user did not make goes with its group
	return o
}

// sources are what the permissions of a request speak of, one rule each.
func sources(in message) [][2]message {
	var all [][2]message
	for _, permission := range structures(in, "IpPermissions") {
		for _, source := range structures(permission, "IpRanges") {
			all = append(all, [2]message{permission, described(message{"CidrIpv4": source["CidrIp"]}, source)})
		}
		for _, source := range structures(permission, "UserIdGroupPairs") {
			reference := message{"GroupId": source["GroupId"], "UserId": Account}
			all = append(all, [2]message{permission, described(message{"ReferencedGroupInfo": reference}, source)})
		}
	}
	return all
}

func described(rule, source message) message { return with(rule, source, "Description") }

func authorize(e *Emulator, in message, out bool) (message, error) {
	group, err := e.find(kindGroup, "InvalidGroup.NotFound", text(in, "GroupId"))
	if err != nil {
		return nil, err
	}
	made := []*object{}
	for _, pair := range sources(in) {
		if id := text(structure(pair[1], "ReferencedGroupInfo"), "GroupId"); id != "" {
			if _, err := e.find(kindGroup, "InvalidGroup.NotFound", id); err != nil {
				return nil, err
			}
		}
		o := e.rule(group, out, pair[0], pair[1])
		for _, other := range e.store.where(kindRule, "GroupId", group.id) {
			if other != o && same(other, o) {
				e.store.remove(o)
				return nil, refuse("InvalidPermission.Duplicate", "%s has the rule already, %s", group.id, other.id)
			}
		}
		o.owner = ""
		tagged(o, in)
		made = append(made, o)
	}
	return message{"Return": true, "SecurityGroupRules": datas(made)}, nil
}

// same tells whether two rules say the same.
func same(a, b *object) bool {
	for _, member := range []string{"IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4"} {
		if a.data[member] != b.data[member] {
			return false
		}
	}
	return text(structure(a.data, "ReferencedGroupInfo"), "GroupId") == text(structure(b.data, "ReferencedGroupInfo"), "GroupId")
}

func revoke(e *Emulator, in message, out bool) (message, error) {
	group, err := e.find(kindGroup, "InvalidGroup.NotFound", text(in, "GroupId"))
	if err != nil {
		return nil, err
	}
	for _, id := range texts(in, "SecurityGroupRuleIds") {
		o, err := e.find(kindRule, "InvalidSecurityGroupRuleId.NotFound", id)
		if err != nil {
			return nil, err
		}
		e.store.remove(o)
	}
	for _, pair := range sources(in) {
		wanted := e.rule(group, out, pair[0], pair[1])
		e.store.remove(wanted)
		rules := e.store.where(kindRule, "GroupId", group.id)
		at := slices.IndexFunc(rules, func(o *object) bool { return same(o, wanted) })
		if at < 0 {
			return nil, refuse("InvalidPermission.NotFound", "%s has no such rule", group.id)
		}
		e.store.remove(rules[at])
	}
	return message{"Return": true}, nil
}

func modifyRules(e *Emulator, in message) (message, error) {
	for _, update := range structures(in, "SecurityGroupRules") {
		o, err := e.find(kindRule, "InvalidSecurityGroupRuleId.NotFound", text(update, "SecurityGroupRuleId"))
		if err != nil {
			return nil, err
		}
		wanted := structure(update, "SecurityGroupRule")
		with(o.data, wanted, "IpProtocol", "FromPort", "ToPort", "CidrIpv4", "Description")
		if id := text(wanted, "ReferencedGroupId"); id != "" {
			o.data["ReferencedGroupInfo"] = message{"GroupId": id, "UserId": Account}
		}
	}
	return message{"Return": true}, nil
}

// describeGroups answers with groups and, worked out of their rules, their
// permissions.
func describeGroups(e *Emulator, in message) (message, error) {
	found, err := e.store.selected(kindGroup, "InvalidGroup.NotFound", texts(in, "GroupIds"), structures(in, "Filters"), map[string]string{
		"vpc-id": "VpcId", "group-name": "GroupName", "group-id": "GroupId",
	})
	if err != nil {
		return nil, err
	}
	groups := list[any]()
	for _, o := range found {
		group := deep(o.data).(message)
		into, out := list[any](), list[any]()
		for _, rule := range e.store.where(kindRule, "GroupId", o.id) {
			if rule.data["IsEgress"] == true {
				out = append(out, permission(rule.data))
			} else {
				into = append(into, permission(rule.data))
			}
		}
		group["IpPermissions"], group["IpPermissionsEgress"] = into, out
		groups = append(groups, group)
	}
	return message{"SecurityGroups": groups}, nil
}

func permission(rule message) message {
	made := message{"IpProtocol": rule["IpProtocol"]}
	if rule["IpProtocol"] != "-1" {
		with(made, rule, "FromPort", "ToPort")
	}
	if cidr := text(rule, "CidrIpv4"); cidr != "" {
		made["IpRanges"] = list(described(message{"CidrIp": cidr}, rule))
	}
	if reference := structure(rule, "ReferencedGroupInfo"); len(reference) > 0 {
		made["UserIdGroupPairs"] = list(described(message{"GroupId": reference["GroupId"], "UserId": Account}, rule))
	}
	return made
}

func deleteGroup(e *Emulator, in message) (message, error) {
	o, err := e.find(kindGroup, "InvalidGroup.NotFound", text(in, "GroupId"))
	if err != nil {
		return nil, err
	}
	for _, rule := range e.store.of(kindRule) {
		if text(structure(rule.data, "ReferencedGroupInfo"), "GroupId") == o.id && rule.data["GroupId"] != o.id {
			return nil, refuse("DependencyViolation", "rule %s speaks of %s", rule.id, o.id)
		}
	}
	for _, card := range e.store.of(kindCard) {
		if slices.ContainsFunc(structures(card.data, "Groups"), func(g message) bool { return text(g, "GroupId") == o.id }) {
			return nil, refuse("DependencyViolation", "%s has %s", card.id, o.id)
		}
	}
	for _, balancer := range e.store.of(kindBalancer) {
		if slices.Contains(texts(balancer.data, "SecurityGroups"), o.id) {
			return nil, refuse("DependencyViolation", "%s has %s", balancer.id, o.id)
		}
	}
	for _, rule := range e.store.where(kindRule, "GroupId", o.id) {
		e.store.remove(rule)
	}
	e.store.remove(o)
	return message{}, nil
}
