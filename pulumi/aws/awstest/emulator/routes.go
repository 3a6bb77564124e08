package emulator

import "slices"

// routeHandlers answer what is asked of route tables.
func routeHandlers() map[string]handler {
	return map[string]handler{
		"CreateRouteTable": func(e *Emulator, in message) (message, error) {
			network, err := e.find(kindVPC, "InvalidVpcID.NotFound", text(in, "VpcId"))
			if err != nil {
				return nil, err
			}
			o := e.store.add(kindTable, "rtb", "RouteTableId", message{
				"VpcId": network.id, "OwnerId": Account, "Routes": list(localRoute(text(network.data, "CidrBlock"))), "Associations": list[any](),
			})
			tagged(o, in)
			return message{"RouteTable": deep(o.data)}, nil
		},
		"DescribeRouteTables": describe("RouteTables", kindTable, "InvalidRouteTableID.NotFound", "RouteTableIds", map[string]string{
			"vpc-id": "VpcId", "route-table-id": "RouteTableId", "association.main": "Associations.Main", "association.subnet-id": "Associations.SubnetId",
			"association.route-table-association-id": "Associations.RouteTableAssociationId",
		}),
		"DeleteRouteTable": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindTable, "InvalidRouteTableID.NotFound", text(in, "RouteTableId"))
			if err != nil {
				return nil, err
			}
			if len(structures(o.data, "Associations")) > 0 {
				return nil, refuse("DependencyViolation", "%s has associations", o.id)
			}
			e.store.remove(o)
			return message{}, nil
		},
		"CreateRoute":                  createRoute,
		"ReplaceRoute":                 replaceRoute,
		"DeleteRoute":                  deleteRoute,
		"AssociateRouteTable":          associate,
		"ReplaceRouteTableAssociation": reassociate,
		"DisassociateRouteTable":       disassociate,
	}
}

func localRoute(cidr string) message {
	return message{"DestinationCidrBlock": cidr, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
}

// route makes a route of a request, whose target must exist.
func (e *Emulator) route(in message) (message, error) {
	made := with(message{"Origin": "CreateRoute", "State": "active"}, in, "DestinationCidrBlock", "GatewayId", "NatGatewayId", "NetworkInterfaceId")
	for member, target := range map[string][2]string{
		"GatewayId": {kindGateway, "InvalidGatewayID.NotFound"}, "NatGatewayId": {kindNAT, "InvalidNatGatewayID.NotFound"}, "NetworkInterfaceId": {kindCard, "InvalidNetworkInterfaceID.NotFound"},
	} {
		if id := text(in, member); id != "" {
			if _, err := e.find(target[0], target[1], id); err != nil {
				return nil, err
			}
		}
	}
	return made, nil
}

func createRoute(e *Emulator, in message) (message, error) {
	table, err := e.find(kindTable, "InvalidRouteTableID.NotFound", text(in, "RouteTableId"))
	if err != nil {
		return nil, err
	}
	made, err := e.route(in)
	if err != nil {
		return nil, err
	}
	routes := structures(table.data, "Routes")
	if slices.ContainsFunc(routes, func(r message) bool {
		return text(r, "DestinationCidrBlock") == text(made, "DestinationCidrBlock")
	}) {
		return nil, refuse("RouteAlreadyExists", "%s has a route to %s", table.id, text(made, "DestinationCidrBlock"))
	}
	table.data["Routes"] = list(append(routes, made)...)
	return message{"Return": true}, nil
}

func replaceRoute(e *Emulator, in message) (message, error) {
	if _, err := deleteRoute(e, in); err != nil {
		return nil, err
	}
	_, err := createRoute(e, in)
	return message{}, err
}

func deleteRoute(e *Emulator, in message) (message, error) {
	table, err := e.find(kindTable, "InvalidRouteTableID.NotFound", text(in, "RouteTableId"))
	if err != nil {
		return nil, err
	}
	routes := structures(table.data, "Routes")
	left := without(routes, "DestinationCidrBlock", text(in, "DestinationCidrBlock"))
	if len(left) == len(routes) {
		return nil, refuse("InvalidRoute.NotFound", "%s has no route to %s", table.id, text(in, "DestinationCidrBlock"))
	}
	table.data["Routes"] = left
	return message{}, nil
}

func associate(e *Emulator, in message) (message, error) {
	table, err := e.find(kindTable, "InvalidRouteTableID.NotFound", text(in, "RouteTableId"))
	if err != nil {
		return nil, err
	}
	subnet, err := e.find(kindSubnet, "InvalidSubnetID.NotFound", text(in, "SubnetId"))
	if err != nil {
		return nil, err
	}
	for _, other := range e.store.of(kindTable) {
		for _, association := range structures(other.data, "Associations") {
			if text(association, "SubnetId") == subnet.id {
				return nil, refuse("Resource.AlreadyAssociated", "%s is associated with %s", subnet.id, other.id)
			}
		}
	}
	made := message{"Main": false, "RouteTableId": table.id, "SubnetId": subnet.id, "RouteTableAssociationId": "rtbassoc-" + subnet.id, "AssociationState": message{"State": "associated"}}
	table.data["Associations"] = list(append(structures(table.data, "Associations"), made)...)
	return message{"AssociationId": made["RouteTableAssociationId"], "AssociationState": made["AssociationState"]}, nil
}

// association is the table that has an association.
func (e *Emulator) association(id string) (*object, message, error) {
	for _, table := range e.store.of(kindTable) {
		for _, association := range structures(table.data, "Associations") {
			if text(association, "RouteTableAssociationId") == id {
				return table, association, nil
			}
		}
	}
	return nil, nil, refuse("InvalidAssociationID.NotFound", "there is no association %q", id)
}

func reassociate(e *Emulator, in message) (message, error) {
	_, association, err := e.association(text(in, "AssociationId"))
	if err != nil {
		return nil, err
	}
	if _, err := disassociate(e, in); err != nil {
		return nil, err
	}
	made, err := associate(e, message{"RouteTableId": in["RouteTableId"], "SubnetId": association["SubnetId"]})
	if err != nil {
		return nil, err
	}
	return message{"NewAssociationId": made["AssociationId"], "AssociationState": made["AssociationState"]}, nil
}

func disassociate(e *Emulator, in message) (message, error) {
	table, _, err := e.association(text(in, "AssociationId"))
	if err != nil {
		return nil, err
	}
	table.data["Associations"] = without(structures(table.data, "Associations"), "RouteTableAssociationId", text(in, "AssociationId"))
	return message{}, nil
}
