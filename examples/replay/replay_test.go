package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

// shell runs the program as from a shell.
func shell(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(args, &out, &err)
	return status, out.String(), err.String()
}

// file makes a day of lines.
func file(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "day.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600))
	return path
}

// read reads a day that is in order.
func read(t require.TestingT, lines ...string) Day {
	d, err := Read(strings.NewReader(strings.Join(lines, "\n")))
	require.NoError(t, err)
	return d
}

func shift(agent, from, to, more string) string {
	return fmt.Sprintf(`{"type":"shift","agent":%q,"from":"2026-03-02T%s:00Z","to":"2026-03-02T%s:00Z",%s}`, agent, from, to, more)
}

func arrival(id, at, handling, more string) string {
	return fmt.Sprintf(`{"type":"arrival","id":%q,"at":"2026-03-02T%sZ","handling":%q,%s}`, id, at, handling, more)
}

// told is who got whom when, in the order of arrival.
func told(d Day, out []Attendance) []string {
	var all []string
	for i, a := range d.Arrivals {
		if out[i].Agent == "" {
			all = append(all, string(a.ID)+" left")
			continue
		}
		all = append(all, fmt.Sprintf("%s %s %s", a.ID, out[i].Agent, out[i].Assigned.Format("15:04:05")))
	}
	return all
}

func strategy(name string) Strategy {
	return strategies[slices.IndexFunc(strategies, func(s Strategy) bool { return s.Name == name })]
}

func TestADayCountedByHand(t *testing.T) {
	t.Parallel()
	d := read(t,
		shift("ana", "09:00", "10:00", `"capacity":1,"queues":["help"]`),
		shift("rui", "09:02", "09:03", `"capacity":2,"queues":["help"]`),
		arrival("c1", "08:59:30", "5m", `"queue":"help"`),
		arrival("c2", "09:00:10", "5m", `"queue":"help"`),
		arrival("c3", "09:01:00", "5m", `"queue":"help","priority":"high"`),
		arrival("c4", "09:01:10", "5m", `"queue":"help"`),
		arrival("c5", "09:01:20", "5m", `"queue":"help"`),
		arrival("c6", "09:01:30", "5m", `"queue":"other"`),
		arrival("c7", "10:00:00", "5m", `"queue":"help"`),
	)
	out := Play(d, strategy("least-loaded"))
	require.Equal(t, []string{
		"c1 ana 09:00:00",
		"c2 rui 09:02:00", // second: c3 came within the head start of its priority
		"c3 rui 09:02:00",
		"c4 ana 09:05:00", // rui's shift is over, though they have room by 09:07
		"c5 ana 09:10:00",
		"c6 left", // nobody serves its queue
		"c7 left", // the shift ended that moment
	}, told(d, out))
	f := Measure(d, strategy("least-loaded"), out)
	require.Equal(t, Waits{P50: 110 * time.Second, P95: 520 * time.Second, Max: 520 * time.Second}, f.Waits)
	require.Equal(t, []int{5, 2, 3}, []int{f.Served, f.Left, f.Met})
	require.Equal(t, []AgentFigures{{"ana", 3, 15.0 / 60}, {"rui", 2, 10.0 / 2}}, f.Agents)
}

func TestAStrictQueueServesTheHigherPriorityHoweverLongTheOthersWaited(t *testing.T) {
	t.Parallel()
	lines := []string{
		shift("ana", "12:00", "13:00", `"capacity":1,"queues":["help"]`),
		arrival("early", "08:00:00", "1m", `"queue":"help"`),
		arrival("late", "11:59:00", "1m", `"queue":"help","priority":"low"`),
	}
	first := func(lines ...string) string {
		d := read(t, lines...)
		out := Play(d, strategies[0])
		if out[0].Assigned.Before(out[1].Assigned) {
			return string(d.Arrivals[0].ID)
		}
		return string(d.Arrivals[1].ID)
	}
	require.Equal(t, "early", first(lines...))
	require.Equal(t, "late", first(append(lines, `{"type":"queue","id":"help","order":"strict"}`)...))
}

