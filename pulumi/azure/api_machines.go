package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v6"
)

// mostConsole is how much of a console's log is read; the end of it counts.
const mostConsole = 1 << 20

func (c *client) Instance(ctx context.Context, name string) (Instance, error) {
	expand := armcompute.InstanceViewTypesInstanceView
	got, err := c.compute.NewVirtualMachinesClient().Get(ctx, c.group, name, &armcompute.VirtualMachinesClientGetOptions{Expand: &expand})
	if err != nil {
		return Instance{}, fault(err)
	}
	one := Instance{ID: value(got.ID), Name: name, Zone: zone(got.Zones)}
	if p := got.Properties; p != nil {
		one.Unique, one.Created = value(p.VMID), value(p.TimeCreated)
		if p.HardwareProfile != nil {
			one.Type = string(value(p.HardwareProfile.VMSize))
		}
		if p.InstanceView != nil {
			one.Power, one.Error = state(p.InstanceView.Statuses)
		}
	}
	return one, nil
}

func zone(zones []*string) string {
	if len(zones) == 0 {
		return ""
	}
	return value(zones[0])
}

// state reads Azure's statuses: "PowerState/running",
// "ProvisioningState/failed/AllocationFailed" with the reason in a message.
func state(statuses []*armcompute.InstanceViewStatus) (power, failure string) {
	for _, s := range statuses {
		code := value(s.Code)
		if state, found := strings.CutPrefix(code, "PowerState/"); found {
			power = state
		}
		if value(s.Level) == armcompute.StatusLevelTypesError || strings.HasPrefix(code, "ProvisioningState/failed") {
			failure = value(s.Message)
			if failure == "" {
				failure = value(s.DisplayStatus)
			}
			failure = fmt.Sprintf("%s (%s)", failure, path.Base(code))
		}
	}
	return power, failure
}

func (c *client) ScaleSet(ctx context.Context, id string) (ScaleSet, error) {
	at, err := arm.ParseResourceID(id)
	if err != nil {
		return ScaleSet{}, err
	}
	got, err := c.compute.NewVirtualMachineScaleSetsClient().Get(ctx, at.ResourceGroupName, at.Name, nil)
	if err != nil {
		return ScaleSet{}, fault(err)
	}
	set := ScaleSet{}
	if got.SKU != nil {
		set.Size = int(value(got.SKU.Capacity))
	}
	expand := "instanceView"
	pages := c.compute.NewVirtualMachineScaleSetVMsClient().NewListPager(at.ResourceGroupName, at.Name, &armcompute.VirtualMachineScaleSetVMsClientListOptions{Expand: &expand})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return set, fault(err)
		}
		for _, vm := range page.Value {
			set.Instances = append(set.Instances, worker(vm))
		}
	}
	view, err := c.compute.NewVirtualMachineScaleSetsClient().GetInstanceView(ctx, at.ResourceGroupName, at.Name, nil)
	if err == nil {
		_, set.Error = state(view.Statuses)
	}
	return set, fault(err)
}

func worker(vm *armcompute.VirtualMachineScaleSetVM) Instance {
	one := Instance{ID: value(vm.ID), Name: value(vm.Name), Zone: zone(vm.Zones)}
	p := vm.Properties
	if p == nil {
		return one
	}
	one.Unique, one.Created = value(p.VMID), value(p.TimeCreated)
	if p.OSProfile != nil && value(p.OSProfile.ComputerName) != "" {
		one.Name = strings.ToLower(value(p.OSProfile.ComputerName)) // as its node is called
	}
	if p.InstanceView != nil {
		one.Power, one.Error = state(p.InstanceView.Statuses)
	}
	return one
}

// Console asks for the address of the log, which is a secret for two hours,
// and reads the end of what stands there.
func (c *client) Console(ctx context.Context, id string) (string, error) {
	at, err := arm.ParseResourceID(id)
	if err != nil {
		return "", err
	}
	var log armcompute.RetrieveBootDiagnosticsDataResult
	if at.Parent != nil && strings.HasSuffix(at.Parent.ResourceType.String(), "virtualMachineScaleSets") {
		got, err := c.compute.NewVirtualMachineScaleSetVMsClient().RetrieveBootDiagnosticsData(ctx, at.ResourceGroupName, at.Parent.Name, at.Name, nil)
		if err != nil {
			return "", fault(err)
		}
		log = got.RetrieveBootDiagnosticsDataResult
	} else {
		got, err := c.compute.NewVirtualMachinesClient().RetrieveBootDiagnosticsData(ctx, at.ResourceGroupName, at.Name, nil)
		if err != nil {
			return "", fault(err)
		}
		log = got.RetrieveBootDiagnosticsDataResult
	}
	if value(log.SerialConsoleLogBlobURI) == "" {
		return "", nil
	}
	return c.fetch(ctx, *log.SerialConsoleLogBlobURI)
}

// fetch reads the end of a blob. Its address is in no error: it is a secret.
func (c *client) fetch(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", errors.New("reading the address of the console's log")
	}
	request.Header.Set("Range", fmt.Sprintf("bytes=-%d", mostConsole))
	response, err := c.plain.Do(request)
	if err != nil {
		return "", errors.New("fetching the console's log: its storage does not answer")
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
	case http.StatusNotFound, http.StatusRequestedRangeNotSatisfiable:
		return "", nil // nothing has been written yet
	default:
		return "", fmt.Errorf("fetching the console's log: %s", response.Status)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", errors.New("fetching the console's log: it broke off")
	}
	return string(text[max(0, len(text)-mostConsole):]), nil
}
