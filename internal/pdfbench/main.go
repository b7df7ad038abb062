//go:build linux

// Command pdfbench measures transcripts as PDF beside what else makes them:
// gofpdf as it is, which has Latin text alone, and a browser that prints the
// HTML transcript. Each is made by a process of its own, whose time is told
// without its start, and whose memory is the most that it held at all. The
// processor's time is that of all of the process, and of the browser's all
// processes; it says more than the clock where other work goes on beside.
//
//	go run ./internal/pdfbench -plot docs/images/pdf-memory.svg
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "pdfbench: %v\n", err)
		os.Exit(1)
	}
}

// sizes are how many messages a transcript has.
var sizes = []int{100, 1_000, 10_000, 20_000, 100_000}

// largestPrint is how many messages a browser is asked to print.
const largestPrint = 20_000

const allScripts, printedBy = "export, all scripts and emoji", "Chromium print, all scripts"

// makers make a document of so many messages.
var makers = []struct {
	name string
	make func(messages int) error
}{
	{"export, Latin", func(n int) error { return exported(n, latin) }},
	{allScripts, func(n int) error { return exported(n, mixed) }},
	{"plain gofpdf, Latin", plain},
}

// cost is what a document took.
type cost struct {
	Maker     string
	Messages  int
	Time      time.Duration // by the clock
	Processor time.Duration
	Peak      int64 // bytes
}

func (c cost) String() string {
	return fmt.Sprintf("%-32s %7d messages %10.0f ms %10.0f ms of processor %8.1f MiB", c.Maker, c.Messages,
		c.Time.Seconds()*1000, c.Processor.Seconds()*1000, float64(c.Peak)/(1<<20))
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("pdfbench", flag.ContinueOnError)
	plot := flags.String("plot", "", "write a drawing of memory against messages to this `file`")
	print := flags.Bool("chromium", true, "measure the browser too, which takes minutes")
	maker := flags.Int("make", -1, "")
	messages := flags.Int("messages", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *maker >= 0 {
		start := time.Now()
		if err := makers[*maker].make(*messages); err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(time.Since(start))
	}
	var costs []cost
	tell := func(c cost) {
		costs = append(costs, c)
		fmt.Fprintln(out, c)
	}
	for i, m := range makers {
		for _, n := range sizes {
			c, err := measured(ctx, i, n)
			if err != nil {
				return fmt.Errorf("%s of %d messages: %w", m.name, n, err)
			}
			tell(c)
		}
	}
	for _, n := range sizes {
		if !*print || n > largestPrint {
			break
		}
		c, err := printed(ctx, n)
		if err != nil {
			return fmt.Errorf("print of %d messages: %w", n, err)
		}
		tell(c)
	}
	compare(out, costs)
	if *plot == "" {
		return nil
	}
	var drawing bytes.Buffer
	draw(&drawing, costs)
	return os.WriteFile(*plot, drawing.Bytes(), 0o644)
}

// compare tells how each maker grows, and how many times faster package export
// is than a browser.
func compare(out io.Writer, costs []cost) {
	least, most := map[string]cost{}, map[string]cost{}
	for _, c := range costs {
		if _, known := least[c.Maker]; !known {
			least[c.Maker] = c
		}
		most[c.Maker] = c
	}
	for _, m := range makers {
		from, to := least[m.name], most[m.name]
		fmt.Fprintf(out, "%-32s %.2f KiB a message from %d to %d messages\n", m.name,
			float64(to.Peak-from.Peak)/1024/float64(to.Messages-from.Messages), from.Messages, to.Messages)
	}
	for _, browser := range costs {
		for _, c := range costs {
			if browser.Maker == printedBy && c.Messages == browser.Messages && c.Maker == allScripts {
				fmt.Fprintf(out, "%7d messages in all scripts: %.1f times faster than the browser, %.1f times less processor, %.1f times less memory\n",
					c.Messages, float64(browser.Time)/float64(c.Time), float64(browser.Processor)/float64(c.Processor), float64(browser.Peak)/float64(c.Peak))
			}
		}
	}
}

// rounds is how often each document is made: the median of the times counts,
// and the most memory.
const rounds = 3

// measured makes a document in processes of its own.
func measured(ctx context.Context, maker, messages int) (cost, error) {
	c := cost{Maker: makers[maker].name, Messages: messages}
	var times, processor []time.Duration
	for range rounds {
		cmd := exec.CommandContext(ctx, "/proc/self/exe", "-make", strconv.Itoa(maker), "-messages", strconv.Itoa(messages))
		cmd.Stderr = os.Stderr
		told, err := cmd.Output()
		if err != nil {
			return c, err
		}
		var took time.Duration
		if err := json.Unmarshal(told, &took); err != nil {
			return c, err
		}
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			return c, errors.New("this system does not tell a process's memory")
		}
		times, processor = append(times, took), append(processor, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		c.Peak = max(c.Peak, usage.Maxrss<<10)
	}
	slices.Sort(times)
	slices.Sort(processor)
	c.Time, c.Processor = times[len(times)/2], processor[len(processor)/2]
	return c, nil
}
