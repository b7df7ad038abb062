package report

import (
	"math"

	"github.com/handoffdesk/handoff"
)

// Figures are what facts add up to. The zero value is that of no fact. What
// each one means, and what it leaves out, is said once in docs/metrics.md;
// [Values] are how they are shown.
//
// A Figures has one owner: Add and Merge change it.
type Figures struct {
	// Conversations: begun, handed off to a queue, and ended; of those that
	// ended, for how many nobody was asked, and the messages.
	Started   int64
	HandedOff int64
	Ended     int64
	BotOnly   int64
	Received  int64
	Replies   int64
	Automatic int64

	// Waits that are over: an agent had it, the contact was gone first, or it
	// was moved to another queue.
	Answered  int64
	Abandoned int64
	Moved     int64
	Waiting   Spread

	// Stints that are over.
	Stints        int64
	Unanswered    int64
	Transfers     int64
	Requeues      int64
	AgentMessages int64
	FirstResponse Spread
	Handling      Spread

	// Ended conversations that a person was asked for.
	FirstAnswer Spread
	Duration    Spread

	SLA  SLA
	CSAT CSAT
	NPS  NPS
}

// SLA counts promises kept and broken, by clock.
type SLA struct {
	First    Kept
	Next     Kept
	Duration Kept
}

// Kept counts promises.
type Kept struct {
	Met    int64
	Missed int64
}

// All counts the promises of every clock.
func (s SLA) All() Kept {
	return Kept{s.First.Met + s.Next.Met + s.Duration.Met, s.First.Missed + s.Next.Missed + s.Duration.Missed}
}

// clock gives the count of one clock; nil for one that is unknown.
func (s *SLA) clock(c handoff.SLAClock) *Kept {
	switch c {
	case handoff.ClockFirst:
		return &s.First
	case handoff.ClockNext:
		return &s.Next
	case handoff.ClockDuration:
		return &s.Duration
	}
	return nil
}

// Asking counts surveys: those that were sent, those that could not be, and
// those of the former that were answered.
type Asking struct {
	Asked    int64
	Skipped  int64
	Answered int64
}

// CSAT is how satisfied contacts are. Scores has how many gave 1 to 5.
type CSAT struct {
	Asking
	Scores [5]int64
}

// NPS is whether contacts would recommend. Scores has how many gave 0 to 10.
type NPS struct {
	Asking
	Scores [11]int64
}

// Add counts a fact. A kind that it does not know counts nothing.
func (g *Figures) Add(f Fact) {
	switch f.Kind {
	case Started:
		g.Started++
	case HandedOff:
		g.HandedOff++
	case Wait:
		g.wait(f)
	case Stint:
		g.stint(f)
	case Ended:
		g.ended(f)
	case Promise:
		if k := g.SLA.clock(f.Clock); k != nil {
			if f.How == Met {
				k.Met++
			} else {
				k.Missed++
			}
		}
	case Survey:
		switch f.Asks {
		case handoff.CSAT:
			count(&g.CSAT.Asking, g.CSAT.Scores[:], f, 1)
		case handoff.NPS:
			count(&g.NPS.Asking, g.NPS.Scores[:], f, 0)
		}
	}
}

func (g *Figures) wait(f Fact) {
	switch f.How {
	case Assigned:
		g.Answered++
	case Withdrawn, Closed:
		g.Abandoned++
	case Moved:
		g.Moved++
		return // it goes on
	default:
		return // merged: it goes on as another
	}
	g.Waiting.Add(f.At.Sub(f.Since))
}

func (g *Figures) stint(f Fact) {
	g.Stints++
	switch f.How {
	case Transferred, Moved:
		g.Transfers++
	case Requeued:
		g.Requeues++
	}
	g.AgentMessages += f.Replies
	g.Handling.Add(f.At.Sub(f.From))
	switch {
	case f.ReplyAt.IsZero():
		g.Unanswered++
	case !f.Outbound:
		g.FirstResponse.Add(f.ReplyAt.Sub(f.From))
	}
}

