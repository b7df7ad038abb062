package chaos

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// crew are the worker processes.
type crew struct {
	law     *verdict
	journal *journal
	orders  orders // what all are told
	site    *site
	log     backlog
	posts   []*post
	wire    *proxy // of the readers
	started atomic.Uint64
}

// post is the place of a worker; when one is killed another takes it.
type post struct {
	name  string
	proxy *proxy // nil: the store is a file

	mu     sync.Mutex
	proc   *process
	frozen bool
	vacant bool // nobody took the place
}

// process is one worker process.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	told  atomic.Int64  // lines
	ends  atomic.Bool   // it was killed, or asked to stop
	ended chan struct{} // and all it told was read
	err   error         // with which it ended
}

// backlog keeps the last of what workers log.
type backlog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const backlogSize = 64 << 10

func (l *backlog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > backlogSize {
		l.b.Next(l.b.Len() / 2)
	}
	return l.b.Write(p)
}

func (l *backlog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// assemble starts the workers.
func (c *crew) assemble() error {
	for i := range c.orders.House.Workers {
		p := &post{name: workerName(i)}
		if c.site.server != nil {
			var err error
			if p.proxy, err = startProxy(c.site.kind, c.site.server.Addr()); err != nil {
				return err
			}
		}
		c.posts = append(c.posts, p)
		if err := c.fill(p, 0); err != nil {
			return err
		}
	}
	return nil
}

// source is where the store is for whoever stands behind a proxy, or behind
// none.
func (c *crew) source(p *proxy) string {
	if p == nil {
		return c.site.source("")
	}
	return c.site.source(p.addr())
}

// fill starts a worker in its place, with a clock that is wrong by so much.
func (c *crew) fill(p *post, clock time.Duration) error {
	o := c.orders
	o.Name, o.Clock = p.name, clock
	o.Seed += c.started.Add(1)
	o.Source = c.source(p.proxy)
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	proc := &process{cmd: exec.Command(self), ended: make(chan struct{})}
	proc.cmd.Env = append(os.Environ(), workerOrders+"="+string(text))
	proc.cmd.Stderr = &c.log
	if proc.stdin, err = proc.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := proc.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := proc.cmd.Start(); err != nil {
		return err
	}
	p.mu.Lock()
	p.proc = proc
	p.mu.Unlock()
	go func() {
		c.journal.listen(p.name, proc.cmd.Process.Pid, out, &proc.told)
		proc.err = proc.cmd.Wait()
		if !proc.ends.Load() {
			c.law.broken("a worker works until it is told to stop", "%s: %v: %s", p.name, proc.err, &c.log)
		}
		close(proc.ended)
	}()
	return nil
}

// kill kills a worker, and returns when all it told was read.
func (c *crew) kill(p *post) {
	p.mu.Lock()
	proc := p.proc
	proc.ends.Store(true)
	_ = proc.cmd.Process.Kill() // it may be dead already
	p.mu.Unlock()
	<-proc.ended
}

// freeze stops a worker for a while, in the middle of whatever it does.
func (p *post) freeze(most time.Duration) {
	p.mu.Lock()
	p.frozen = true
	proc := p.proc.cmd.Process
	_ = proc.Signal(syscall.SIGSTOP)
	p.mu.Unlock()
	time.Sleep(most)
	p.mu.Lock()
	_ = proc.Signal(syscall.SIGCONT)
	p.frozen = false
	p.mu.Unlock()
}

func (p *post) isFrozen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frozen
}

// dismiss asks all workers to stop, and expects them to end well.
func (c *crew) dismiss() {
	for _, p := range c.posts {
		p.proc.ends.Store(true)
		_ = p.proc.stdin.Close() // it may have ended
	}
	late := time.After(time.Minute)
	for _, p := range c.posts {
		select {
		case <-p.proc.ended:
			if p.proc.err != nil && !p.vacant {
				c.law.broken("a worker ends well", "%s: %v: %s", p.name, p.proc.err, &c.log)
			}
		case <-late:
			c.law.broken("a worker ends when it is told to", "%s: %s", p.name, &c.log)
			c.disperse()
			return
		}
	}
}

// disperse kills all workers at once.
func (c *crew) disperse() {
	var all sync.WaitGroup
	for _, p := range c.posts {
		all.Go(func() { c.kill(p) })
	}
	all.Wait()
}

// dissolve frees what the crew held.
func (c *crew) dissolve() {
	for _, p := range c.posts {
		if p.proxy != nil {
			p.proxy.stop()
		}
	}
	if c.wire != nil {
		c.wire.stop()
	}
}
