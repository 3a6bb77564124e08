package plan_test

import (
	"slices"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
)

func config(digest string, files map[string]string, restarts ...node.Restart) *plan.Config {
	c := &plan.Config{Digest: digest, Files: map[string][]byte{}, Restarts: restarts}
	for name, content := range files {
		c.Files[name] = []byte(content)
	}
	return c
}

func TestNode_SaysWhatAnotherConfigMeansForHosts(t *testing.T) {
	const manifest = node.ManifestsPath + "/kube-apiserver.yaml"
	old := config("1", map[string]string{manifest: "a", "/etc/x": "x"}, node.Restart{Unit: "kubelet.service", Digest: "k1"}, node.Restart{Unit: "containerd.service", Digest: "c"})
	pods := config("2", map[string]string{manifest: "b", "/etc/x": "x"}, node.Restart{Unit: "kubelet.service", Digest: "k1"}, node.Restart{Unit: "containerd.service", Digest: "c"})
	both := config("3", map[string]string{manifest: "b", "/etc/y": "x"}, node.Restart{Unit: "kubelet.service", Digest: "k2"}, node.Restart{Unit: "containerd.service", Digest: "c"})
	secret := config("4", map[string]string{manifest: "a", "/etc/x": "x"}, old.Restarts...)
	for name, test := range map[string]struct {
		role  plan.Role
		op    string
		means string
		loud  bool
		files int
	}{
		"the same":              {plan.Role{Before: old, After: old, Was: 1}, "", "nothing", false, 0},
		"new":                   {plan.Role{After: old}, plan.Create, "new", false, 0},
		"none":                  {plan.Role{}, "", "nothing", false, 0},
		"gone":                  {plan.Role{Before: old, Was: 2}, plan.Delete, "deleted", true, 0},
		"a pod, in place":       {plan.Role{Before: old, After: pods, Was: 1, Fate: plan.Updated}, plan.Update, "restart of static pods: kube-apiserver", false, 1},
		"all, in place":         {plan.Role{Before: old, After: both, Was: 1, Fate: plan.Updated}, plan.Update, "restart of kubelet.service; restart of static pods: kube-apiserver", false, 3},
		"several planes":        {plan.Role{Name: "control-plane", Before: old, After: pods, Was: 3, Fate: plan.Updated}, plan.Update, "one by one: restart of static pods: kube-apiserver", false, 1},
		"only secrets":          {plan.Role{Before: old, After: secret, Was: 1, Fate: plan.Updated}, plan.Update, "files are written, nothing restarts", false, 0},
		"other images":          {plan.Role{Before: old, After: old, Was: 1, Fate: plan.Updated, Told: []string{"imageDigest"}}, "", "bootstrap runs again with the same config", false, 0},
		"a plane, replaced":     {plan.Role{Name: "control-plane", Before: old, After: both, Was: 1, Fate: plan.Replaced}, plan.Update, "replacement", true, 3},
		"planes, replaced":      {plan.Role{Name: "control-plane", Before: old, After: both, Was: 3, Fate: plan.Replaced}, plan.Update, "replacement one by one", true, 3},
		"a group":               {plan.Role{Before: old, After: both, Was: 3, Fate: plan.Rolled}, plan.Update, "rolling replacement", true, 3},
		"a group's machines":    {plan.Role{Before: old, After: old, Was: 3, Fate: plan.Rolled}, "", "rolling replacement", true, 0},
		"not told to any host":  {plan.Role{Before: old, After: both, Was: 1}, plan.Update, "nothing until hosts are made anew", false, 3},
		"recorded, but no host": {plan.Role{Before: old, After: old, Fate: plan.Made}, "", "new", false, 0},
	} {
		got := test.role.Node()
		if got.Op != test.op || got.Means != test.means || got.Loud != test.loud || len(got.Files) != test.files {
			t.Errorf("%s: %+v", name, got)
		}
		if said := got.Because != ""; said != (name == "only secrets" || name == "other images") {
			t.Errorf("%s: because %q", name, got.Because)
		}
	}
	got := plan.Role{Before: old, After: both}.Node().Files
	if want := []plan.FileChange{{Op: plan.Update, Path: manifest}, {Op: plan.Delete, Path: "/etc/x"}, {Op: plan.Create, Path: "/etc/y"}}; !slices.Equal(got, want) {
		t.Errorf("the files are %v", got)
	}
}

func TestFateOf_IsReadFromWhatTheEngineWouldDo(t *testing.T) {
	change := func(op string, diff ...string) []plan.Resource { return []plan.Resource{{Op: op, Diff: diff}} }
	for name, test := range map[string]struct {
		hosts, group []plan.Resource
		was          int
		want         plan.Fate
	}{
		"nothing":              {nil, nil, 1, plan.Stays},
		"new":                  {change(plan.Create), nil, 0, plan.Made},
		"told":                 {change(plan.Update, "bundle"), nil, 1, plan.Updated},
		"one replaced of two":  {append(change(plan.Replace), change(plan.Update)...), nil, 2, plan.Replaced},
		"one more":             {change(plan.Create), nil, 2, plan.Stays},
		"one less":             {change(plan.Delete), nil, 2, plan.Stays},
		"gcp's template":       {nil, change(plan.Update, "versions[0].instanceTemplate"), 3, plan.Rolled},
		"aws's template":       {nil, change(plan.Update, "launchTemplate.version"), 3, plan.Rolled},
		"azure's profile":      {nil, change(plan.Update, "virtualMachineProfile.osProfile.customData"), 3, plan.Rolled},
		"gcp's size":           {nil, change(plan.Update, "targetSize"), 3, plan.Stays},
		"aws's size and tags":  {nil, change(plan.Update, "desiredCapacity", "tags[0].value"), 3, plan.Stays},
		"azure's size":         {nil, change(plan.Update, "sku.capacity"), 3, plan.Stays},
		"a group in its place": {nil, change(plan.Replace, "name"), 3, plan.Replaced},
	} {
		if got := plan.FateOf(test.hosts, test.group, test.was); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
