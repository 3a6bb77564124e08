package cli

import (
	"context"
	"strings"
	"time"
)

// logLines is how much of a failing container's log an error carries.
const logLines = 20

// failingLog is the end of the log of the first host that is not done or,
// where all are, of the first pod that is not ready. It has a deadline of its
// own: the one that passed brought us here.
func (c *creation) failingLog() (string, []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if subject, log := c.hostLog(ctx); len(log) > 0 {
		return subject, log
	}
	return c.podLog(ctx)
}

func (c *creation) hostLog(ctx context.Context) (string, []string) {
	if len(c.out.Hosts)+len(c.out.Pools) == 0 {
		return "", nil
	}
	seen, err := c.target.Observe(ctx, c.cluster, c.out)
	if err != nil {
		return "", nil
	}
	for _, o := range seen {
		if stage(o) == "" {
			continue
		}
		if o.Status != nil && len(o.Status.LogTail) > 0 {
			return o.Host.Name, o.Status.LogTail
		}
		return o.Host.Name, o.Log
	}
	return "", nil
}

// podLog looks among the pods of the addons. A container that has just been
// started again has its words in the log of the one before.
func (c *creation) podLog(ctx context.Context) (string, []string) {
	if c.api == nil || c.set == nil {
		return "", nil
	}
	pending, err := c.api.Ready(ctx, c.set.Objects)
	if err != nil || len(pending) == 0 {
		return "", nil
	}
	object := pending[0].Object
	pods, err := c.api.Pods(ctx, object.Namespace, "")
	if err != nil {
		return "", nil
	}
	for _, pod := range pods {
		if pod.Ready || !strings.HasPrefix(pod.Name, object.Name+"-") {
			continue
		}
		for _, previous := range []bool{false, true} {
			log, err := c.api.Logs(ctx, pod.Namespace, pod.Name, "", logLines, previous)
			if log = strings.TrimSpace(log); err == nil && log != "" {
				return "pod " + pod.Namespace + "/" + pod.Name, strings.Split(log, "\n")
			}
		}
	}
	return "", nil
}