func (g *Figures) ended(f Fact) {
	g.Ended++
	g.Received += f.Received
	g.Replies += f.Replies
	g.Automatic += f.Automatic
	if f.AskedAt.IsZero() {
		g.BotOnly++
		return
	}
	g.Duration.Add(f.At.Sub(f.AskedAt))
	if !f.ReplyAt.IsZero() && !f.Outbound {
		g.FirstAnswer.Add(f.ReplyAt.Sub(f.AskedAt))
	}
}

func count(a *Asking, scores []int64, f Fact, low int) {
	switch f.How {
	case Asked:
		a.Asked++
	case Skipped:
		a.Skipped++
	case Answered:
		if i := f.Score - low; 0 <= i && i < len(scores) {
			a.Answered++
			scores[i]++
		}
	}
}

// Merge adds what o has.
func (g *Figures) Merge(o Figures) {
	for _, n := range []struct {
		to   *int64
		from int64
	}{
		{&g.Started, o.Started}, {&g.HandedOff, o.HandedOff}, {&g.Ended, o.Ended}, {&g.BotOnly, o.BotOnly},
		{&g.Received, o.Received}, {&g.Replies, o.Replies}, {&g.Automatic, o.Automatic},
		{&g.Answered, o.Answered}, {&g.Abandoned, o.Abandoned}, {&g.Moved, o.Moved},
		{&g.Stints, o.Stints}, {&g.Unanswered, o.Unanswered}, {&g.Transfers, o.Transfers},
		{&g.Requeues, o.Requeues}, {&g.AgentMessages, o.AgentMessages},
	} {
		*n.to += n.from
	}
	for _, s := range []struct {
		to   *Spread
		from Spread
	}{
		{&g.Waiting, o.Waiting}, {&g.FirstResponse, o.FirstResponse}, {&g.Handling, o.Handling},
		{&g.FirstAnswer, o.FirstAnswer}, {&g.Duration, o.Duration},
	} {
		s.to.Merge(s.from)
	}
	for _, c := range handoff.SLAClocks {
		to, from := g.SLA.clock(c), o.SLA.clock(c)
		to.Met, to.Missed = to.Met+from.Met, to.Missed+from.Missed
	}
	g.CSAT.merge(o.CSAT.Asking)
	g.NPS.merge(o.NPS.Asking)
	for i, n := range o.CSAT.Scores {
		g.CSAT.Scores[i] += n
	}
	for i, n := range o.NPS.Scores {
		g.NPS.Scores[i] += n
	}
}

func (a *Asking) merge(o Asking) {
	a.Asked, a.Skipped, a.Answered = a.Asked+o.Asked, a.Skipped+o.Skipped, a.Answered+o.Answered
}

// Rate is a share of something. It has no value while there is nothing to
// have a share of.
type Rate struct {
	Part, Whole int64
}

// Percent gives the share in percent, to one decimal; ok is false if it has
// no value.
func (r Rate) Percent() (percent float64, ok bool) {
	if r.Whole == 0 {
		return 0, false
	}
	return math.Round(float64(r.Part)*1000/float64(r.Whole)) / 10, true
}

// Abandonment is the share of contacts who were gone before an agent had
// their conversation, among those whose wait is over.
func (g *Figures) Abandonment() Rate { return Rate{g.Abandoned, g.Answered + g.Abandoned} }

// Rate is the share of promises kept.
func (k Kept) Rate() Rate { return Rate{k.Met, k.Met + k.Missed} }

// Average is the mean score, to two decimals; ok is false without an answer.
func (c CSAT) Average() (mean float64, ok bool) {
	var sum int64
	for i, n := range c.Scores {
		sum += int64(i+1) * n
	}
	if c.Answered == 0 {
		return 0, false
	}
	return math.Round(float64(sum)*100/float64(c.Answered)) / 100, true
}

// Satisfied is the share of answers that are 4 or 5.
func (c CSAT) Satisfied() Rate { return Rate{c.Scores[3] + c.Scores[4], c.Answered} }

// Score is the share of promoters (9, 10) less that of detractors (0 to 6),
// from -100 to 100 to one decimal; ok is false without an answer.
func (n NPS) Score() (score float64, ok bool) {
	promoters, detractors := n.Scores[9]+n.Scores[10], int64(0)
	for _, c := range n.Scores[:7] {
		detractors += c
	}
	return Rate{promoters - detractors, n.Answered}.Percent()
}
