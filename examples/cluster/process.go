package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// process is a node as seen from outside.
type process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	hand   map[int]bool // the calls it was given and has not answered
	ready  bool
	killed bool
	asked  bool // to end
}

// open reports whether the node takes calls.
func (p *process) open() bool { return p.ready && !p.killed && !p.asked }

// heard is a line of a node, or with gone that there will be no more.
type heard struct {
	told
	from *process
	at   time.Time
	gone bool
	err  error // how it ended
}

// start begins a node. What it tells goes to the channel, in the end that it
// is gone.
func start(j job, stderr io.Writer, to chan<- heard) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	p := &process{name: j.Name, cmd: exec.Command(self), hand: map[int]bool{}}
	p.cmd.Env = append(os.Environ(), jobVariable+"="+string(encoded))
	p.cmd.Stderr = stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		var err error
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			h := heard{from: p, at: time.Now()}
			if bad := json.Unmarshal(lines.Bytes(), &h.told); bad != nil {
				err = fmt.Errorf("%q: %w", lines.Text(), bad)
				continue
			}
			to <- h
		}
		if ended := p.cmd.Wait(); err == nil {
			err = ended
		}
		to <- heard{from: p, at: time.Now(), gone: true, err: err}
	}()
	return p, nil
}

// give hands the node a call. One that has just died does not get it: that
// its calls are open is seen when its end is heard.
func (p *process) give(call int) {
	p.hand[call] = true
	fmt.Fprintln(p.stdin, call)
}

// left are the calls that the node has not answered, in order.
func (p *process) left() []int { return slices.Sorted(maps.Keys(p.hand)) }

// shared is a writer for several processes.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes for several at once.
func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}
