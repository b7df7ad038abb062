package rules_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing/rules"
)

// facts of a Wednesday, 22:30 in São Paulo.
func facts() rules.Facts {
	return rules.Facts{
		Channel: "whatsapp", Account: "15550001", Language: "pt-BR", Previous: "ana", Priority: handoff.Medium,
		Fields: map[handoff.FieldID]string{"plan": "Plano Ouro", "age": "41", "since": "2024-05-01", "vip": "true"},
		Tags:   []string{"billing"},
		Texts:  []string{"Quero a SEGUNDA VÍA, do boleto!", "oi"},
		Now:    time.Date(2026, time.March, 5, 1, 30, 0, 0, time.UTC),
		Open:   func(id handoff.CalendarID) bool { return id == "office" },
		In: func(zone string) *time.Location {
			if zone == "" {
				return time.FixedZone("-03", -3*60*60)
			}
			return time.UTC
		},
	}
}

// rule has one condition.
func rule(when ...rules.Condition) rules.Rule {
	return rules.Rule{ID: "r", Name: "R", When: when, Then: rules.Action{Queue: "sales"}}
}

func TestEachConditionHoldsWhereItShould(t *testing.T) {
	t.Parallel()
	is := func(words ...string) []string { return words }
	for _, c := range []struct {
		rules.Condition
		want bool
	}{
		{rules.Condition{On: rules.OnChannel, Is: is("webchat", "whatsapp")}, true},
		{rules.Condition{On: rules.OnChannel, Is: is("WhatsApp")}, false},
		{rules.Condition{On: rules.OnAccount, Is: is("15550001")}, true},
		{rules.Condition{On: rules.OnTag, Is: is("x", "billing")}, true},
		{rules.Condition{On: rules.OnTag, Is: is("bill")}, false},
		{rules.Condition{On: rules.OnText, Is: is("segunda via")}, true},
		{rules.Condition{On: rules.OnText, Is: is("via do BOLETO")}, true},
		{rules.Condition{On: rules.OnText, Is: is("segunda boleto")}, false},
		{rules.Condition{On: rules.OnText, Is: is("bole")}, false},
		{rules.Condition{On: rules.OnText, Is: is("oi")}, false},
		{rules.Condition{On: rules.OnText, Is: is("oi"), Last: 2}, true},
		{rules.Condition{On: rules.OnText, Is: is("ÔI"), Last: 10, Test: rules.Equals}, true},
		{rules.Condition{On: rules.OnText, Is: is("segunda via"), Test: rules.Equals}, false},
		{rules.Condition{On: rules.OnText, Is: is("quero a segunda via do boleto"), Test: rules.Equals}, true},
		{rules.Condition{On: rules.OnLanguage, Is: is("pt")}, true},
		{rules.Condition{On: rules.OnLanguage, Is: is("PT-br")}, true},
		{rules.Condition{On: rules.OnLanguage, Is: is("p", "pt-PT", "pt-B", "pt-BR-x")}, false},
		{rules.Condition{On: rules.OnLanguage, Test: rules.Known}, true},
		{rules.Condition{On: rules.OnAgent, Is: is("bob", "ana")}, true},
		{rules.Condition{On: rules.OnAgent, Test: rules.Known}, true},
		{rules.Condition{On: rules.OnPriority, Is: is("high", "medium")}, true},
		{rules.Condition{On: rules.OnPriority, Is: is("none")}, false},
		{rules.Condition{On: rules.OnHours, Calendar: "office"}, true},
		{rules.Condition{On: rules.OnHours, Calendar: "night"}, false},
		{rules.Condition{On: rules.OnField, Field: "plan", Is: is("plano ouro")}, true},
		{rules.Condition{On: rules.OnField, Field: "plan", Is: is("ouro")}, false},
		{rules.Condition{On: rules.OnField, Field: "plan", Is: is("OURO"), Test: rules.Contains}, true},
		{rules.Condition{On: rules.OnField, Field: "age", Is: is("41.0")}, true},
		{rules.Condition{On: rules.OnField, Field: "age", Is: is("-41")}, false},
		{rules.Condition{On: rules.OnField, Field: "age", Is: is("5"), Test: rules.AtLeast}, true}, // as numbers, not as texts
		{rules.Condition{On: rules.OnField, Field: "age", Is: is("41"), Test: rules.AtMost}, true},
		{rules.Condition{On: rules.OnField, Field: "age", Is: is("42"), Test: rules.AtLeast}, false},
		{rules.Condition{On: rules.OnField, Field: "age", Is: is("2026-01-01"), Test: rules.AtMost}, false},
		{rules.Condition{On: rules.OnField, Field: "since", Is: is("2024-05-01"), Test: rules.AtLeast}, true},
		{rules.Condition{On: rules.OnField, Field: "since", Is: is("2024-04-30"), Test: rules.AtMost}, false},
		{rules.Condition{On: rules.OnField, Field: "since", Test: rules.Known}, true},
		{rules.Condition{On: rules.OnField, Field: "shoe", Test: rules.Known}, false},
		{rules.Condition{On: rules.OnTime, Days: []rules.Day{"wed"}}, true},
		{rules.Condition{On: rules.OnTime, Days: []rules.Day{"thu"}}, false},
		{rules.Condition{On: rules.OnTime, Days: []rules.Day{"thu"}, Zone: "UTC"}, true},
		{rules.Condition{On: rules.OnTime, From: "22:30", To: "22:31"}, true},
		{rules.Condition{On: rules.OnTime, From: "22:00", To: "22:30"}, false},
		{rules.Condition{On: rules.OnTime, From: "22:00", To: "24:00", Days: []rules.Day{"wed"}}, true},
		{rules.Condition{On: rules.OnTime, From: "22:00", To: "06:00", Days: []rules.Day{"wed"}}, true},
		{rules.Condition{On: rules.OnTime, From: "22:00", To: "06:00", Days: []rules.Day{"wed"}, Zone: "UTC"}, true}, // it began the evening before
		{rules.Condition{On: rules.OnTime, From: "22:00", To: "06:00", Days: []rules.Day{"thu"}, Zone: "UTC"}, false},
		{rules.Condition{On: rules.OnTime, From: "23:00", To: "22:00", Days: []rules.Day{"wed"}}, false},
	} {
		r := rule(c.Condition)
		require.NoError(t, rules.Check([]rules.Rule{r}), "%+v", c)
		d, trace := rules.Decide([]rules.Rule{r}, facts())
		require.Equal(t, c.want, d.Queue == "sales", "%+v", c)
		require.Equal(t, []bool{c.want}, trace[0].Held)

		r.When[0].Not = true
		d, _ = rules.Decide([]rules.Rule{r}, facts())
		require.Equal(t, !c.want, d.Queue == "sales", "not %+v", c)

		_, trace = rules.Decide([]rules.Rule{rule(c.Condition)}, rules.Facts{})
		isTime := c.On == rules.OnTime || c.On == rules.OnPriority
		require.True(t, isTime || !trace[0].Held[0], "what is not known meets nothing: %+v", c)
	}
}

