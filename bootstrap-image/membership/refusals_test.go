package membership

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func refusals(t *testing.T, c *cluster, workerLine, controlPlaneLine string) {
	otherPin := "sha256:" + strings.Repeat("0", 64)
	for name, test := range map[string]struct {
		line   string
		host   string
		change func(*JoinOptions)
		words  []string
	}{
		"AnotherAuthority":   {workerLine, "w9", func(o *JoinOptions) { o.Pins = []string{otherPin} }, []string{"its authority is sha256:", "not " + otherPin}},
		"AnUnknownToken":     {workerLine, "w9", func(o *JoinOptions) { o.Token = "aaaaaa.bbbbbbbbbbbbbbbb" }, []string{"aaaaaa", "does not know it, or its time is up"}},
		"AWrongSecret":       {workerLine, "w9", func(o *JoinOptions) { o.Token = o.Token[:7] + "bbbbbbbbbbbbbbbb" }, []string{"does not know it"}},
		"AWrongAddress":      {workerLine, "w9", func(o *JoinOptions) { o.Server = "127.0.0.1:1" }, []string{"reaching the API at 127.0.0.1:1", "refused"}},
		"AWrongPool":         {workerLine, "w9", func(o *JoinOptions) { o.Pool = "gpus" }, []string{`no pool "gpus"`, "workers"}},
		"ANameThatIsTaken":   {workerLine, "w1", nil, []string{"live node of that name, at 10.1.0.12", "--name"}},
		"AnAddressElsewhere": {workerLine, "w9", func(o *JoinOptions) { o.Address = "172.17.0.1" }, []string{"10.1.0.0/24", "172.17.0.1"}},
		"AClockThatIsOff": {workerLine, "w9", func(o *JoinOptions) { o.Host.Now = func() time.Time { return time.Now().Add(-time.Hour) } },
			[]string{"this host says", " apart", "timedatectl"}},
		"AClockThatIsYearsOff": {workerLine, "w9", func(o *JoinOptions) { o.Host.Now = func() time.Time { return time.Unix(0, 0) } }, []string{"1970-01-01T00:00:00Z"}},
		"AWorkersTokenForAControlPlane": {workerLine, "cp9", func(o *JoinOptions) { o.ControlPlane, o.CertificateKey = true, strings.Repeat("0", 64) },
			[]string{"good for workers only"}},
		"AWrongCertificateKey": {controlPlaneLine, "cp9", func(o *JoinOptions) { o.CertificateKey = strings.Repeat("0", 64) }, []string{"--certificate-key is not of this token"}},
		"AMissingArchive":      {workerLine, "w9", func(o *JoinOptions) { o.ImageArchive = "/images.tar" }, []string{"/images.tar", "not on this host"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c, test.host, "10.1.0.99")
			before := w.paths()
			// Without the kubelet's certificate: nothing is to get that far.
			o := w.parse(test.line)
			if test.change != nil {
				test.change(&o)
			}
			refused(t, Join(t.Context(), o), test.words...)
			if diff := cmp.Diff(before, w.paths()); diff != "" {
				t.Errorf("something was written (-before +after):\n%s", diff)
			}
		})
	}
}
