// Package probe is the small program that asks, from inside a pod, whether a
// cluster does what it is for: names resolve, services answer. It lives in
// the bootstrap image, so that every cluster has it and nothing is pulled.
package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Usage lists what Run takes.
const Usage = `probe lookup NAME   print the addresses of a name, by the pod's own resolver
probe get URL       print what an HTTP server answers
probe serve ADDR    answer every HTTP request with this host's name
probe nftables RULE tell whether the kernel takes a rule of nftables`

// patience bounds one question; a resolver that drops packets is asked again
// by the caller, who knows what it waits for.
const patience = 5 * time.Second

// Run carries out one probe.
func Run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 2 {
		return errors.New("want one of:\n" + Usage)
	}
	switch args[0] {
	case "lookup":
		return lookup(ctx, args[1], out)
	case "get":
		return get(ctx, args[1], out)
	case "serve":
		return serve(ctx, args[1])
	case "nftables":
		return nftables(ctx, args[1])
	}
	return fmt.Errorf("unknown probe %q; want one of:\n%s", args[0], Usage)
}

func lookup(ctx context.Context, name string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return fmt.Errorf("looking up %q: %w", name, err)
	}
	_, err = fmt.Fprintln(out, strings.Join(addresses, "\n"))
	return err
}

func get(ctx context.Context, url string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking %q: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking %q: %w", url, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("asking %q: the answer is %s", url, response.Status)
	}
	_, err = io.Copy(out, response.Body)
	return err
}

func serve(ctx context.Context, address string) error {
	name, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("finding this host's name: %w", err)
	}
	server := &http.Server{
		Addr:              address,
		ReadHeaderTimeout: patience,
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, name) }),
	}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving on %q: %w", address, err)
	}
	return nil
}

// nftables has the kernel check a rule in a table of its own; nothing is made.
// What a rule is of may be a part of the kernel that this one was built without.
func nftables(ctx context.Context, rule string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	script := "add table inet probe\nadd chain inet probe probe { type filter hook forward priority 0 ; }\nadd rule inet probe probe " + rule + "\n"
	cmd := exec.CommandContext(ctx, "nft", "--check", "--file", "-")
	cmd.Stdin = strings.NewReader(script)
	said, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	why, _, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
	if why == "" {
		why = err.Error()
	}
	return fmt.Errorf("this host's kernel does not take the nftables rule %q: %s; boot a kernel that does, or do without what needs it", rule, why)
}
