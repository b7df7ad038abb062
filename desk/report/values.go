package report

import "time"

// Values are figures as they are shown: the columns of CSV and the fields of
// JSON, in this order and by these names. Times are in seconds, rates in
// percent; what has no value, for want of anything to make it of, is nil.
type Values struct {
	Started   int64 `json:"started"`
	HandedOff int64 `json:"handedOff"`
	Ended     int64 `json:"ended"`
	BotOnly   int64 `json:"botOnly"`
	Received  int64 `json:"received"`
	Replies   int64 `json:"replies"`
	Automatic int64 `json:"automatic"`

	Answered        int64    `json:"answered"`
	Abandoned       int64    `json:"abandoned"`
	AbandonmentRate *float64 `json:"abandonmentRate"`
	Moved           int64    `json:"moved"`
	WaitingMean     *float64 `json:"waitingMean"`
	WaitingP50      *float64 `json:"waitingP50"`
	WaitingP95      *float64 `json:"waitingP95"`
	WaitingMax      *float64 `json:"waitingMax"`

	Stints            int64    `json:"stints"`
	Unanswered        int64    `json:"unanswered"`
	Transfers         int64    `json:"transfers"`
	Requeues          int64    `json:"requeues"`
	AgentMessages     int64    `json:"agentMessages"`
	FirstResponseMean *float64 `json:"firstResponseMean"`
	FirstResponseP50  *float64 `json:"firstResponseP50"`
	FirstResponseP95  *float64 `json:"firstResponseP95"`
	FirstResponseMax  *float64 `json:"firstResponseMax"`
	HandlingTotal     float64  `json:"handlingTotal"`
	HandlingMean      *float64 `json:"handlingMean"`
	HandlingP50       *float64 `json:"handlingP50"`
	HandlingP95       *float64 `json:"handlingP95"`
	HandlingMax       *float64 `json:"handlingMax"`

	FirstAnswerMean *float64 `json:"firstAnswerMean"`
	FirstAnswerP50  *float64 `json:"firstAnswerP50"`
	FirstAnswerP95  *float64 `json:"firstAnswerP95"`
	FirstAnswerMax  *float64 `json:"firstAnswerMax"`
	DurationMean    *float64 `json:"durationMean"`
	DurationP50     *float64 `json:"durationP50"`
	DurationP95     *float64 `json:"durationP95"`
	DurationMax     *float64 `json:"durationMax"`

	SLAMet            int64    `json:"slaMet"`
	SLAMissed         int64    `json:"slaMissed"`
	SLARate           *float64 `json:"slaRate"`
	SLAFirstMet       int64    `json:"slaFirstMet"`
	SLAFirstMissed    int64    `json:"slaFirstMissed"`
	SLANextMet        int64    `json:"slaNextMet"`
	SLANextMissed     int64    `json:"slaNextMissed"`
	SLADurationMet    int64    `json:"slaDurationMet"`
	SLADurationMissed int64    `json:"slaDurationMissed"`

	CSATAsked     int64    `json:"csatAsked"`
	CSATSkipped   int64    `json:"csatSkipped"`
	CSATAnswered  int64    `json:"csatAnswered"`
	CSATAverage   *float64 `json:"csatAverage"`
	CSATSatisfied *float64 `json:"csatSatisfied"`
	NPSAsked      int64    `json:"npsAsked"`
	NPSSkipped    int64    `json:"npsSkipped"`
	NPSAnswered   int64    `json:"npsAnswered"`
	NPSScore      *float64 `json:"npsScore"`
}

// Values gives the figures as they are shown.
func (g *Figures) Values() Values {
	all := g.SLA.All()
	v := Values{
		Started: g.Started, HandedOff: g.HandedOff, Ended: g.Ended, BotOnly: g.BotOnly,
		Received: g.Received, Replies: g.Replies, Automatic: g.Automatic,
		Answered: g.Answered, Abandoned: g.Abandoned, AbandonmentRate: given(g.Abandonment().Percent()), Moved: g.Moved,
		Stints: g.Stints, Unanswered: g.Unanswered, Transfers: g.Transfers, Requeues: g.Requeues,
		AgentMessages: g.AgentMessages, HandlingTotal: g.Handling.Sum().Seconds(),
		SLAMet: all.Met, SLAMissed: all.Missed, SLARate: given(all.Rate().Percent()),
		SLAFirstMet: g.SLA.First.Met, SLAFirstMissed: g.SLA.First.Missed,
		SLANextMet: g.SLA.Next.Met, SLANextMissed: g.SLA.Next.Missed,
		SLADurationMet: g.SLA.Duration.Met, SLADurationMissed: g.SLA.Duration.Missed,
		CSATAsked: g.CSAT.Asked, CSATSkipped: g.CSAT.Skipped, CSATAnswered: g.CSAT.Answered,
		CSATAverage: given(g.CSAT.Average()), CSATSatisfied: given(g.CSAT.Satisfied().Percent()),
		NPSAsked: g.NPS.Asked, NPSSkipped: g.NPS.Skipped, NPSAnswered: g.NPS.Answered, NPSScore: given(g.NPS.Score()),
	}
	v.WaitingMean, v.WaitingP50, v.WaitingP95, v.WaitingMax = g.Waiting.shown()
	v.FirstResponseMean, v.FirstResponseP50, v.FirstResponseP95, v.FirstResponseMax = g.FirstResponse.shown()
	v.HandlingMean, v.HandlingP50, v.HandlingP95, v.HandlingMax = g.Handling.shown()
	v.FirstAnswerMean, v.FirstAnswerP50, v.FirstAnswerP95, v.FirstAnswerMax = g.FirstAnswer.shown()
	v.DurationMean, v.DurationP50, v.DurationP95, v.DurationMax = g.Duration.shown()
	return v
}

func given(v float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &v
}

// shown gives what is shown of a spread, in seconds: nothing of an empty one.
func (s Spread) shown() (mean, p50, p95, most *float64) {
	of := func(d time.Duration) *float64 { return given(d.Seconds(), s.count > 0) }
	return of(s.Mean()), of(s.Percentile(50)), of(s.Percentile(95)), of(s.max)
}
