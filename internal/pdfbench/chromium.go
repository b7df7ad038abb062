//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/handoffdesk/handoff/export"
)

// printed makes a document with a browser, of the HTML transcript. Its time is
// that of the browser's whole life, and its memory the sum over its processes
// of what each has for itself and its share of the rest.
func printed(ctx context.Context, messages int) (cost, error) {
	c := cost{Maker: printedBy, Messages: messages}
	browser, err := exec.LookPath("chromium")
	if err != nil {
		return c, errors.Join(err, errors.New("-chromium=false leaves it out"))
	}
	folder, err := os.MkdirTemp("", "pdfbench-")
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(folder)
	page := filepath.Join(folder, "talk.html")
	f, err := os.Create(page)
	if err != nil {
		return c, err
	}
	if err := errors.Join(export.WriteHTML(ctx, f, talk(messages, mixed), export.Options{}), f.Close()); err != nil {
		return c, err
	}
	began := time.Now()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-component-update", "--timeout=600000",
		"--user-data-dir="+filepath.Join(folder, "profile"), "--print-to-pdf="+filepath.Join(folder, "talk.pdf"), "file://"+page)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return c, err
	}
	used := map[int]time.Duration{} // by process
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case err := <-done:
			c.Time = time.Since(began)
			for _, t := range used {
				c.Processor += t
			}
			if _, missing := os.Stat(filepath.Join(folder, "talk.pdf")); missing != nil {
				err = errors.Join(err, missing)
			}
			return c, err
		case <-time.After(50 * time.Millisecond):
			c.Peak = max(c.Peak, look(cmd.Process.Pid, used))
		}
	}
}

// tick is the unit in which Linux tells of the processor's time.
const tick = 10 * time.Millisecond

// look adds up what the processes below one hold, and notes what of the
// processor's time each has used so far.
func look(root int, used map[int]time.Duration) (memory int64) {
	children := map[int][]int{}
	ticks := map[int]time.Duration{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		parent, err1 := strconv.Atoi(fields[1])
		user, err2 := strconv.Atoi(fields[11])
		system, err3 := strconv.Atoi(fields[12])
		if errors.Join(err1, err2, err3) == nil {
			children[parent] = append(children[parent], pid)
			ticks[pid] = time.Duration(user+system) * tick
		}
	}
	for left := []int{root}; len(left) > 0; left = left[1:] {
		memory += proportional(left[0])
		used[left[0]] = max(used[left[0]], ticks[left[0]])
		left = append(left, children[left[0]]...)
	}
	return memory
}

// proportional is a process's own memory and its share of what others use too.
func proportional(pid int) int64 {
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0 // it has ended
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}
