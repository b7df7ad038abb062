package routing

import "cmp"

// turn is a waiting conversation's place in the line of all queues.
type turn struct {
	rank  int64
	at    int32 // in Snapshot.Waiting
	queue int32
}

// readLine puts all who wait in automatic queues into one line, by rank and
// id, and reports whether any of them prefers an agent.
func (p *Planner) readLine() (anyPreferred bool) {
	p.line, p.runs = p.line[:0], p.runs[:0]
	for i := range p.in.Waiting {
		w := &p.in.Waiting[i]
		q, ok := p.queueIndex[w.Queue]
		if !ok {
			continue
		}
		anyPreferred = anyPreferred || w.Preferred != ""
		t := turn{w.Rank, int32(i), q}
		if n := len(p.line); n == 0 || p.compare(p.line[n-1], t) > 0 {
			p.runs = append(p.runs, int32(n))
		}
		p.line = append(p.line, t)
	}
	p.mergeRuns()
	return anyPreferred
}

func (p *Planner) compare(a, b turn) int {
	if a.rank != b.rank {
		return cmp.Compare(a.rank, b.rank)
	}
	return cmp.Compare(p.in.Waiting[a.at].ID, p.in.Waiting[b.at].ID)
}

// mergeRuns sorts the line by merging neighbouring runs that are in order
// already until there is one: storage gives each queue's line in order, and
// so it takes as many passes as the queues' number has bits.
func (p *Planner) mergeRuns() {
	for len(p.runs) > 1 {
		out, starts := p.merged[:0], p.runs[:0]
		for i := 0; i < len(p.runs); i += 2 {
			a, b := p.run(i), p.run(i+1)
			starts = append(starts, int32(len(out)))
			for len(a) > 0 && len(b) > 0 {
				if p.compare(a[0], b[0]) <= 0 {
					out, a = append(out, a[0]), a[1:]
				} else {
					out, b = append(out, b[0]), b[1:]
				}
			}
			out = append(append(out, a...), b...)
		}
		p.line, p.merged, p.runs = out, p.line, starts
	}
}

// run gives the i-th run of the line; empty beyond the last.
func (p *Planner) run(i int) []turn {
	switch {
	case i >= len(p.runs):
		return nil
	case i == len(p.runs)-1:
		return p.line[p.runs[i]:]
	}
	return p.line[p.runs[i]:p.runs[i+1]]
}
