package desk

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/report"
	"github.com/handoffdesk/handoff/storage"
)

// ReportQuery says what a report is of: what finished from From until before
// To, of these queues, agents and channels; none named is all of them.
type ReportQuery struct {
	From, To time.Time
	// Zone is where days and hours are told, an IANA name; "" is where the
	// agent is, or else the bot.
	Zone string
	// By is what the report goes by in time; "" is by day.
	By       report.Step
	Queues   []handoff.QueueID
	Agents   []handoff.AgentID
	Channels []handoff.Channel
}

// Report is a [report.Report] and what goes on at present.
type Report struct {
	report.Report
	// Open is what waits and is held now, whatever the report's period: no
	// figure has it yet.
	Open Open `json:"open"`
	// Complete: the conversations that the bot had before there were reports
	// are counted too. Otherwise that goes on, and the next report has more.
	Complete bool `json:"complete"`
}

// Open counts what waits for an agent, and what agents hold.
type Open struct {
	At      time.Time `json:"at"`
	Waiting int       `json:"waiting"`
	Held    int       `json:"held"`
	Oldest  time.Time `json:"oldest,omitzero"` // since when the longest of them has waited
	// AtRisk of them are due soon by their service level, Overdue are late.
	AtRisk  int         `json:"atRisk"`
	Overdue int         `json:"overdue"`
	More    bool        `json:"more,omitempty"` // counting stopped at MaxOpen
	Queues  []OpenQueue `json:"queues"`
	Agents  []OpenAgent `json:"agents"`
}

// OpenQueue is what waits in a queue, and what is held of it.
type OpenQueue struct {
	Queue   handoff.QueueID `json:"queue"`
	Waiting int             `json:"waiting"`
	Held    int             `json:"held"`
	Oldest  time.Time       `json:"oldest,omitzero"`
	AtRisk  int             `json:"atRisk"`
	Overdue int             `json:"overdue"`
}

// OpenAgent is what an agent holds.
type OpenAgent struct {
	Agent handoff.AgentID `json:"agent"`
	Held  int             `json:"held"`
	// Unanswered of them had no answer since the agent has them.
	Unanswered int `json:"unanswered"`
}

// MaxOpen is how many open conversations a report counts at most.
const MaxOpen = 10_000

// Report adds up what finished in a period; docs/metrics.md says what each
// figure means. It reads the facts of the period and keeps only figures, so
// its cost grows with the period and its memory with the rows of the report.
// The first report of a bot begins to count what was there before, see
// [Report.Complete].
//
// Errors: handoff.ErrInvalid, ErrNotFound for an unknown bot.
func (b *Bot) Report(ctx context.Context, q ReportQuery) (Report, error) {
	return b.d.report(ctx, b.who, q)
}

// Report adds up what finished in a period. It takes handoff.PermReports,
// which shows the figures of every queue and agent. As [Bot.Report] otherwise.
func (s *Seat) Report(ctx context.Context, q ReportQuery) (Report, error) {
	return s.d.report(ctx, s.who, q)
}

// Facts gives the facts of a period, one after the other in the order of
// their hours. It may be stopped at any time; an error is the last it gives.
//
// Errors: as [Bot.Report].
func (b *Bot) Facts(ctx context.Context, q ReportQuery) iter.Seq2[report.Fact, error] {
	return b.d.factsOf(ctx, b.who, q)
}

// Facts gives the facts of a period. It takes handoff.PermReports. As
// [Bot.Facts] otherwise.
func (s *Seat) Facts(ctx context.Context, q ReportQuery) iter.Seq2[report.Fact, error] {
	return s.d.factsOf(ctx, s.who, q)
}

// CountHistory has the conversations of the bot looked at for facts that are
// missing: by Run, in the background. Every bot's first report does so by
// itself. After a store was restored to an earlier state, call it.
//
// Errors: ErrNotFound for an unknown bot, ErrBusy, ErrOutcomeUnknown.
func (b *Bot) CountHistory(ctx context.Context) error {
	if _, err := b.d.theBot(ctx, b.id); err != nil {
		return err
	}
	_, err := b.d.countHistory(ctx, b.id, true)
	return err
}

