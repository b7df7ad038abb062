//go:build linux

package main

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// The drawing, in dots. Both scales are logarithmic.
const (
	width, height            = 720, 420
	left, right, top, bottom = 70, 500, 30, 360
	fewest, most             = 1e2, 1e5 // messages
	leastMemory, mostMemory  = 10, 4000 // MiB
	hues                     = 4
)

var colors = [hues]string{"#1b5ea8", "#2a9d8f", "#8a6d3b", "#b0271c"}

func x(messages float64) float64 {
	return left + (right-left)*math.Log(messages/fewest)/math.Log(most/fewest)
}

func y(mebibytes float64) float64 {
	return bottom - (bottom-top)*math.Log(mebibytes/leastMemory)/math.Log(mostMemory/leastMemory)
}

// draw draws memory against messages.
func draw(w io.Writer, costs []cost) {
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img">`+"\n", width, height)
	fmt.Fprintf(w, `<title>Memory of a process that makes a transcript as PDF, by its messages</title>`+"\n")
	fmt.Fprintf(w, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	for n := fewest; n <= most; n *= 10 {
		fmt.Fprintf(w, `<path d="M%.0f %d V%d" stroke="#e3e6ea"/><text x="%.0f" y="%d" text-anchor="middle" fill="#5b6570">%.0f</text>`+"\n", x(n), top, bottom, x(n), bottom+20, n)
	}
	for _, m := range []float64{10, 30, 100, 256, 1000, 3000} {
		dash := ""
		if m == 256 {
			dash = ` stroke-dasharray="4 3"`
		}
		fmt.Fprintf(w, `<path d="M%d %.0f H%d" stroke="#e3e6ea"%s/><text x="%d" y="%.0f" text-anchor="end" fill="#5b6570">%.0f</text>`+"\n", left, y(m), right, dash, left-8, y(m)+4, m)
	}
	fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="middle" fill="#1b2530">messages</text>`+"\n", (left+right)/2, bottom+44)
	fmt.Fprintf(w, `<text x="%d" y="%d" fill="#1b2530">MiB, the most the process held</text>`+"\n", left-40, top-12)
	var names []string
	for _, c := range costs {
		if !slices.Contains(names, c.Maker) {
			names = append(names, c.Maker)
		}
	}
	for i, name := range names {
		color, path, end := colors[i%hues], "", 0.0
		for _, c := range costs {
			if c.Maker != name {
				continue
			}
			px, py := x(float64(c.Messages)), y(float64(c.Peak)/(1<<20))
			command := "L"
			if path == "" {
				command = "M"
			}
			path += fmt.Sprintf("%s%.1f %.1f ", command, px, py)
			end = py
			fmt.Fprintf(w, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", px, py, color)
		}
		fmt.Fprintf(w, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/><text x="%d" y="%.0f" fill="%s">%s</text>`+"\n", path, color, right+12, end+4, color, name)
	}
	fmt.Fprintln(w, "</svg>")
}
