package filter_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEveryBadFieldIsNamed(t *testing.T) {
	t.Parallel()
	many := make([]handoff.QueueID, filter.MaxValues+1)
	for i := range many {
		many[i] = "q"
	}
	for field, bad := range map[string][]filter.Criteria{
		"period": {{Period: "week"}, {Period: filter.Custom}},
		"from": {
			{From: noon}, {Period: filter.Today, From: noon},
			{Period: filter.Custom, From: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		},
		"to": {
			{To: noon}, {Period: filter.Custom, From: noon, To: noon},
			{Period: filter.Custom, From: noon, To: noon.Add(-1)},
			{Period: filter.Custom, To: time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)},
		},
		"sortBy":     {{SortBy: "name"}},
		"limit":      {{Limit: -1}, {Limit: filter.MaxLimit + 1}},
		"control":    {{Control: "nobody"}},
		"priorities": {{Priorities: []handoff.Priority{9}}, {Priorities: make([]handoff.Priority, filter.MaxValues+1)}},
		"tickets":    {{Tickets: "resolved"}},
		"queues":     {{Queues: []handoff.QueueID{""}}, {Queues: many}},
		"channels":   {{Channels: []handoff.Channel{"a\nb"}}},
		"agents":     {{Agents: []handoff.AgentID{handoff.AgentID(strings.Repeat("x", 65))}}},
		"status":     {{Status: "all"}},
		"tags":       {{Tags: []string{""}}, {Tags: []string{"a\nb"}}, {Tags: slices.Repeat([]string{"vip"}, filter.MaxTags+1)}},
		"search": {
			{Search: strings.Repeat("a", filter.MaxSearch+1)}, {Search: "a\xff"}, {Search: "+ ("},
			{Search: strings.Repeat("a ", filter.MaxSearchWords+1)},
		},
	} {
		for _, c := range bad {
			err := c.Check()
			requireField(t, err, field)
			require.Equal(t, 1, len(strings.Split(err.Error(), "\n")), "one error a field: %v", err)
		}
	}
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	err := filter.Criteria{Period: "week", Limit: -1, Queues: []handoff.QueueID{""}, Search: "?"}.Check()
	require.EqualError(t, err, strings.Join([]string{
		"handoff: period is not today, last_hour, last_24_hours, custom",
		"handoff: queues is empty",
		"handoff: search holds no letter or digit",
		"handoff: limit is not between 0 and 10000",
	}, "\n"))
	require.ErrorIs(t, err, handoff.ErrInvalid)
}

func TestCriteriaAtTheirLimitsAreFine(t *testing.T) {
	t.Parallel()
	require.NoError(t, filter.Criteria{
		Limit: filter.MaxLimit, Priorities: make([]handoff.Priority, filter.MaxValues),
		Search: strings.Repeat("a ", filter.MaxSearchWords),
	}.Check())
	require.NoError(t, filter.Criteria{Search: strings.Repeat("a", filter.MaxSearch)}.Check())
	require.NoError(t, filter.Criteria{Search: " \t "}.Check())
}

func TestCriteriaSurviveJSONAndURL(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := withoutEmptyLists(drawCriteria(t))
		b, err := json.Marshal(c)
		require.NoError(t, err)
		var fromJSON filter.Criteria
		require.NoError(t, json.Unmarshal(b, &fromJSON))
		require.Equal(t, c, fromJSON)

		query, err := url.ParseQuery(c.Values().Encode())
		require.NoError(t, err)
		fromURL, err := filter.ParseValues(query)
		require.NoError(t, err)
		require.Equal(t, c, fromURL)
	})
}

func withoutEmptyLists(c filter.Criteria) filter.Criteria {
	if len(c.Queues) == 0 {
		c.Queues = nil
	}
	if len(c.Channels) == 0 {
		c.Channels = nil
	}
	if len(c.Agents) == 0 {
		c.Agents = nil
	}
	if len(c.Priorities) == 0 {
		c.Priorities = nil
	}
	if len(c.Tags) == 0 {
		c.Tags = nil
	}
	return c
}