// reportQuery resolves a query for whoever asks, if they may.
func (d *Desk) reportQuery(ctx context.Context, w who, q ReportQuery) (authority, report.Query, error) {
	a, err := w(ctx, nil)
	if err != nil {
		return a, report.Query{}, err
	}
	if _, err := d.theBot(ctx, a.bot); err != nil {
		return a, report.Query{}, err
	}
	if !a.may(handoff.PermReports) {
		return a, report.Query{}, fmt.Errorf("%w: reports", ErrForbidden)
	}
	zone, err := d.zone(ctx, a)
	if err != nil {
		return a, report.Query{}, err
	}
	if q.Zone != "" {
		if err := checkZone("report zone", q.Zone); err != nil {
			return a, report.Query{}, err
		}
		if zone, err = time.LoadLocation(q.Zone); err != nil {
			return a, report.Query{}, err
		}
	}
	r := report.Query{From: q.From, To: q.To, Zone: zone, By: q.By, Queues: q.Queues, Agents: q.Agents, Channels: q.Channels}
	return a, r, r.Check()
}

func (d *Desk) report(ctx context.Context, w who, q ReportQuery) (Report, error) {
	a, rq, err := d.reportQuery(ctx, w, q)
	if err != nil {
		return Report{}, err
	}
	sheet, err := report.NewSheet(rq)
	if err != nil {
		return Report{}, err
	}
	complete, err := d.countHistory(ctx, a.bot, false)
	if err != nil {
		return Report{}, err
	}
	for f, err := range d.facts(ctx, a.bot, rq) {
		if err != nil {
			return Report{}, err
		}
		sheet.Add(f)
	}
	open, err := d.open(ctx, a.bot, rq)
	return Report{Report: sheet.Report(), Open: open, Complete: complete}, err
}

func (d *Desk) factsOf(ctx context.Context, w who, q ReportQuery) iter.Seq2[report.Fact, error] {
	return func(yield func(report.Fact, error) bool) {
		a, rq, err := d.reportQuery(ctx, w, q)
		if err != nil {
			yield(report.Fact{}, err)
			return
		}
		d.facts(ctx, a.bot, rq)(yield)
	}
}

// open counts what waits and what is held now, of what the query names.
func (d *Desk) open(ctx context.Context, bot handoff.BotID, q report.Query) (Open, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return Open{}, err
	}
	o := Open{At: now}
	queues, agents := map[handoff.QueueID]OpenQueue{}, map[handoff.AgentID]OpenAgent{}
	w := where(handoff.StateWaiting, handoff.StateAssigned)
	w.Queues, w.Channels = q.Queues, q.Channels
	sq := storage.Query{Bot: bot, Where: w, Limit: storage.MaxPage}
	for range MaxOpen / storage.MaxPage {
		rows, next, more, err := d.walk(ctx, sq, 0)
		if err != nil {
			return Open{}, err
		}
		dues, err := d.Bot(bot).Dues(ctx, ids(rows)...)
		if err != nil {
			return Open{}, err
		}
		for _, c := range rows {
			if len(q.Agents) > 0 && !slices.Contains(q.Agents, c.Agent) {
				continue
			}
			here := queues[c.Queue]
			here.Queue = c.Queue
			if c.State == handoff.StateWaiting {
				o.Waiting++
				here.Waiting++
				o.Oldest, here.Oldest = earlier(o.Oldest, c.WaitingSince), earlier(here.Oldest, c.WaitingSince)
			} else {
				o.Held++
				here.Held++
				holder := agents[c.Agent]
				holder.Agent = c.Agent
				holder.Held++
				if !c.Answered() {
					holder.Unanswered++
				}
				agents[c.Agent] = holder
			}
			if due, runs := dues[c.ID]; runs && !due.Resting {
				switch {
				case due.Missed || !now.Before(due.At):
					o.Overdue++
					here.Overdue++
				case !due.Soon.IsZero() && !now.Before(due.Soon):
					o.AtRisk++
					here.AtRisk++
				}
			}
			queues[c.Queue] = here
		}
		if o.More = more; !more {
			break
		}
		sq.After = next
	}
	o.Queues = slices.AppendSeq([]OpenQueue{}, maps.Values(queues))
	o.Agents = slices.AppendSeq([]OpenAgent{}, maps.Values(agents))
	slices.SortFunc(o.Queues, func(a, b OpenQueue) int { return cmp.Compare(a.Queue, b.Queue) })
	slices.SortFunc(o.Agents, func(a, b OpenAgent) int { return cmp.Compare(a.Agent, b.Agent) })
	return o, nil
}

func ids(rows []handoff.Conversation) []handoff.ConversationID {
	all := make([]handoff.ConversationID, len(rows))
	for i, c := range rows {
		all[i] = c.ID
	}
	return all
}

// earlier gives the earlier of two times, a zero one being none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