func TestWhoAsksForASkillWaitsForIt(t *testing.T) {
	t.Parallel()
	d := read(t,
		shift("ana", "09:00", "10:00", `"capacity":1,"queues":["help"]`),
		shift("rui", "09:30", "10:00", `"capacity":1,"queues":["help"],"skills":["es","en"]`),
		arrival("c1", "09:00:00", "1m", `"queue":"help","skills":["en"]`),
		arrival("c2", "09:00:01", "1m", `"queue":"help"`),
	)
	require.Equal(t, []string{"c1 rui 09:30:00", "c2 ana 09:00:01"}, told(d, Play(d, strategies[0])))
}

func TestLastAgentFirstGoesBackToWhomTheContactKnowsWhileThatIsFresh(t *testing.T) {
	t.Parallel()
	day := func(sticky string) Day {
		return read(t,
			fmt.Sprintf(`{"type":"settings","sticky":%q}`, sticky),
			shift("ana", "09:00", "18:00", `"capacity":2,"queues":["help"]`),
			shift("rui", "09:00", "18:00", `"capacity":2,"queues":["help"]`),
			arrival("c1", "09:00:00", "10m", `"queue":"help","contact":"p1"`),
			arrival("c2", "10:10:00", "10m", `"queue":"help","contact":"p1"`),
		)
	}
	for _, c := range []struct{ strategy, sticky, second string }{
		{"least-loaded", "1h", "rui"}, // longer since the last assignment
		{"last-agent-first", "1h", "ana"},
		{"last-agent-first", "59m59s", "rui"},
	} {
		out := Play(day(c.sticky), strategy(c.strategy))
		require.Equal(t, handoff.AgentID("ana"), out[0].Agent)
		require.Equal(t, handoff.AgentID(c.second), out[1].Agent, c)
	}
}

// anyDay draws a day with overlapping queues, skills, priorities, breaks and
// far too much or far too little to do.
func anyDay(t *rapid.T) Day {
	queues := []handoff.QueueID{"a", "b", "c"}
	minute := func(name string) time.Time {
		return time.Date(2026, time.March, 2, 8, rapid.IntRange(0, 240).Draw(t, name), 0, 0, time.UTC)
	}
	skills := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"en", "es"}), 0, 2, rapid.ID[string])
	d := Day{
		SLA:    time.Duration(rapid.IntRange(1, 20).Draw(t, "sla")) * time.Minute,
		Sticky: time.Duration(rapid.IntRange(1, 60).Draw(t, "sticky")) * time.Minute,
		Orders: map[handoff.QueueID]handoff.Order{},
	}
	for n := range rapid.IntRange(0, 8).Draw(t, "shifts") {
		s := Shift{
			Agent: handoff.AgentID(fmt.Sprint("agent", n/2)), From: minute("from"), Capacity: rapid.IntRange(1, 3).Draw(t, "capacity"),
			Queues: rapid.SliceOfNDistinct(rapid.SampledFrom(queues), 1, 3, rapid.ID[handoff.QueueID]).Draw(t, "queues"),
			Skills: handoff.SortedSet(skills.Draw(t, "skills")),
		}
		if n%2 == 1 {
			s.From = d.Shifts[n-1].To.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "break")) * time.Minute)
		}
		s.To = s.From.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "length")) * time.Minute)
		d.Shifts = append(d.Shifts, s)
	}
	for n := range rapid.IntRange(1, 40).Draw(t, "arrivals") {
		d.Arrivals = append(d.Arrivals, Arrival{
			ID: handoff.ConversationID(fmt.Sprint("c", n)), At: minute("at"), Queue: rapid.SampledFrom(queues).Draw(t, "queue"),
			Priority: handoff.Priority(rapid.IntRange(0, 3).Draw(t, "priority")), Skills: handoff.SortedSet(skills.Draw(t, "asked")),
			Contact:  handoff.ContactID(fmt.Sprint("p", rapid.IntRange(0, 9).Draw(t, "contact"))),
			Handling: Duration(time.Duration(rapid.IntRange(1, 45).Draw(t, "handling")) * time.Minute),
		})
	}
	if rapid.Bool().Draw(t, "strict") {
		d.Orders[d.Arrivals[0].Queue] = handoff.OrderStrict
	}
	return again(t, d)
}

// again writes a day and reads it.
func again(t require.TestingT, d Day) Day {
	var b bytes.Buffer
	require.NoError(t, d.Write(&b))
	d, err := Read(&b)
	require.NoError(t, err)
	return d
}