func TestTheFirstThatFiresDecidesUnlessItGoesOn(t *testing.T) {
	t.Parallel()
	yes := rules.Condition{On: rules.OnChannel, Is: []string{"whatsapp"}}
	no := rules.Condition{On: rules.OnChannel, Is: []string{"webchat"}}
	all := []rules.Rule{
		{ID: "off", Name: "x", Off: true, Then: rules.Action{Queue: "off"}},
		{ID: "both", Name: "x", When: []rules.Condition{yes, no}, Then: rules.Action{Queue: "both"}},
		{ID: "vip", Name: "x", Any: true, When: []rules.Condition{no, yes}, Continue: true,
			Then: rules.Action{Priority: handoff.High, Tags: []string{"vip"}, Skills: []string{"en"}, Previous: true}},
		{ID: "sales", Name: "x", Then: rules.Action{Queue: "sales", Priority: handoff.Low, Agent: "bob", Tags: []string{"a", "vip"}}},
		{ID: "last", Name: "x", Then: rules.Action{Queue: "last"}},
	}
	require.NoError(t, rules.Check(all))
	d, trace := rules.Decide(all, facts())
	require.Equal(t, rules.Decision{Rule: "sales", Action: rules.Action{
		Queue: "sales", Priority: handoff.High, Agent: "ana", Previous: true, Tags: []string{"a", "vip"}, Skills: []string{"en"},
	}}, d)
	require.Equal(t, rules.Trace{
		{Rule: "off", Result: rules.Off},
		{Rule: "both", Result: rules.NotMet, Held: []bool{true, false}},
		{Rule: "vip", Result: rules.Fired, Held: []bool{false, true}},
		{Rule: "sales", Result: rules.Fired, Held: []bool{}},
		{Rule: "last", Result: rules.Spared},
	}, trace)

	d, _ = rules.Decide(all[:3], facts())
	require.Equal(t, handoff.RuleID("vip"), d.Rule, "without a queue, the last that fired")
	require.Empty(t, d.Queue)
	d, trace = rules.Decide(nil, facts())
	require.Zero(t, d)
	require.Empty(t, trace)

	first := facts()
	first.Previous = ""
	d, _ = rules.Decide(all, first)
	require.Equal(t, handoff.AgentID("bob"), d.Agent, "nobody came before: a later rule names somebody")
	require.False(t, d.Previous)
}

