package balance

import (
	"io"
	"net"
	"testing"
	"time"
)

// ways are a server directly, and through a balancer.
func ways(b *testing.B, serve func(net.Conn)) map[string]string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	direct := listener.Addr().String()
	through, _, _ := run(b, Options{Backends: []string{direct}, Interval: time.Hour})
	return map[string]string{"direct": direct, "balanced": through}
}

func dial(b *testing.B, address string) net.Conn {
	b.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return conn
}

// BenchmarkThroughput sends a megabyte at a time one way.
func BenchmarkThroughput(b *testing.B) {
	for name, address := range ways(b, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }) {
		b.Run(name, func(b *testing.B) {
			conn, chunk := dial(b, address), make([]byte, 1<<20)
			b.SetBytes(int64(len(chunk)))
			for b.Loop() {
				if _, err := conn.Write(chunk); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkQuestion is a small question and its answer on an open connection.
func BenchmarkQuestion(b *testing.B) {
	for name, address := range ways(b, func(c net.Conn) { _, _ = io.Copy(c, c) }) {
		b.Run(name, func(b *testing.B) {
			conn, question := dial(b, address), make([]byte, 200)
			for b.Loop() {
				if _, err := conn.Write(question); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(conn, question); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkConnection opens a connection, asks once and closes it.
func BenchmarkConnection(b *testing.B) {
	for name, address := range ways(b, func(c net.Conn) { _, _ = io.Copy(c, c) }) {
		b.Run(name, func(b *testing.B) {
			word := []byte("x")
			for b.Loop() {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					b.Fatal(err)
				}
				if _, err = conn.Write(word); err == nil {
					_, err = io.ReadFull(conn, word)
				}
				if err != nil {
					b.Fatal(err)
				}
				_ = conn.Close()
			}
		})
	}
}
