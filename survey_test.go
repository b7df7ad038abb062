package handoff_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

func TestAScoreIsReadHoweverPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"5": 5, " 5 ": 5, "5!": 5, "05": 5, "5/5": 5, "5 / muito bom": 5, "5 - ótimo": 5, "5 – ótimo": 5,
		"4. bom": 4, "(3)": 3, "*1*": 1, "5️⃣": 5, "５": 5, "٥": 5, "५": 5, "5 👍": 5, "5⭐": 5,
		"5\nMuito obrigado pelo atendimento": 5, "\"2\"": 2, "5, adorei": 5, "1 😡😡": 1, "5...": 5,
	} {
		n, ok := handoff.CSAT.Score(handoff.Text(text))
		require.Equal(t, want != 0, ok, "%q", text)
		if ok {
			require.Equal(t, want, n, "%q", text)
		}
	}
	for text, want := range map[string]int{"0": 0, "10": 10, "🔟": 10, "1️⃣0️⃣": 10, "10/10": 10, "7 - ok": 7, "00": 0} {
		n, ok := handoff.NPS.Score(handoff.Text(text))
		require.True(t, ok, "%q", text)
		require.Equal(t, want, n, "%q", text)
	}
}

func TestANewConcernIsNoScore(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "oi", "ótimo", "6", "0", "55", "555", "-5", "+5", "5,5", "5.0", "5º", "5h", "5 pizzas", "2 pizzas por favor",
		"5?", "5 - isso é bom?", "10:30", "3%", "4 %", "5 €", "5€", "1 ou 2", "1. pizza 2. refri", "5/10", "quero 5", "nota 5",
		"5 " + strings.Repeat("!", 61), "2x", "🔟", "５０",
	} {
		_, ok := handoff.CSAT.Score(handoff.Text(text))
		require.False(t, ok, "%q", text)
	}
	for _, c := range []handoff.Content{
		{Kind: handoff.KindImage, Text: "5"}, {Kind: handoff.KindReaction, Text: "5"},
		{Kind: handoff.KindReply}, {Kind: handoff.KindReply, Text: "5", Reply: &handoff.Choice{ID: "5", Title: "5"}},
		{Kind: handoff.KindReply, Reply: &handoff.Choice{ID: "survey:6"}},
		{Kind: handoff.KindReply, Reply: &handoff.Choice{ID: "survey:05"}},
		{Kind: handoff.KindReply, Reply: &handoff.Choice{ID: "survey:"}},
	} {
		_, ok := handoff.CSAT.Score(c)
		require.False(t, ok, "%+v", c)
	}
}

func TestEachButtonOfASurveyIsItsScore(t *testing.T) {
	t.Parallel()
	c := handoff.Survey{Kind: handoff.CSAT, Question: "Como foi?"}.Content()
	require.NoError(t, c.Check())
	require.Len(t, c.Buttons, 5)
	for i, b := range c.Buttons {
		n, ok := handoff.CSAT.Score(handoff.Content{Kind: handoff.KindReply, Reply: &b})
		require.True(t, ok)
		require.Equal(t, i+1, n)
	}
	require.Equal(t, handoff.Text("De 0 a 10?"), handoff.Survey{Kind: handoff.NPS, Question: "De 0 a 10?"}.Content())
}

func TestADigitOfAnyScriptHasItsValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 9).Draw(t, "digit")
		script := rapid.SampledFrom([]rune{'0', '٠', '۰', '०', '০', '๐', '０', '𝟎', '𝟘'}).Draw(t, "script")
		got, ok := handoff.NPS.Score(handoff.Text(string(script + rune(n))))
		require.True(t, ok)
		require.Equal(t, n, got)
	})
}

func TestASurveyThatCannotBeAskedIsNamed(t *testing.T) {
	t.Parallel()
	good := handoff.Survey{Kind: handoff.CSAT, Question: "?"}
	require.NoError(t, good.Check())
	require.NoError(t, handoff.Survey{}.Check())
	require.NoError(t, handoff.Survey{Kind: handoff.NoSurvey}.Check())
	for why, bad := range map[string]func(*handoff.Survey){
		"unknown kind":    func(s *handoff.Survey) { s.Kind = "stars" },
		"no question":     func(s *handoff.Survey) { s.Question = "" },
		"long question":   func(s *handoff.Survey) { s.Question = strings.Repeat("x", handoff.MaxSurveyText+1) },
		"NUL":             func(s *handoff.Survey) { s.Thanks = "\x00" },
		"negative":        func(s *handoff.Survey) { s.Keep = -time.Second },
		"too long":        func(s *handoff.Survey) { s.Keep = handoff.MaxSurveyKeep + time.Second },
		"parts of second": func(s *handoff.Survey) { s.Keep = time.Millisecond },
		"none with text":  func(s *handoff.Survey) { s.Kind = handoff.NoSurvey },
		"text of no kind": func(s *handoff.Survey) { s.Kind = "" },
	} {
		s := good
		bad(&s)
		require.ErrorIs(t, s.Check(), handoff.ErrInvalid, why)
	}
	require.Equal(t, handoff.DefaultSurveyKeep, good.WithDefaults().Keep)
}

func FuzzSurveyScore(f *testing.F) {
	for _, s := range []string{"5", "5 - ótimo", "5️⃣", "🔟", "10/10", "2 pizzas", "5\nbom", "\xff5", "５", "(", "1️⃣0️⃣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range []handoff.SurveyKind{handoff.CSAT, handoff.NPS} {
			n, ok := k.Score(handoff.Text(s))
			low, high := k.Range()
			if !ok {
				continue
			}
			require.LessOrEqual(t, low, n)
			require.LessOrEqual(t, n, high)
			require.True(t, strings.ContainsFunc(s, unicode.IsDigit) || strings.Contains(s, "🔟"), "a score out of nothing")
			again, ok := k.Score(handoff.Text(strconv.Itoa(n)))
			require.True(t, ok)
			require.Equal(t, n, again)
		}
	})
}
