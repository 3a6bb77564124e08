package balance

import (
	"bufio"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestBalancer_SpreadsConnectionsOverAllBackends(t *testing.T) {
	servers := []*server{newServer(t, "a"), newServer(t, "b"), newServer(t, "c")}
	address, log, _ := run(t, Options{Backends: []string{servers[0].address(), servers[1].address(), servers[2].address()}})
	for _, s := range servers {
		says(t, log, s.address()+" is ready")
	}
	seen := map[string]int{}
	for range 9 {
		name, err := ask(newClient(t), address) // its connection stays open
		if err != nil {
			t.Fatal(err)
		}
		seen[name]++
	}
	if seen["a"] != 3 || seen["b"] != 3 || seen["c"] != 3 {
		t.Errorf("nine clients are spread as %v", seen)
	}
}

func TestBalancer_GoesToTheNextWhenOneRefuses(t *testing.T) {
	alive, dead := newServer(t, "alive"), newServer(t, "dead")
	dead.Close()
	// No look is made in time: the failover is the connection's own.
	address, _, _ := run(t, Options{Backends: []string{dead.address(), alive.address()}, Interval: time.Hour, Head: time.Hour})
	for range 10 {
		if name, err := ask(newClient(t), address); name != "alive" || err != nil {
			t.Fatalf("got %q, %v", name, err)
		}
	}
}

func TestBalancer_DoesNotWaitForAHostThatDoesNotAnswer(t *testing.T) {
	alive, dead, net := newServer(t, "alive"), newServer(t, "dead"), &network{}
	net.lose(dead.address(), true)
	address, _, _ := run(t, Options{
		Backends: []string{dead.address(), alive.address()}, Interval: time.Hour, ConnectLimit: time.Hour,
		Head: 100 * time.Millisecond, dial: net.dial,
	})
	for range 10 {
		begun := time.Now()
		if name, err := ask(newClient(t), address); name != "alive" || err != nil {
			t.Fatalf("got %q, %v", name, err)
		}
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("it took %s", took)
		}
	}
}

func TestBalancer_ClosesTheConnectionsOfAHostThatIsGone(t *testing.T) {
	first, net := newServer(t, "first"), &network{}
	second := newServer(t, "second")
	second.unready.Store(true)
	address, log, _ := run(t, Options{Backends: []string{first.address(), second.address()}, dial: net.dial})
	says(t, log, first.address()+" is ready", second.address()+" is not ready")

	client := newClient(t)
	watch, err := client.Get("https://" + address + "/watch")
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Body.Close()
	lines := bufio.NewReader(watch.Body)
	if line, err := lines.ReadString('\n'); line != "first\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	second.unready.Store(false)
	says(t, log, second.address()+" is ready")

	begun := time.Now()
	net.lose(first.address(), true)
	if _, err := lines.ReadByte(); err == nil {
		t.Fatal("there is more of the watch")
	}
	closed := time.Since(begun)
	if name, err := ask(client, address); name != "second" || err != nil {
		t.Errorf("the same client, asking again, gets %q, %v", name, err)
	}
	t.Logf("the connection was closed after %s, and another one open after %s", closed, time.Since(begun))
	says(t, log, first.address()+" is gone")
	eventually(t, "the dead host's end is closed too", func() bool { return first.open.Load() <= 1 }) // the look's own

	net.lose(first.address(), false)
	if says(t, log, first.address()+" is ready"); strings.Count(log.String(), first.address()+" is ready") < 1 {
		t.Errorf("it does not come back:\n%s", log)
	}
}

func TestBalancer_SparesTheConnectionsOfAServerThatShutsDown(t *testing.T) {
	first, second := newServer(t, "first"), newServer(t, "second")
	second.unready.Store(true)
	address, log, _ := run(t, Options{Backends: []string{first.address(), second.address()}})
	says(t, log, first.address()+" is ready", second.address()+" is not ready")
	old := newClient(t)
	if name, err := ask(old, address); name != "first" || err != nil {
		t.Fatalf("got %q, %v", name, err)
	}
	first.unready.Store(true)
	second.unready.Store(false)
	says(t, log, first.address()+" is not ready (it answers 500", second.address()+" is ready")
	if name, err := ask(old, address); name != "first" || err != nil {
		t.Errorf("the connection that was there before goes to %q, %v", name, err)
	}
	if name, err := ask(newClient(t), address); name != "second" || err != nil {
		t.Errorf("a new connection goes to %q, %v", name, err)
	}
}

