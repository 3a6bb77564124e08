package etcdtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Keys is a plain client, for what the cluster stores.
func (w *World) Keys(t *testing.T, addresses ...string) *clientv3.Client {
	t.Helper()
	pair, err := tls.X509KeyPair(w.Identity.Certificate, w.Identity.Key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.Identity.Authority)
	var urls []string
	for _, address := range addresses {
		urls = append(urls, ClientURL(address))
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: urls, Logger: zap.NewNop(), TLS: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Put writes a key, as soon as the cluster takes one.
func Put(t *testing.T, client *clientv3.Client, key, value string) {
	t.Helper()
	Eventually(t, "etcd to take the key "+key, func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := client.Put(ctx, key, value)
		return err
	})
}

// Get reads a key and the revision of the cluster; a key that is not there is
// empty.
func Get(t *testing.T, client *clientv3.Client, key string) (value string, revision int64) {
	t.Helper()
	Eventually(t, "etcd to give the key "+key, func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		answer, err := client.Get(ctx, key)
		if err != nil {
			return err
		}
		value, revision = "", answer.Header.GetRevision()
		for _, pair := range answer.Kvs {
			value = string(pair.Value)
		}
		return nil
	})
	return value, revision
}