func TestRulesThatMeanNothingAreRefusedByNumber(t *testing.T) {
	t.Parallel()
	const good = `{"id":"a","name":"A","then":{"queue":"q"}}`
	when := func(condition string) string {
		return fmt.Sprintf(`{"id":"b","name":"B","when":[%s],"then":{"queue":"q"}}`, condition)
	}
	for _, bad := range []string{
		`{"id":"","name":"B","then":{"queue":"q"}}`, `{"id":"a","name":"B","then":{"queue":"q"}}`, `{"id":"b","then":{"queue":"q"}}`,
		`{"id":"b","name":"B","then":{}}`, `{"id":"b","name":"B","then":{"tags":["x","x"]}}`, `{"id":"b","name":"B","then":{"tags":[""]}}`,
		`{"id":"b","name":"B","any":true,"then":{"queue":"q"}}`, `{"id":"b","name":"B","then":{"agent":"x","previous":true}}`,
		when(`{"on":"mood","is":["x"]}`), when(`{"on":"channel"}`), when(`{"on":"channel","is":[""]}`), when(`{"on":"channel","is":["x","x"]}`),
		when(`{"on":"channel","is":["x"],"test":"contains"}`), when(`{"on":"channel","is":["x"],"last":2}`), when(`{"on":"text","is":["x"],"last":11}`),
		when(`{"on":"text","is":["!!!"]}`), when(`{"on":"text","is":["x"],"test":"known"}`), when(`{"on":"field","is":["x"]}`),
		when(`{"on":"field","field":"f","is":["x"],"test":"at_least"}`), when(`{"on":"field","field":"f","is":["1","2"],"test":"at_most"}`),
		when(`{"on":"field","field":"f","is":["x"],"test":"known"}`), when(`{"on":"tag","field":"f","is":["x"]}`),
		when(`{"on":"hours"}`), when(`{"on":"hours","calendar":"c","is":["x"]}`), when(`{"on":"text","is":["x"],"calendar":"c"}`),
		when(`{"on":"time"}`), when(`{"on":"time","days":["monday"]}`), when(`{"on":"time","days":["mon","mon"]}`), when(`{"on":"time","from":"9:00","to":"10:00"}`),
		when(`{"on":"time","from":"09:00"}`), when(`{"on":"time","from":"09:00","to":"09:00"}`), when(`{"on":"time","from":"24:00","to":"01:00"}`),
		when(`{"on":"time","from":"09:60","to":"10:00"}`), when(`{"on":"time","from":"09:00","to":"24:01"}`), when(`{"on":"text","is":["x"],"from":"09:00"}`),
		when(`{"on":"priority","is":["urgent"]}`), when(`{"on":"agent","is":[]}`), when(`{"on":"language","is":["` + strings.Repeat("x", 65) + `"]}`),
	} {
		_, err := rules.Parse([]byte("[" + good + "," + bad + "]"))
		require.ErrorIs(t, err, handoff.ErrInvalid, bad)
		require.ErrorContains(t, err, "rule 2: ", bad)
	}
	for _, bad := range []string{
		``, `{}`, `[`, `[{"id":"a","name":"A","then":{"queue":"q"},"extra":1}]`, `[` + good + `] []`, `[{"id":"a","name":"A","then":{"queu":"q"}}]`,
		`[{"id":"a","name":"A","then":{"priority":"urgent"}}]`,
	} {
		_, err := rules.Parse([]byte(bad))
		require.ErrorIs(t, err, handoff.ErrInvalid, bad)
	}
	var many []rules.Rule
	for i := range rules.MaxRules + 1 {
		r := rule()
		r.ID = handoff.RuleID(fmt.Sprint(i))
		many = append(many, r)
	}
	require.NoError(t, rules.Check(many[1:]))
	require.ErrorIs(t, rules.Check(many), handoff.ErrInvalid)
	var long rules.Condition
	long.On = rules.OnText
	for i := range rules.MaxValues {
		long.Is = append(long.Is, fmt.Sprint(i, strings.Repeat("x", 250)))
	}
	require.ErrorContains(t, rules.Check([]rules.Rule{rule(slices.Repeat([]rules.Condition{long}, rules.MaxConditions+1)...)}), "more than 20")
	for i := range many[1:] {
		many[i].When = slices.Repeat([]rules.Condition{long}, 2)
	}
	require.ErrorContains(t, rules.Check(many[1:]), "bytes")
}

