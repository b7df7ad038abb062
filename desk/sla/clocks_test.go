package sla_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/desk/sla"
)

func TestWhatIsMetAndMissedAndByWhom(t *testing.T) {
	t.Parallel()
	first := agreed(handoff.SLA{First: minutes(10)})
	fromHandOff := agreed(handoff.SLA{First: minutes(10), FromHandOff: true})
	next := agreed(handoff.SLA{Next: minutes(10)})
	duration := agreed(handoff.SLA{Duration: minutes(60)})
	pausing := agreed(handoff.SLA{Duration: minutes(60), Pause: true})
	for name, c := range map[string]struct {
		book  sla.Book
		story *story
		now   int
		want  []string
	}{
		"an answer in time": {first, start(0).writes(0).handOff(1, "q").assign(30, "ana").reply(39), 60,
			[]string{"first_response met 00:39 by ana/q"}},
		"an answer at the deadline is too late": {first, start(0).handOff(1, "q").assign(30, "ana").reply(40), 60,
			[]string{"first_response missed 00:40 by ana/q"}},
		"no answer":                           {first, start(0).handOff(1, "q").assign(30, "ana"), 40, []string{"first_response missed 00:40 by ana/q"}},
		"not yet":                             {first, start(0).handOff(1, "q").assign(30, "ana"), 39, []string{}},
		"a note is no answer":                 {first, start(0).handOff(1, "q").assign(30, "ana").note(31), 60, []string{"first_response missed 00:40 by ana/q"}},
		"the bot's word is no answer":         {first, start(0).handOff(1, "q").assign(30, "ana").says(31, handoff.ByBot, false), 60, []string{"first_response missed 00:40 by ana/q"}},
		"the desk's word is no answer":        {first, start(0).handOff(1, "q").assign(30, "ana").says(31, handoff.BySystem, false), 60, []string{"first_response missed 00:40 by ana/q"}},
		"the wait counts from the hand-off":   {fromHandOff, start(0).handOff(1, "q").assign(30, "ana").reply(31), 60, []string{"first_response missed 00:11 by /q"}},
		"taken over unasked":                  {fromHandOff, start(0).assign(30, "ana").reply(31), 60, []string{"first_response met 00:31 by ana/"}},
		"begun by the agent":                  {first, startBy(0, "ana").writes(5), 60, []string{}},
		"begun by the agent, then unanswered": {next, startBy(0, "ana").writes(5), 60, []string{"next_response missed 00:15 by ana/"}},
		"the first is not a next one":         {next, start(0).writes(0).handOff(1, "q").assign(2, "ana").writes(3).reply(4), 60, []string{}},
		"each later answer": {next, start(0).handOff(1, "q").assign(2, "ana").reply(3).writes(4).reply(5).writes(6).reply(20), 60,
			[]string{"next_response met 00:05 by ana/q", "next_response missed 00:16 by ana/q"}},
		"the first of several messages counts": {next, start(0).handOff(1, "q").assign(2, "ana").reply(3).writes(4).writes(12), 60,
			[]string{"next_response missed 00:14 by ana/q"}},
		"the end is in time":     {duration, start(0).handOff(10, "q").assign(20, "ana").end(69), 90, []string{"duration met 01:09 by ana/q"}},
		"the end is late":        {duration, start(0).handOff(10, "q").assign(20, "ana").end(80), 90, []string{"duration missed 01:10 by ana/q"}},
		"the end while it waits": {duration, start(0).handOff(10, "q").end(20), 90, []string{"duration met 00:20 by /q"}},
		"the contact's time is not counted": {pausing, start(0).handOff(0, "q").assign(0, "ana").reply(10).writes(100).reply(110).end(300), 400,
			[]string{"duration met 05:00 by ana/q"}},
		"the agent's time is": {pausing, start(0).handOff(0, "q").assign(0, "ana").reply(10).writes(100), 400,
			[]string{"duration missed 02:30 by ana/q"}},
		"two hand-offs are two attendances": {fromHandOff, start(0).handOff(0, "q").withdraw(5).handOff(100, "q").assign(101, "ana").reply(102), 400,
			[]string{"first_response met 01:42 by ana/q"}},
		"an end without an answer": {first, start(0).handOff(0, "q").assign(1, "ana").end(5), 400, []string{}},
	} {
		require.Equal(t, c.want, c.story.came(t, c.book, c.now), name)
	}
}