// audit holds a day as it was played against the rules, without a look at how
// it was played.
func audit(t require.TestingT, d Day, out []Attendance) {
	holds := func(agent handoff.AgentID, at time.Time) (n int) { // after what happens then
		for _, o := range out {
			if o.Agent == agent && !o.Assigned.After(at) && o.Ended.After(at) {
				n++
			}
		}
		return n
	}
	on := func(s Shift, at time.Time) bool { return !at.Before(s.From) && at.Before(s.To) }
	fits := func(s Shift, a Arrival) bool {
		return slices.Contains(s.Queues, a.Queue) && handoff.Agent{Skills: s.Skills}.HasSkills(a.Skills)
	}
	var moments []time.Time // at which somebody could become free
	for _, s := range d.Shifts {
		moments = append(moments, s.From)
	}
	for _, o := range out {
		if o.Agent != "" {
			moments = append(moments, o.Ended)
		}
	}
	for i, a := range d.Arrivals {
		o := out[i]
		if o.Agent != "" {
			require.False(t, o.Assigned.Before(a.At), "%s was assigned before it came", a.ID)
			require.Equal(t, time.Duration(a.Handling), o.Ended.Sub(o.Assigned), "%s took as long as recorded", a.ID)
			k := slices.IndexFunc(d.Shifts, func(s Shift) bool { return s.Agent == o.Agent && on(s, o.Assigned) })
			require.GreaterOrEqual(t, k, 0, "%s went to %s, who was not there", a.ID, o.Agent)
			require.True(t, fits(d.Shifts[k], a), "%s went to %s, who does not fit", a.ID, o.Agent)
			require.LessOrEqual(t, holds(o.Agent, o.Assigned), d.Shifts[k].Capacity, "%s took %s beyond capacity", o.Agent, a.ID)
		}
		for _, at := range append([]time.Time{a.At}, moments...) {
			if at.Before(a.At) || o.Agent != "" && !at.Before(o.Assigned) {
				continue
			}
			for _, s := range d.Shifts {
				require.False(t, on(s, at) && fits(s, a) && holds(s.Agent, at) < s.Capacity,
					"%s waited at %s though %s had room", a.ID, at, s.Agent)
			}
		}
	}
}

func TestNobodyIsOverCapacityNorWaitsWhileSomebodyWhoFitsHasRoom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDay(t)
		for _, s := range strategies {
			audit(t, d, Play(d, s))
		}
	})
}

func TestTheAuditFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := read(t,
		shift("ana", "09:00", "10:00", `"capacity":1,"queues":["help"]`),
		arrival("c1", "09:00:00", "5m", `"queue":"help"`),
		arrival("c2", "09:01:00", "5m", `"queue":"help"`),
	)
	fails := func(change func(out []Attendance)) bool {
		out := Play(d, strategies[0])
		change(out)
		var r recorder
		func() {
			defer func() { _ = recover() }()
			audit(&r, d, out)
		}()
		return r.failed
	}
	require.False(t, fails(func([]Attendance) {}))
	require.True(t, fails(func(out []Attendance) { out[1] = Attendance{} }), "left though there was room")
	require.True(t, fails(func(out []Attendance) {
		out[1].Assigned, out[1].Ended = out[1].Assigned.Add(-time.Minute), out[1].Ended.Add(-time.Minute)
	}), "beyond capacity")
}

// recorder is a test that is meant to fail.
type recorder struct{ failed bool }

// Errorf is of require.TestingT.
func (r *recorder) Errorf(string, ...any) { r.failed = true }

// FailNow is of require.TestingT.
func (r *recorder) FailNow() { panic("failed") }