func TestBalancer_LeavesAServerThatIsStuckOnlyForABetterOne(t *testing.T) {
	first, second := newServer(t, "first"), newServer(t, "second")
	second.unready.Store(true)
	address, log, _ := run(t, Options{Backends: []string{first.address(), second.address()}, AnswerLimit: 200 * time.Millisecond})
	says(t, log, first.address()+" is ready", second.address()+" is not ready")
	client := newClient(t)
	if name, err := ask(client, address); name != "first" || err != nil {
		t.Fatalf("got %q, %v", name, err)
	}
	first.silent.Store(true)
	says(t, log, first.address()+" is stuck (no answer within 200ms)")
	time.Sleep(time.Second) // for several looks more
	if name, err := ask(client, address); name != "first" || err != nil || strings.Contains(log.String(), "closed") {
		t.Errorf("with nowhere else to go, it gets %q, %v:\n%s", name, err, log)
	}
	second.unready.Store(false)
	says(t, log, second.address()+" is ready", "closed 1 connections")
	eventually(t, "with a better one there, the client goes to it", func() bool {
		name, err := ask(client, address) // once it has seen that it was closed
		return name == "second" && err == nil
	})
}

func TestBalancer_TriesAllWhereNoneSeemsToWork(t *testing.T) {
	only := newServer(t, "only")
	only.unready.Store(true)
	address, log, _ := run(t, Options{Backends: []string{only.address()}})
	says(t, log, "is not ready")
	if name, err := ask(newClient(t), address); name != "only" || err != nil {
		t.Errorf("got %q, %v", name, err)
	}
}

func TestBalancer_EndsAConnectionThatNobodyTakes(t *testing.T) {
	dead := newServer(t, "dead")
	dead.Close()
	address, log, _ := run(t, Options{Backends: []string{dead.address()}})
	for range 5 {
		if _, err := ask(newClient(t), address); err == nil {
			t.Error("somebody answered")
		}
	}
	says(t, log, "no API server takes a connection", dead.address()+" is gone")
	if n := strings.Count(log.String(), "no API server takes"); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, log)
	}
}

func TestBalancer_PassesOnTheEndOfOneDirection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				all, _ := io.ReadAll(conn)
				_, _ = io.WriteString(conn, strings.ToUpper(string(all)))
			}()
		}
	}()
	address, _, _ := run(t, Options{Backends: []string{listener.Addr().String()}})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "question")
	_ = conn.(*net.TCPConn).CloseWrite()
	if answer, err := io.ReadAll(conn); string(answer) != "QUESTION" || err != nil {
		t.Errorf("got %q, %v", answer, err)
	}
}

func TestBalancer_LeavesNoGoroutineAndEndsWhatIsOpen(t *testing.T) {
	first, second := newServer(t, "first"), newServer(t, "second")
	before := runtime.NumGoroutine()
	address, log, end := run(t, Options{Backends: []string{first.address(), second.address()}, Drain: 100 * time.Millisecond})
	says(t, log, first.address()+" is ready", second.address()+" is ready")
	var clients sync.WaitGroup
	for range 20 {
		clients.Go(func() { // each leaves in the middle
			if conn, err := net.Dial("tcp", address); err == nil {
				_, _ = conn.Write([]byte("x"))
				_ = conn.Close()
			}
		})
	}
	clients.Wait()
	open, err := net.Dial("tcp", address) // and one does not leave
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	time.Sleep(50 * time.Millisecond)
	end()
	_ = open.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := open.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the open connection was not closed: %v", err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("it still takes connections")
	}
	eventually(t, "all goroutines are over", func() bool { return runtime.NumGoroutine() <= before })
}

func TestBalancer_VerifiesHealthByTheAuthority(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	mine, foreign := newServerOf(t, "mine", ours), newServerOf(t, "foreign", other)
	address, log, _ := run(t, Options{Backends: []string{mine.address(), foreign.address()}, Authority: ours.Certificate})
	says(t, log, mine.address()+" is ready", foreign.address()+" is not ready (Get")
	for range 3 {
		if name, err := ask(newClient(t), address); name != "mine" || err != nil {
			t.Errorf("got %q, %v", name, err)
		}
	}
}

func TestListen_RefusesWhatCannotBe(t *testing.T) {
	for _, o := range []Options{
		{Listen: "127.0.0.1:0"},
		{Listen: "127.0.0.1:0", Backends: []string{"10.0.0.2"}},
		{Listen: "no.such.host.invalid:1", Backends: []string{"10.0.0.2:6443"}},
	} {
		if b, err := Listen(o); err == nil {
			_ = b.listener.Close()
			t.Errorf("%+v was taken", o)
		}
	}
}