func TestWhatRulesNameIsMentionedOnce(t *testing.T) {
	t.Parallel()
	all := []rules.Rule{
		{When: []rules.Condition{
			{On: rules.OnField, Field: "plan"}, {On: rules.OnHours, Calendar: "office"}, {On: rules.OnTime, Zone: "UTC"}, {On: rules.OnAgent, Is: []string{"bob", "ana"}},
			{On: rules.OnTag, Is: []string{"free"}},
		}, Then: rules.Action{Queue: "sales", Agent: "ana", Tags: []string{"vip"}}},
		{When: []rules.Condition{{On: rules.OnField, Field: "plan"}}, Then: rules.Action{Queue: "sales", Tags: []string{"a", "vip"}}},
	}
	require.Equal(t, rules.Mentions{
		Queues: []handoff.QueueID{"sales"}, Agents: []handoff.AgentID{"ana", "bob"}, Fields: []handoff.FieldID{"plan"},
		Calendars: []handoff.CalendarID{"office"}, Tags: []string{"a", "vip"}, Zones: []string{"UTC"},
		Subjects: []rules.Subject{"agent", "field", "hours", "tag", "time"},
	}, rules.Mentioned(all))
	require.Equal(t, []rules.Subject{"agent"}, rules.Mentioned([]rules.Rule{{Then: rules.Action{Previous: true}}}).Subjects)
}

