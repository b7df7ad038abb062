package console

import (
	"context"
	"net/http"
	"time"

	"github.com/handoffdesk/handoff"
)

// SLA is a service level agreement in the API: as handoff.SLA, with its times
// in seconds.
type SLA struct {
	ID            handoff.SLAID `json:"id"`
	Name          string        `json:"name"`
	First         Target        `json:"first" doc:"For the first answer."`
	Next          Target        `json:"next" doc:"For each later answer."`
	Duration      Target        `json:"duration" doc:"For the whole attendance."`
	FromHandOff   bool          `json:"fromHandOff" doc:"The first answer counts from the hand-off, not from the assignment."`
	Pause         bool          `json:"pause" doc:"The duration rests while the contact has to answer."`
	BusinessHours bool          `json:"businessHours" doc:"Only the queue's opening hours count."`
}

// Target is handoff.Target in seconds; 0 is none.
type Target struct {
	WithinSeconds int64 `json:"withinSeconds,omitempty" minimum:"0" maximum:"31536000"`
	WarnSeconds   int64 `json:"warnSeconds,omitempty" minimum:"0" maximum:"31536000" doc:"So long before the end it is due soon."`
}

// NoAnswerPolicy is handoff.NoAnswer with its times in seconds.
type NoAnswerPolicy struct {
	RemindSeconds  int64           `json:"remindSeconds,omitempty" minimum:"0" maximum:"86400"`
	RequeueSeconds int64           `json:"requeueSeconds,omitempty" minimum:"0" maximum:"86400"`
	ExcludeSeconds int64           `json:"excludeSeconds,omitempty" minimum:"0" maximum:"86400" doc:"0 is the default."`
	Rounds         int             `json:"rounds,omitempty" minimum:"0" maximum:"20" doc:"0 is the default."`
	Overflow       handoff.QueueID `json:"overflow,omitempty"`
}

// SilencePolicy is handoff.Silence with its times in seconds.
type SilencePolicy struct {
	WarnSeconds int64  `json:"warnSeconds,omitempty" minimum:"0" maximum:"2592000"`
	Text        string `json:"text,omitempty"`
	EndSeconds  int64  `json:"endSeconds,omitempty" minimum:"0" maximum:"2592000"`
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

func apiTarget(t handoff.Target) Target {
	return Target{int64(t.Within / time.Second), int64(t.Warn / time.Second)}
}

func (t Target) handoff() handoff.Target {
	return handoff.Target{Within: seconds(t.WithinSeconds), Warn: seconds(t.WarnSeconds)}
}

func apiNoAnswer(n handoff.NoAnswer) NoAnswerPolicy {
	return NoAnswerPolicy{int64(n.Remind / time.Second), int64(n.Requeue / time.Second), int64(n.Exclude / time.Second), n.Rounds, n.Overflow}
}

func (n NoAnswerPolicy) handoff() handoff.NoAnswer {
	return handoff.NoAnswer{Remind: seconds(n.RemindSeconds), Requeue: seconds(n.RequeueSeconds),
		Exclude: seconds(n.ExcludeSeconds), Rounds: n.Rounds, Overflow: n.Overflow}
}

func apiSilence(s handoff.Silence) SilencePolicy {
	return SilencePolicy{int64(s.Warn / time.Second), s.Text, int64(s.End / time.Second)}
}

func (s SilencePolicy) handoff() handoff.Silence {
	return handoff.Silence{Warn: seconds(s.WarnSeconds), Text: s.Text, End: seconds(s.EndSeconds)}
}

func apiSLA(v handoff.SLA) SLA {
	return SLA{ID: v.ID, Name: v.Name, First: apiTarget(v.First), Next: apiTarget(v.Next), Duration: apiTarget(v.Duration),
		FromHandOff: v.FromHandOff, Pause: v.Pause, BusinessHours: v.BusinessHours}
}

type slaList struct {
	SLAs []SLA `json:"slas"`
}

type slaPath struct {
	SLA handoff.SLAID `path:"sla"`
}

type slaInput struct {
	SLA  handoff.SLAID `path:"sla"`
	Body struct {
		Name          string `json:"name"`
		First         Target `json:"first,omitzero"`
		Next          Target `json:"next,omitzero"`
		Duration      Target `json:"duration,omitzero"`
		FromHandOff   bool   `json:"fromHandOff,omitempty"`
		Pause         bool   `json:"pause,omitempty"`
		BusinessHours bool   `json:"businessHours,omitempty"`
	}
}

// handleSLAs adds the routes for service level agreements.
func (c *Console) handleSLAs() {
	handle(c, route{method: http.MethodGet, path: "/slas", name: "listSLAs", tag: "desk", audience: both,
		summary: "The service level agreements"},
		func(ctx context.Context, by *caller, _ *none) (slaList, error) {
			all, err := by.side().SLAs(ctx)
			out := slaList{SLAs: []SLA{}}
			for _, v := range all {
				out.SLAs = append(out.SLAs, apiSLA(v))
			}
			return out, err
		})
	handle(c, route{method: http.MethodPut, path: "/slas/{sla}", name: "putSLA", tag: "admin", audience: both,
		summary: "Create or change a service level agreement; what is open is measured by it from its beginning on"},
		func(ctx context.Context, by *caller, in *slaInput) (SLA, error) {
			b := in.Body
			v := handoff.SLA{ID: in.SLA, Name: b.Name, First: b.First.handoff(), Next: b.Next.handoff(), Duration: b.Duration.handoff(),
				FromHandOff: b.FromHandOff, Pause: b.Pause, BusinessHours: b.BusinessHours}
			return apiSLA(v), by.side().PutSLA(ctx, v)
		})
	handle(c, route{method: http.MethodDelete, path: "/slas/{sla}", name: "removeSLA", tag: "admin", audience: both,
		summary: "Remove a service level agreement; queues that name it have no targets then"},
		func(ctx context.Context, by *caller, in *slaPath) (none, error) {
			return none{}, by.side().RemoveSLA(ctx, in.SLA)
		})
}