func TestTheFiguresAreThoseOfAnIndependentRecount(t *testing.T) {
	t.Parallel()
	d := Generate(1)
	for _, s := range strategies {
		out := Play(d, s)
		f := Measure(d, s, out)
		met, left := 0, 0
		within := func(limit time.Duration) (n int) {
			for i, a := range d.Arrivals {
				if out[i].Agent != "" && out[i].Assigned.Sub(a.At) <= limit {
					n++
				}
			}
			return n
		}
		sum := map[handoff.AgentID]int{}
		for i := range d.Arrivals {
			if out[i].Agent == "" {
				left++
			} else {
				sum[out[i].Agent]++
			}
		}
		met = within(d.SLA)
		require.Equal(t, []int{len(d.Arrivals) - left, left, met}, []int{f.Served, f.Left, f.Met})
		for percent, at := range map[int]time.Duration{50: f.Waits.P50, 95: f.Waits.P95, 100: f.Waits.Max} {
			require.GreaterOrEqual(t, within(at)*100, f.Served*percent, "p%d", percent)
			require.Less(t, within(at-1)*100, f.Served*percent, "p%d is the shortest such time", percent)
		}
		require.Len(t, f.Agents, 60)
		for _, a := range f.Agents {
			require.Equal(t, sum[a.Agent], a.Held)
		}
		arrivals := 0
		for _, span := range f.Spans {
			arrivals += span.Arrivals
		}
		require.Equal(t, len(d.Arrivals), arrivals)
	}
}

func TestTheBundledDayIsTheOneThatIsMadeUpFirst(t *testing.T) {
	t.Parallel()
	status, made, _ := shell(t, "-generate")
	require.Equal(t, fine, status)
	require.True(t, made == string(bundled), "make it anew: go run ./examples/replay -generate > examples/replay/day.jsonl")
	_, other, _ := shell(t, "-generate", "-seed", "2")
	require.NotEqual(t, made, other)

	d, err := Read(bytes.NewReader(bundled))
	require.NoError(t, err)
	queues := map[handoff.QueueID]bool{}
	for _, a := range d.Arrivals {
		queues[a.Queue] = true
	}
	require.Len(t, queues, 8)
	require.InDelta(t, 5000, len(d.Arrivals), 150)
}

func TestTheReadmeShowsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	status, out, errs := shell(t)
	require.Equal(t, fine, status, errs)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), "```\n"+out+"```\n")
}

func TestTheSameDayGivesTheSameReportInWhateverOrderItsLinesAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDay(t)
		var b bytes.Buffer
		require.NoError(t, d.Write(&b))
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		show := func(lines []string) string {
			d := read(t, lines...)
			var all []Figures
			for _, s := range strategies {
				all = append(all, Measure(d, s, Play(d, s)))
			}
			return report("a day", d, all) + string(drawing(d, all))
		}
		first := show(lines)
		require.Equal(t, first, show(lines))
		require.Equal(t, first, show(rapid.Permutation(lines).Draw(t, "lines")))
	})
}

func TestABadLineIsNamedAndNothingIsPrinted(t *testing.T) {
	t.Parallel()
	good := []string{
		shift("ana", "09:00", "10:00", `"capacity":1,"queues":["help"]`),
		arrival("c1", "09:00:00", "5m", `"queue":"help"`),
		"",
	}
	for line, want := range map[string]string{
		`{"type":"arrival"`:                    "unexpected end of JSON input",
		`[]`:                                   "cannot unmarshal array",
		`{"type":"arival"}`:                    `type "arival" is not`,
		`{}`:                                   `type "" is not`,
		`{"type":"settings","sla":"2"}`:        "missing unit",
		`{"type":"settings","sla":"-2m"}`:      "below 0",
		`{"type":"settings","sticky":"3000h"}`: "sticky",
		`{"type":"queue","id":"help","order":"random"}`:                                             "order",
		`{"type":"queue","id":"hlep","order":"strict"}`:                                             "nobody waits in queue \"hlep\"",
		arrival("c2", "09:00:00", "5m", `"que":"help"`):                                             `unknown field "que"`,
		arrival("c2", "09:00:00", "5m", `"x":1`) + `x`:                                              "invalid character",
		arrival("c1", "09:00:00", "5m", `"queue":"help"`):                                           "there already",
		arrival("c2", "09:00:00", "0s", `"queue":"help"`):                                           "handling",
		arrival("c2", "25:00:00", "5m", `"queue":"help"`):                                           "parsing time",
		arrival("c2", "09:00:00", "5m", `"queue":""`):                                               "queue",
		arrival("c2", "09:00:00", "5m", `"queue":"help","priority":"urgent"`):                       "priority",
		arrival("", "09:00:00", "5m", `"queue":"help"`):                                             "arrival",
		strings.Replace(arrival("c2", "09:00:00", "5m", `"queue":"help"`), "2026-03", "2027-03", 1): "apart",
		`{"type":"arrival","id":"c2","queue":"help","handling":"1m"}`:                               "at is missing",
		shift("ana", "09:59", "11:00", `"capacity":1,"queues":["help"]`):                            "overlaps the shift of ana in line 1",
		shift("rui", "10:00", "10:00", `"capacity":1,"queues":["help"]`):                            "ends 0s after it begins",
		shift("rui", "10:00", "11:00", `"capacity":1,"queues":[]`):                                  "queues are missing",
		shift("rui", "10:00", "11:00", `"capacity":1,"queues":["help","help"]`):                     "twice",
		shift("rui", "10:00", "11:00", `"capacity":-1,"queues":["help"]`):                           "capacity",
		shift("rui", "10:00", "11:00", `"capcity":1,"queues":["help"]`):                             `unknown field "capcity"`,
	} {
		status, out, errs := shell(t, "-in", file(t, append(good, line)...))
		require.Equal(t, faulty, status, line)
		require.Empty(t, out)
		require.Contains(t, errs, ": line 4: ", line)
		require.Contains(t, errs, want, line)
	}
	status, _, errs := shell(t, "-in", file(t, good[0]))
	require.Equal(t, faulty, status)
	require.Contains(t, errs, "line 2: the day ends without an arrival")
}

func TestFlagsThatSayNothingSensibleAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-strategy", "fastest"}, {"-strategy", ""}, {"-strategy", "round-robin,round-robin"}, {"-sla", "0s"}, {"-sla", "-1s"},
		{"-seed", "2"}, {"-generate", "-in", "x"}, {"-generate", "-seed", "2", "-svg", "x"}, {"more"}, {"-x"}, {"-in", "not-there.jsonl"},
	} {
		status, out, errs := shell(t, args...)
		require.Equal(t, failed, status, args)
		require.Empty(t, out)
		require.NotEmpty(t, errs)
	}
	status, out, _ := shell(t, "-h")
	require.Equal(t, fine, status)
	require.Equal(t, usage, out)
}

func TestStrategiesAreComparedUnderTheNamesOfTheFlag(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "day.svg")
	status, out, errs := shell(t, "-strategy", "round-robin, last-agent-first", "-sla", "30s", "-svg", path)
	require.Equal(t, fine, status, errs)
	require.Contains(t, out, "Drawn in "+path)
	require.Contains(t, out, "SLA met (30s)")
	for name, want := range map[string]bool{"least-loaded": false, "round-robin": true, "longest-idle": false, "last-agent-first": true} {
		require.Equal(t, want, strings.Contains(out, name), name)
	}
	drawn, err := os.ReadFile(path)
	require.NoError(t, err)
	curves := 0
	for dec := xml.NewDecoder(bytes.NewReader(drawn)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "polyline" {
			curves++
		}
	}
	require.Equal(t, 4, curves, "one of each strategy in each panel")

	status, out, _ = shell(t, "-svg", filepath.Join(t.TempDir(), "no", "such", "folder.svg"))
	require.Equal(t, failed, status)
	require.Empty(t, out)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(shift("ana", "09:00", "10:00", `"capacity":1,"queues":["help"]`) + "\n" + arrival("c1", "09:00:00", "5m", `"queue":"help"`)))
	f.Add([]byte(`{"type":"settings","sla":"2m"}`))
	f.Add([]byte(`{"type":"queue","id":"help","order":"strict"}` + "\n" + arrival("c1", "09:00:00", "5m", `"queue":"help","priority":"high","skills":["b","a"]`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Read(bytes.NewReader(data))
		if err != nil {
			require.ErrorAs(t, err, new(*LineError))
			return
		}
		require.Equal(t, d.SLA, again(t, d).SLA)
		var all []Figures
		for _, s := range strategies {
			out := Play(d, s)
			audit(t, d, out)
			require.Equal(t, out, Play(again(t, d), s))
			all = append(all, Measure(d, s, out))
		}
		require.NoError(t, xml.Unmarshal(drawing(d, all), new(struct{})))
	})
}

func BenchmarkPlay(b *testing.B) {
	d := Generate(1)
	for _, s := range strategies {
		b.Run(s.Name, func(b *testing.B) {
			for b.Loop() {
				Play(d, s)
			}
		})
	}
}