// What follows went wrong in other desks.

func TestMovingAConversationStartsNoClockAnew(t *testing.T) {
	t.Parallel()
	book := agreed(handoff.SLA{First: minutes(10), Duration: minutes(60)})
	s := start(0).writes(0).handOff(0, "q").assign(1, "ana")
	s.toQueue(4, "q").assign(5, "bia").transfer(6, "caio").toQueue(7, "other").assign(8, "davi")
	c, ok := s.runs(t, book, 9, handoff.ClockFirst)
	require.True(t, ok)
	require.Equal(t, at(11), c.Deadline, "it runs from the first assignment")
	require.Equal(t, []string{"first_response missed 00:11 by davi/other", "duration missed 01:00 by davi/other"}, s.came(t, book, 600))
}

func TestAnEndStopsEveryClockForGood(t *testing.T) {
	t.Parallel()
	book := agreed(handoff.SLA{First: minutes(10), Next: minutes(10), Duration: minutes(60)})
	s := start(0).writes(0).handOff(0, "q").assign(1, "ana").reply(2).writes(3).end(4)
	require.Equal(t, []string{"first_response met 00:02 by ana/q", "duration met 00:04 by ana/q"}, s.came(t, book, 5000))
	track, _ := sla.Clocks(book, s.events, at(5000))
	require.Empty(t, track.Clocks)
	require.Zero(t, track.Next(at(4)))
}

func TestTheDurationIsOfTheLastEndAndNotOfWhatLookedLikeOne(t *testing.T) {
	t.Parallel()
	// Given back to the bot and asked for again: the time under the bot is
	// nobody's.
	book := agreed(handoff.SLA{Duration: minutes(60)})
	s := start(0).handOff(0, "q").withdraw(50).handOff(200, "q").assign(201, "ana").end(230)
	require.Equal(t, []string{"duration met 03:50 by ana/q"}, s.came(t, book, 5000))
}

func TestWhoHadItAtTheDeadlineMissedIt(t *testing.T) {
	t.Parallel()
	book := agreed(handoff.SLA{First: minutes(10)})
	s := start(0).handOff(0, "q").assign(1, "ana").transfer(12, "bia").reply(13)
	require.Equal(t, []string{"first_response missed 00:11 by ana/q"}, s.came(t, book, 60), "not who has it now")
	s = start(0).handOff(0, "q").assign(1, "ana").transfer(3, "bia").reply(4).transfer(5, "ana")
	require.Equal(t, []string{"first_response met 00:04 by bia/q"}, s.came(t, book, 60), "not who had it last")
	s = start(0).handOff(0, "q").assign(1, "ana").toQueue(3, "q")
	require.Equal(t, []string{"first_response missed 00:11 by /q"}, s.came(t, book, 60), "nobody had it")
}

func TestAClockKeepsTheTermsOfTheQueueItBeganIn(t *testing.T) {
	t.Parallel()
	book := func(q handoff.QueueID) sla.Terms {
		return map[handoff.QueueID]sla.Terms{
			"fast": {SLA: handoff.SLA{First: minutes(5), Next: minutes(5)}},
			"slow": {SLA: handoff.SLA{First: minutes(50), Next: minutes(50)}},
		}[q]
	}
	s := start(0).handOff(0, "fast").assign(0, "ana").toQueue(1, "slow").assign(2, "bia").reply(6).writes(7).reply(40)
	require.Equal(t, []string{"first_response missed 00:05 by bia/slow", "next_response met 00:40 by bia/slow"}, s.came(t, book, 60))
	s = start(0).handOff(0, "other").assign(0, "ana").toQueue(1, "fast").assign(2, "bia").reply(60)
	require.Empty(t, s.came(t, book, 60), "it began where nothing was agreed")
	s = startBy(0, "ana").writes(1).toQueue(2, "fast").writes(3)
	require.Empty(t, s.came(t, book, 60), "the contact waits since before")
}