func TestTimesAreWrittenInUTCWhateverTheirZone(t *testing.T) {
	t.Parallel()
	odd := time.FixedZone("", -(3*3600 + 6*60 + 28))
	c := filter.Criteria{Period: filter.Custom, From: noon.In(odd)}
	b, err := json.Marshal(c)
	require.NoError(t, err)
	require.JSONEq(t, `{"period":"custom","from":"2026-03-04T12:00:00Z"}`, string(b))
	require.Equal(t, "from=2026-03-04T12%3A00%3A00Z&period=custom", c.Values().Encode())

	var read filter.Criteria
	require.NoError(t, json.Unmarshal([]byte(`{"period":"custom","from":"2026-03-04T09:00:00-03:00"}`), &read))
	require.Equal(t, filter.Criteria{Period: filter.Custom, From: noon}, read)
}

func TestWordsForTheDefaultAreUnderstood(t *testing.T) {
	t.Parallel()
	var c filter.Criteria
	require.NoError(t, json.Unmarshal([]byte(
		`{"period":"all","sortBy":"last_received","control":"all","tickets":"all","status":"active"}`), &c))
	require.Zero(t, c)
	c, err := filter.ParseValues(url.Values{
		"period": {"all"}, "sortBy": {""}, "limit": {""}, "mine": {"false"}, "status": {"active"}, "search": {""}, "from": {}, "to": {""},
	})
	require.NoError(t, err)
	require.Zero(t, c)
}

func TestStrictFormsRefuseWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"perod":"today"}`, `{"period":"week"}`, `{"priorities":["urgent"]}`, `{"control":"agent"}`, `{"limit":-1}`,
		`{"limit":"5"}`, `{"queues":"sales"}`, `{"from":"yesterday"}`, `[]`, `{"search":"+"}`,
	} {
		c := filter.Criteria{Limit: 7}
		require.Error(t, json.Unmarshal([]byte(text), &c), text)
		require.Equal(t, filter.Criteria{Limit: 7}, c, "left as it was")
	}
	for query, field := range map[string]string{
		"perod=today": "criteria", "period=week": "period", "period=today&period=today": "period",
		"priorities=urgent": "priorities", "mine=yes": "mine", "limit=x": "limit", "limit=99999": "limit",
		"from=yesterday&period=custom": "from", "queues=": "queues", "control=agent": "control",
	} {
		v, err := url.ParseQuery(query)
		require.NoError(t, err)
		_, err = filter.ParseValues(v)
		requireField(t, err, field)
	}
}

func FuzzCriteriaJSON(f *testing.F) {
	f.Add(`{}`)
	f.Add(`null`)
	f.Add(`{"period":"custom","from":"2026-03-04T12:00:00.0001Z","to":"2026-03-04T12:00:00.0002+01:00","sortBy":"priority"}`)
	f.Add(`{"limit":10000,"control":"human","mine":true,"priorities":["high","none"],"tickets":"open"}`)
	f.Add(`{"queues":["a"],"channels":["b"],"agents":["c"],"status":"any","tags":["vip"],"search":"José 55"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var c filter.Criteria
		if json.Unmarshal([]byte(text), &c) != nil {
			return
		}
		requireReadable(t, c)
	})
}

func FuzzParseValues(f *testing.F) {
	f.Add("")
	f.Add("period=custom&from=2026-03-04T12:00:00Z&sortBy=started&limit=5&control=bot&mine=true")
	f.Add("priorities=high&priorities=none&tickets=open&queues=a&channels=b&agents=c&status=any&tags=vip&tags=sale&search=%2B55")
	f.Fuzz(func(t *testing.T, query string) {
		v, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		c, err := filter.ParseValues(v)
		if err != nil {
			require.ErrorIs(t, err, handoff.ErrInvalid)
			require.Zero(t, c)
			return
		}
		requireReadable(t, c)
	})
}

// requireReadable holds for all that a strict form let in: it is valid, and
// both forms carry it to the same meaning.
func requireReadable(t *testing.T, c filter.Criteria) {
	require.NoError(t, c.Check())
	b, err := json.Marshal(c)
	require.NoError(t, err)
	var again filter.Criteria
	require.NoError(t, json.Unmarshal(b, &again))
	fromURL, err := filter.ParseValues(again.Values())
	require.NoError(t, err)
	require.Equal(t, withoutEmptyLists(c), withoutEmptyLists(fromURL))

	viewer := filter.Viewer{All: true, Agent: "ana"}
	w, err := c.Resolve(viewer, noon, nil)
	if err != nil {
		require.ErrorIs(t, err, handoff.ErrInvalid)
		return
	}
	require.NotEmpty(t, w.States)
	require.Positive(t, w.Limit)
	require.LessOrEqual(t, w.Limit, filter.MaxLimit)
}
