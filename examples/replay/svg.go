package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// drawing is the figures as an SVG of two panels: how long people waited
// through the day, and how the work was spread over the agents.
func drawing(d Day, all []Figures) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 700" font-family="sans-serif" font-size="12">`+"\n")
	b.WriteString(`<rect width="960" height="700" fill="#fff"/>` + "\n")
	legend(&b, all)
	drawWaits(&b, panel{left: 70, top: 90, width: 860, height: 230}, d, all)
	drawLoads(&b, panel{left: 70, top: 410, width: 860, height: 230}, all)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// strokes tell the strategies apart, by dashes too for who sees no colours.
var strokes = map[string]string{
	"least-loaded":     `stroke="#0072b2"`,
	"round-robin":      `stroke="#d55e00" stroke-dasharray="8 3"`,
	"longest-idle":     `stroke="#009e73" stroke-dasharray="3 3"`,
	"last-agent-first": `stroke="#aa4499" stroke-dasharray="10 3 2 3"`,
}

func legend(b *bytes.Buffer, all []Figures) {
	for i, f := range all {
		x := 70 + 215*i
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="24" y2="24" stroke-width="2" %s/>`, x, x+36, strokes[f.Strategy.Name])
		fmt.Fprintf(b, `<text x="%d" y="28">%s</text>`+"\n", x+44, f.Strategy.Name)
	}
}

// panel is a place for curves, in pixels.
type panel struct{ left, top, width, height float64 }

// at gives the place of x and y, which are shares of the panel.
func (p panel) at(x, y float64) (float64, float64) { return p.left + x*p.width, p.top + (1-y)*p.height }

func (p panel) title(b *bytes.Buffer, text string) {
	fmt.Fprintf(b, `<text x="%.0f" y="%.0f" font-size="14" font-weight="bold">%s</text>`+"\n", p.left, p.top-16, text)
}

func (p panel) row(b *bytes.Buffer, y float64, style, label string) {
	left, at := p.at(0, y)
	fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" %s/>`, left, left+p.width, at, at, style)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end">%s</text>`+"\n", left-8, at+4, label)
}

func (p panel) under(b *bytes.Buffer, x float64, label string) {
	at, bottom := p.at(x, 0)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", at, bottom+18, label)
}

// curve draws a line through values that are evenly spaced.
func (p panel) curve(b *bytes.Buffer, f Figures, values []float64) {
	var points []string
	for i, v := range values {
		x, y := p.at(share(i, len(values)), v)
		points = append(points, fmt.Sprintf("%.1f,%.1f", x, y))
	}
	fmt.Fprintf(b, `<polyline fill="none" stroke-width="2" %s points="%s"/>`+"\n", strokes[f.Strategy.Name], strings.Join(points, " "))
}

// share is how far the i-th of n is from the first to the last.
func share(i, n int) float64 { return float64(i) / float64(max(n-1, 1)) }

const (
	grid  = `stroke="#ddd"`
	bound = `stroke="#999" stroke-dasharray="2 4"`
)

func drawWaits(b *bytes.Buffer, p panel, d Day, all []Figures) {
	most := d.SLA
	for _, f := range all {
		for _, s := range f.Spans {
			most = max(most, s.Waits.P95)
		}
	}
	most = max(most, time.Second) // an SLA of no time, and nobody waited
	p.title(b, "95 of 100 waited at most, by the half hour of arrival")
	for i := range 5 {
		y := float64(i) / 4
		p.row(b, y, grid, short(time.Duration(y*float64(most))))
	}
	_, sla := p.at(0, float64(d.SLA)/float64(most))
	fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" %s/>`, p.left, p.left+p.width, sla, sla, bound)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end" fill="#666">SLA %s</text>`+"\n", p.left+p.width, sla-4, d.SLA)
	spans := all[0].Spans
	every := (len(spans) + 13) / 14 // labels beside each other
	for i := 0; i < len(spans); i += every {
		p.under(b, share(i, len(spans)), spans[i].From.Format("15:04"))
	}
	for _, f := range all {
		var values []float64
		for _, s := range f.Spans {
			values = append(values, float64(s.Waits.P95)/float64(most))
		}
		p.curve(b, f, values)
	}
}

func drawLoads(b *bytes.Buffer, p panel, all []Figures) {
	most := 1.0
	for _, f := range all {
		_, _, high := f.load(inUse)
		most = max(most, high)
	}
	p.title(b, "Share of an agent's places that was taken, the least busy agent first")
	for i := range 5 {
		y := float64(i) / 4
		p.row(b, y, grid, fmt.Sprintf("%.0f %%", 100*y*most))
	}
	p.under(b, 0, "1st")
	p.under(b, 1, fmt.Sprintf("%d agents", len(all[0].Agents)))
	for _, f := range all {
		sorted := slices.SortedFunc(slices.Values(f.Agents), func(a, b AgentFigures) int { return cmp.Compare(a.InUse, b.InUse) })
		var values []float64
		for _, a := range sorted {
			values = append(values, a.InUse/most)
		}
		p.curve(b, f, values)
	}
}