func anyRules(t *rapid.T) []rules.Rule {
	conditions := rapid.SampledFrom([]rules.Condition{
		{On: rules.OnChannel, Is: []string{"whatsapp"}}, {On: rules.OnTag, Is: []string{"x"}}, {On: rules.OnText, Is: []string{"oi"}, Last: 3},
		{On: rules.OnHours, Calendar: "office", Not: true}, {On: rules.OnTime, Days: []rules.Day{"wed"}}, {On: rules.OnAgent, Test: rules.Known, Not: true},
	})
	words := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID[string])
	var all []rules.Rule
	for i := range rapid.IntRange(0, 8).Draw(t, "rules") {
		r := rules.Rule{
			ID: handoff.RuleID(fmt.Sprint("r", i)), Name: "R", Off: rapid.Bool().Draw(t, "off"), Continue: rapid.Bool().Draw(t, "continue"),
			When: rapid.SliceOfN(conditions, 0, 4).Draw(t, "when"),
			Then: rules.Action{
				Queue:    handoff.QueueID(rapid.SampledFrom([]string{"", "sales", "help"}).Draw(t, "queue")),
				Priority: handoff.Priority(rapid.IntRange(0, 3).Draw(t, "priority")),
				Tags:     append(words.Draw(t, "tags"), "t"), Skills: words.Draw(t, "skills"),
			},
		}
		r.Any = len(r.When) > 0 && rapid.Bool().Draw(t, "any")
		all = append(all, r)
	}
	return all
}

func TestADecisionIsThatOfTheRulesThatFired(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := anyRules(t)
		require.NoError(t, rules.Check(all))
		d, trace := rules.Decide(all, facts())
		require.Len(t, trace, len(all))
		var want rules.Decision
		over := false
		for i, r := range all {
			alone, one := rules.Decide([]rules.Rule{r}, facts())
			switch {
			case over:
				require.Equal(t, rules.Step{Rule: r.ID, Result: rules.Spared}, trace[i])
				continue
			case r.Off:
				require.Equal(t, rules.Off, trace[i].Result)
			}
			require.Equal(t, one[0], trace[i], "no rule depends on another but by being spared")
			if one[0].Result != rules.Fired {
				require.Zero(t, alone)
				continue
			}
			if want.Queue == "" {
				want.Rule, want.Queue = r.ID, alone.Queue
			}
			want.Priority = max(want.Priority*min(want.Priority, 1), alone.Priority*(1-min(want.Priority, 1)))
			want.Tags, want.Skills = handoff.SortedSet(append(want.Tags, r.Then.Tags...)), handoff.SortedSet(append(want.Skills, r.Then.Skills...))
			over = !r.Continue
		}
		require.Equal(t, want, d)
		again, _ := rules.Decide(all, facts())
		require.Equal(t, d, again)

		data, err := json.Marshal(all)
		require.NoError(t, err)
		read, err := rules.Parse(data)
		require.NoError(t, err)
		same, _ := rules.Decide(read, facts())
		require.Equal(t, d, same)
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{"id":"a","name":"A","then":{"queue":"q","priority":"high","tags":["x"]},"continue":true}]`,
		`[{"id":"a","name":"A","when":[{"on":"text","is":["segunda via"],"last":3},{"on":"time","days":["sat"],"from":"22:00","to":"06:00","not":true}],"then":{"queue":"q"}}]`,
		`[{"id":"a","name":"A","any":true,"when":[{"on":"field","field":"age","test":"at_least","is":["18"]},{"on":"hours","calendar":"office"}],"then":{"previous":true}}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := rules.Parse(data)
		if err != nil {
			require.ErrorIs(t, err, handoff.ErrInvalid)
			return
		}
		d, trace := rules.Decide(all, facts())
		require.Len(t, trace, len(all))
		require.Equal(t, d.Rule != "", slices.ContainsFunc(trace, func(s rules.Step) bool { return s.Result == rules.Fired }))
		written, err := json.Marshal(all)
		require.NoError(t, err)
		read, err := rules.Parse(written)
		require.NoError(t, err)
		same, _ := rules.Decide(read, facts())
		require.Equal(t, d, same)
		rules.Mentioned(all)
	})
}

func BenchmarkDecide(b *testing.B) {
	var all []rules.Rule
	for i := range rules.MaxRules {
		all = append(all, rules.Rule{
			ID: handoff.RuleID(fmt.Sprint(i)), Name: "R", Then: rules.Action{Queue: "q"},
			When: []rules.Condition{{On: rules.OnText, Is: []string{"never said", "nor this"}}, {On: rules.OnTag, Is: []string{"billing"}}},
		})
	}
	for b.Loop() {
		rules.Decide(all, facts())
	}
}
