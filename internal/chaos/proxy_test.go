package chaos

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// proxy stands between a worker and the database server, and lets bytes
// through until it is told otherwise.
type proxy struct {
	listener net.Listener
	to       string
	kind     string      // of the server
	swallow  atomic.Bool // the answer to the next commit is to be lost
	lost     atomic.Int64

	mu    sync.Mutex
	flows map[*flow]bool
	clear chan struct{} // closed while nothing is held back
}

// flow is one connection, both ways.
type flow struct {
	client, server net.Conn
}

func (f *flow) close() {
	f.client.Close()
	f.server.Close()
}

func startProxy(kind, to string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, to: to, kind: kind, flows: map[*flow]bool{}, clear: make(chan struct{})}
	close(p.clear)
	go p.serve()
	return p, nil
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) stop() {
	p.listener.Close()
	p.cut()
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.connect(client)
	}
}

func (p *proxy) connect(client net.Conn) {
	p.wait()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		client.Close() // as if nobody listened
		return
	}
	f := &flow{client: client, server: server}
	p.mu.Lock()
	p.flows[f] = true
	p.mu.Unlock()
	var both sync.WaitGroup
	w := newWire(p.kind)
	both.Go(func() { p.pump(client, server, func(b []byte) bool { w.ask(b); return true }) })
	both.Go(func() { p.pump(server, client, func(b []byte) bool { return !p.loses(w.answer(b)) }) })
	both.Wait()
	p.mu.Lock()
	delete(p.flows, f)
	p.mu.Unlock()
}

// pump carries bytes one way, until some do not pass.
func (p *proxy) pump(from, to net.Conn, pass func([]byte) bool) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.wait()
		if n > 0 {
			if !pass(buffer[:n]) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// loses says whether an answer is to be lost, and the connection with it: the
// first that tells of a commit, once that is asked for.
func (p *proxy) loses(committed bool) bool {
	if !committed || !p.swallow.CompareAndSwap(true, false) {
		return false
	}
	p.lost.Add(1)
	return true
}

// wait waits until the proxy lets bytes through.
func (p *proxy) wait() {
	p.mu.Lock()
	clear := p.clear
	p.mu.Unlock()
	<-clear
}

// cut cuts all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for f := range p.flows {
		f.close()
	}
}

// hole makes a black hole for a while: no byte comes through, and nobody is
// told.
func (p *proxy) hole(most time.Duration) {
	clear := make(chan struct{})
	p.mu.Lock()
	p.clear = clear
	p.mu.Unlock()
	time.Sleep(most)
	close(clear)
}
