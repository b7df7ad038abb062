package filter_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCursorReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := drawCriteria(t)
		begin, err := filter.ParseCursor("", q)
		require.NoError(t, err)
		k := begin.Next(filter.Position{
			Key: rapid.Int64().Draw(t, "key"),
			ID:  handoff.ConversationID(rapid.StringMatching(`[a-zé0-9-]{1,32}`).Draw(t, "id")),
		}, rapid.IntRange(0, 100).Draw(t, "rows"))
		again, err := filter.ParseCursor(k.String(), q)
		require.NoError(t, err)
		require.Equal(t, k, again)
	})
	begin, err := filter.ParseCursor("", filter.Criteria{})
	require.NoError(t, err)
	again, err := filter.ParseCursor(begin.String(), filter.Criteria{})
	require.NoError(t, err)
	require.Equal(t, begin, again)
}

func TestCursorOfOtherCriteriaIsRefused(t *testing.T) {
	t.Parallel()
	begin, err := filter.ParseCursor("", filter.Criteria{Queues: []handoff.QueueID{"a", "b"}})
	require.NoError(t, err)
	text := begin.Next(filter.Position{Key: 1, ID: "c1"}, 1).String()

	_, err = filter.ParseCursor(text, filter.Criteria{Queues: []handoff.QueueID{"b", "a", "a"}, Limit: filter.DefaultLimit})
	require.NoError(t, err, "other words for the same")
	for _, other := range []filter.Criteria{
		{}, {Queues: []handoff.QueueID{"a"}}, {Queues: []handoff.QueueID{"a", "b"}, Limit: 5},
		{Channels: []handoff.Channel{"a", "b"}}, {Queues: []handoff.QueueID{"a", "b"}, SortBy: filter.Started},
	} {
		_, err := filter.ParseCursor(text, other)
		require.EqualError(t, err, "handoff: cursor belongs to other criteria")
		requireField(t, err, "cursor")
	}
}

func TestCursorKeepsWithinLimits(t *testing.T) {
	t.Parallel()
	k, err := filter.ParseCursor("", filter.Criteria{})
	require.NoError(t, err)
	require.Equal(t, filter.MaxPage, k.Rows(1000, 0))
	require.Equal(t, filter.MaxPage, k.Rows(1000, 5000))
	require.Equal(t, 7, k.Rows(1000, 7))
	k = k.Next(filter.Position{Key: 1, ID: "c"}, 990)
	require.Equal(t, 10, k.Rows(1000, 50))
	k = k.Next(filter.Position{Key: 1, ID: "b"}, 50)
	require.Zero(t, k.Rows(1000, 50))
}

func TestMalformedCursorIsAnErrorAndNothingElse(t *testing.T) {
	t.Parallel()
	k, err := filter.ParseCursor("", filter.Criteria{})
	require.NoError(t, err)
	good := k.Next(filter.Position{Key: 77, ID: "c1"}, 3).String()
	raw, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	encode := func(b ...byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	version2 := append([]byte{2}, raw[1:]...)
	for name, text := range map[string]string{
		"not base64":     "***",
		"short":          encode(raw[:5]...),
		"no counts":      encode(raw[:9]...),
		"no key":         encode(raw[:10]...),
		"no id":          encode(raw[:12]...),
		"other version":  encode(version2...),
		"long id":        encode(append(raw[:12:12], strings.Repeat("x", 65)...)...),
		"control in id":  encode(append(raw[:12:12], 7)...),
		"beyond limit":   encode(append(raw[:9:9], 0xff, 0xff, 0x7f, 2, 'c')...),
		"padded count":   encode(append(raw[:9:9], 0x83, 0x00, 2, 'c')...),
		"trailing space": good + " ",
	} {
		_, err := filter.ParseCursor(text, filter.Criteria{})
		require.EqualError(t, err, "handoff: cursor is malformed", name)
	}
}

func FuzzParseCursor(f *testing.F) {
	k, err := filter.ParseCursor("", filter.Criteria{})
	require.NoError(f, err)
	f.Add("")
	f.Add(k.String())
	f.Add(k.Next(filter.Position{Key: filter.NoTime, ID: "c1"}, 100).String())
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := filter.ParseCursor(text, filter.Criteria{})
		if err != nil {
			requireField(t, err, "cursor")
			require.Zero(t, k)
			return
		}
		require.GreaterOrEqual(t, k.Walked, 0)
		require.LessOrEqual(t, k.Walked, filter.MaxLimit)
		require.LessOrEqual(t, len(k.After.ID), handoff.MaxID)
		if text != "" {
			require.Equal(t, text, k.String())
		}
	})
}
