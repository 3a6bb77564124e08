package blackbox

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Nothing is restarted for the certificates that the API server and etcd read
// from files: that they take each of them over is what 'renew' relies on.
func TestRenew_TheAPIServerAndEtcdTakeCertificatesOverAsTheyRun(t *testing.T) {
	l := newLiving(t)
	l.addKubelet(t)
	same := func(name, got string) error {
		if want := l.serial(t, name); got != want {
			return fmt.Errorf("%s is still %s, not %s", name, got, want)
		}
		return nil
	}
	everyone := func(what string, deadline time.Duration) {
		t.Helper()
		awaitIt(t, what+" API server's serving certificate", deadline, func() error {
			serving, err := l.ask(t, http.MethodGet, "/readyz", "")
			if err != nil {
				return err
			}
			return same("apiserver", serving.SerialNumber.String())
		})
		awaitIt(t, what+" certificate shown to kubelets", deadline, func() error {
			l.cutKubelet()
			if _, err := l.ask(t, http.MethodGet, "/api/v1/namespaces/default/pods/p/log", ""); err != nil {
				return err
			}
			return same("apiserver-kubelet-client", l.kubelet.seen())
		})
		awaitIt(t, what+" certificates that the API server and etcd show each other", deadline, func() error {
			l.front.cut()
			if _, err := l.ask(t, http.MethodGet, "/api/v1/namespaces/default", ""); err != nil {
				return err
			}
			l.front.mu.Lock()
			served := l.front.served
			l.front.mu.Unlock()
			return errors.Join(same("apiserver-etcd-client", l.front.seen()), same("etcd/server", served))
		})
	}
	everyone("first", time.Minute)
	before := l.serial(t, "apiserver")
	l.options.Force = true
	l.tick(t)
	if l.serial(t, "apiserver") == before {
		t.Fatal("nothing was issued")
	}
	everyone("renewed", 2*time.Minute)
	if !l.api.lives() || !l.etcd.lives() {
		t.Error("one of them has ended")
	}
}
