package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/handoffdesk/handoff"
)

// report tells the figures in plain text.
func report(name string, d Day, all []Figures) string {
	var b strings.Builder
	queues := map[handoff.QueueID]bool{}
	for _, a := range d.Arrivals {
		queues[a.Queue] = true
	}
	first, last := d.Arrivals[0].At, d.Arrivals[len(d.Arrivals)-1].At
	fmt.Fprintf(&b, "%s: %d conversations in %d queues from %s to %s, %d agents\n\n",
		name, len(d.Arrivals), len(queues), first.Format("2006-01-02 15:04"), last.Format("15:04"), len(all[0].Agents))
	summary(&b, d, all)
	fmt.Fprintf(&b, "\n95 of 100 waited at most, by the half hour of arrival\n\n")
	waitChart(&b, all)
	fmt.Fprintf(&b, "\nagents, by the share of their places that was taken\n\n")
	loadChart(&b, all)
	return b.String()
}

func summary(b *strings.Builder, d Day, all []Figures) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "strategy\tserved\tleft\twait p50\tp95\tmax\tSLA met (%s)\tper agent min/mean/max\tplaces taken min/mean/max\n", d.SLA)
	for _, f := range all {
		least, mean, most := f.load(held)
		low, middle, high := f.load(inUse)
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%d (%.1f %%)\t%.0f / %.1f / %.0f\t%.0f / %.0f / %.0f %%\n",
			f.Strategy.Name, f.Served, f.Left, short(f.Waits.P50), short(f.Waits.P95), short(f.Waits.Max),
			f.Met, 100*float64(f.Met)/float64(f.Served+f.Left), least, mean, most, 100*low, 100*middle, 100*high)
	}
	w.Flush()
}

// short is a time to the second.
func short(d time.Duration) string { return d.Round(time.Second).String() }

const barWidth = 12

// bar is value in proportion to most; whatever is above 0 shows.
func bar(value, most float64) string {
	if value <= 0 {
		return ""
	}
	return strings.Repeat("#", max(1, int(value/most*barWidth+0.5)))
}

// chartLine writes a line of a chart: what it is of, a count, and a cell for
// each strategy.
func chartLine(b *strings.Builder, of, count string, cells []string) {
	line := fmt.Sprintf("%-11s %8s", of, count)
	for _, c := range cells {
		line += fmt.Sprintf("  %-*s", barWidth+8, c)
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

func names(all []Figures) []string {
	var names []string
	for _, f := range all {
		names = append(names, f.Strategy.Name)
	}
	return names
}

func waitChart(b *strings.Builder, all []Figures) {
	var most time.Duration
	for _, f := range all {
		for _, s := range f.Spans {
			most = max(most, s.Waits.P95)
		}
	}
	chartLine(b, "", "arrivals", names(all))
	for k, s := range all[0].Spans {
		var cells []string
		for _, f := range all {
			p95 := f.Spans[k].Waits.P95
			cells = append(cells, strings.TrimSpace(bar(float64(p95), float64(most))+" "+short(p95)))
		}
		chartLine(b, s.From.Format("15:04"), fmt.Sprint(s.Arrivals), cells)
	}
}

// shares are the steps of the load chart, in percent; the last has no end.
var shares = []int{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100}

func loadChart(b *strings.Builder, all []Figures) {
	counts, most := make([][]int, len(all)), 0
	for i, f := range all {
		counts[i] = make([]int, len(shares))
		for _, a := range f.Agents {
			k := min(int(a.InUse*10), len(shares)-1)
			counts[i][k]++
			most = max(most, counts[i][k])
		}
	}
	chartLine(b, "", "", names(all))
	for k, from := range shares {
		name := fmt.Sprintf("%d-%d %%", from, from+10)
		if k == len(shares)-1 {
			name = fmt.Sprintf("%d %% on", from)
		}
		var cells []string
		for i := range all {
			n := counts[i][k]
			cells = append(cells, strings.TrimSpace(bar(float64(n), float64(most))+" "+fmt.Sprint(n)))
		}
		chartLine(b, name, "", cells)
	}
}