func TestOnlyBusinessHoursCount(t *testing.T) {
	t.Parallel()
	nine2five := []calendar.Interval{{From: calendar.At(9, 0), To: calendar.At(17, 0)}}
	hours, err := calendar.New(calendar.Calendar{ID: "office", Name: "Office", Week: calendar.Week{Monday: nine2five, Tuesday: nine2five}}, time.UTC, nil)
	require.NoError(t, err)
	a := handoff.SLA{First: handoff.Target{Within: 30 * time.Minute, Warn: 10 * time.Minute}, BusinessHours: true}
	book := func(handoff.QueueID) sla.Terms { return sla.Terms{SLA: a, Hours: hours} }
	s := start(0).handOff(16*60, "q").assign(16*60+50, "ana") // ten minutes are left of the day
	c, ok := s.runs(t, book, 17*60, handoff.ClockFirst)
	require.True(t, ok)
	require.Equal(t, at((24+9)*60+20), c.Deadline)
	require.Equal(t, at((24+9)*60+10), c.Soon)
	s.reply((24+9)*60 + 15)
	_, results := sla.Clocks(book, s.events, at(5000))
	require.Len(t, results, 1)
	require.True(t, results[0].Met)
	require.Equal(t, 25*time.Minute, results[0].Took)

	never, err := calendar.New(calendar.Calendar{ID: "never", Name: "Never"}, time.UTC, nil)
	require.NoError(t, err)
	hours = never
	track, results := sla.Clocks(book, start(0).handOff(0, "q").assign(1, "ana").events, at(100_000))
	require.Empty(t, results)
	require.Zero(t, track.Clocks[0].Deadline)
	require.Zero(t, track.Next(at(0)))
}

func TestWhileTheContactHasToAnswerTheDurationRests(t *testing.T) {
	t.Parallel()
	a := handoff.SLA{Duration: handoff.Target{Within: time.Hour, Warn: 20 * time.Minute}, Pause: true}
	s := start(0).handOff(0, "q").assign(0, "ana").reply(50)
	c, ok := s.runs(t, agreed(a), 500, handoff.ClockDuration)
	require.True(t, ok)
	require.True(t, c.Resting())
	require.Equal(t, 10*time.Minute, c.Left)
	require.Zero(t, c.Deadline)
	s.writes(600)
	c, _ = s.runs(t, agreed(a), 600, handoff.ClockDuration)
	require.False(t, c.Resting())
	require.Equal(t, at(610), c.Deadline)
	require.Equal(t, at(600), c.Soon, "the time to warn is past already")
	s.reply(620).writes(700)
	c, _ = s.runs(t, agreed(a), 700, handoff.ClockDuration)
	require.True(t, c.Missed)
	require.Equal(t, at(610), c.Deadline, "what was missed gets no time back")
}

func TestTheClockThatPressesMostIsShown(t *testing.T) {
	t.Parallel()
	a := handoff.SLA{First: minutes(10), Next: minutes(30), Duration: minutes(60), Pause: true}
	for name, c := range map[string]struct {
		story *story
		now   int
		want  handoff.SLAClock
	}{
		"the earlier deadline":          {start(0).handOff(0, "q").assign(0, "ana"), 1, handoff.ClockFirst},
		"missed, and nobody answered":   {start(0).handOff(0, "q").assign(0, "ana"), 20, handoff.ClockFirst},
		"what rests, if that is all":    {start(0).handOff(0, "q").assign(0, "ana").reply(1), 20, handoff.ClockDuration},
		"an answer before a lost cause": {start(0).handOff(0, "q").assign(0, "ana").reply(1).writes(2).reply(80).writes(81), 90, handoff.ClockNext},
		"a duration that ends first":    {start(0).handOff(0, "q").assign(0, "ana").writes(40).reply(45).writes(46), 47, handoff.ClockDuration},
		"a lost cause, if that is all":  {start(0).handOff(0, "q").assign(0, "ana").reply(1).writes(2).reply(80), 90, handoff.ClockDuration},
	} {
		track, _ := sla.Clocks(agreed(a), c.story.events, at(c.now))
		due, ok := track.Due()
		require.True(t, ok, name)
		require.Equal(t, c.want, due.Clock, name)
	}
	_, ok := sla.Track{}.Due()
	require.False(t, ok)
}

func TestAnUnknownKindOfEventChangesNothing(t *testing.T) {
	t.Parallel()
	book := agreed(handoff.SLA{First: minutes(10)})
	s := start(0).handOff(0, "q").assign(1, "ana")
	before, _ := sla.Clocks(book, s.events, at(2))
	s.events = append(s.events, handoff.Event{Kind: "newer", At: at(2), Agent: "bia", Queue: "x"})
	after, _ := sla.Clocks(book, s.events, at(2))
	require.Equal(t, before, after)
}
