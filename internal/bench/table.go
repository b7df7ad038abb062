package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is a line of the table: what was measured, and how it compares.
type row struct {
	figure  string
	value   string
	against string  // what the ratio is to; "" for none
	ratio   float64 // meaningless without against
	target  target
}

// target is what a ratio is to reach; the zero target is none.
type target struct {
	sign  string // "≥" or "≤"
	bound float64
}

func atLeast(bound float64) target { return target{"≥", bound} }
func atMost(bound float64) target  { return target{"≤", bound} }

func (t target) metBy(ratio float64) bool {
	if t.sign == "≤" {
		return ratio <= t.bound
	}
	return ratio >= t.bound
}

// String gives a target as the table shows it, "" for none.
func (t target) String() string {
	if t == (target{}) {
		return ""
	}
	return fmt.Sprintf("%s %.3g", t.sign, t.bound)
}

func (r row) cells() []string {
	cells := []string{r.figure, r.value, "", r.against, r.target.String(), ""}
	if r.against != "" {
		cells[2] = fmt.Sprintf("%.3g", r.ratio)
	}
	switch {
	case r.target == (target{}):
	case math.IsNaN(r.ratio):
		cells[5] = "not measured"
	case r.target.metBy(r.ratio):
		cells[5] = "met"
	default:
		cells[5] = "missed"
	}
	return cells
}

func printTable(out io.Writer, rows []row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FIGURE\tMEASURED\tRATIO\tTO\tTARGET\t")
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(r.cells(), "\t"))
	}
	return w.Flush()
}

// perSecond writes the rates of the rounds: the median, and from where to
// where they went.
func perSecond(rates []float64) string {
	return fmt.Sprintf("%.0f/s (%.0f-%.0f)", median(rates), slices.Min(rates), slices.Max(rates))
}

// spread writes the latencies that half, 99 in 100 and all of a number of
// sorted ones do not exceed.
func spread(sorted []time.Duration) string {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return fmt.Sprintf("p50 %.1f p99 %.1f max %.0f ms",
		ms(percentile(sorted, 50)), ms(percentile(sorted, 99)), ms(percentile(sorted, 100)))
}
