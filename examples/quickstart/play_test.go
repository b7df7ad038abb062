package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

// house is a store that several runs use, one after the other, each with its
// own clock.
type house struct {
	t     *testing.T
	store storage.Store
	clock atomic.Pointer[clock]
}

func newHouse(t *testing.T) *house {
	h := &house{t: t}
	h.clock.Store(&clock{})
	h.store = memory.New(&memory.Options{Now: func() time.Time { return h.clock.Load().Now() }})
	t.Cleanup(func() { h.store.Close() })
	return h
}

// run works lines through a store on the house's.
func (h *house) run(ctx context.Context, store storage.Store, lines []string) (*office, error) {
	h.clock.Store(&clock{})
	o, err := open(ctx, store, h.clock.Load(), io.Discard)
	if err == nil {
		_, err = o.work(ctx, strings.NewReader(strings.Join(lines, "\n")), io.Discard)
	}
	return o, err
}

// play works lines to the end.
func (h *house) play(lines []string) *office {
	h.t.Helper()
	o, err := h.run(h.t.Context(), h.store, lines)
	require.NoError(h.t, err)
	return o
}

// account is what a story came to, without what differs from run to run: ids
// and times.
type account struct {
	Row      row
	Messages []string
	Events   []string // but for those of sending
}

func accounts(t *testing.T, o *office) []account {
	t.Helper()
	rows, err := o.summary(t.Context())
	require.NoError(t, err)
	var out []account
	for _, r := range rows {
		transcript, err := o.bot.Transcript(t.Context(), r.ID)
		require.NoError(t, err)
		a := account{Row: r}
		a.Row.ID = ""
		for m, err := range transcript.Messages {
			require.NoError(t, err)
			a.Messages = append(a.Messages, fmt.Sprint(m.Number, m.Author, m.Text, m.Provider, m.Delivery))
		}
		for e, err := range transcript.Events {
			require.NoError(t, err)
			if e.Kind != handoff.EventDelivery {
				a.Events = append(a.Events, fmt.Sprint(e.Kind, e.Actor, e.Agent, e.Queue, e.State, e.Priority, e.OpenTickets))
			}
		}
		out = append(out, a)
	}
	return out
}

func theDay() []string { return strings.Split(strings.TrimSpace(string(day)), "\n") }

func TestTheSameFileGivesTheSameStory(t *testing.T) {
	t.Parallel()
	require.Equal(t, accounts(t, newHouse(t).play(theDay())), accounts(t, newHouse(t).play(theDay())))
}

func TestADayOfLastYearPlaysLikeTodays(t *testing.T) {
	t.Parallel()
	stamp := regexp.MustCompile(`"timestamp":"(\d+)"`)
	var past []string
	for _, line := range theDay() {
		past = append(past, stamp.ReplaceAllStringFunc(line, func(s string) string {
			n, err := strconv.Atoi(stamp.FindStringSubmatch(s)[1])
			require.NoError(t, err)
			return fmt.Sprintf(`"timestamp":"%d"`, n-500*24*3600)
		}))
	}
	require.Equal(t, accounts(t, newHouse(t).play(theDay())), accounts(t, newHouse(t).play(past)))
}

func TestLinesThatComeTwiceChangeNothing(t *testing.T) {
	t.Parallel()
	var twice []string
	for _, line := range theDay() {
		twice = append(twice, line, line)
	}
	require.Equal(t, accounts(t, newHouse(t).play(theDay())), accounts(t, newHouse(t).play(twice)))
}

func TestStatusesMayComeInAnyOrderAndBeforeTheirMessage(t *testing.T) {
	t.Parallel()
	want := accounts(t, newHouse(t).play(theDay()))
	var news, rest []string
	for _, line := range theDay() {
		if strings.Contains(line, `"messages":[`) {
			rest = append(rest, line)
		} else {
			news = append(news, line)
		}
	}
	slices.Reverse(news)
	for name, lines := range map[string][]string{
		"first": append(slices.Clone(news), rest...), "last": append(slices.Clone(rest), news...),
	} {
		got := accounts(t, newHouse(t).play(lines))
		for i := range want {
			want[i].Events, got[i].Events = nil, nil // what a status teaches of a contact is told at another place
		}
		require.Equal(t, want, got, name)
	}
}

func TestWhatWasReadInPartIsCompleted(t *testing.T) {
	t.Parallel()
	want := accounts(t, newHouse(t).play(theDay()))
	parts := []int{1, 13, 25, 36, 70, 89}
	if testing.Short() {
		parts = []int{1, 36, 89}
	}
	for _, n := range parts {
		h := newHouse(t)
		h.play(theDay()[:n])
		require.Equal(t, want, accounts(t, h.play(theDay())), "%d lines", n)
	}
}

// killed lets a run end at some commit: before it, or after it was made, or
// because it is asked to stop. The next one, on the same store, must complete
// the story. That is tried with every step-th commit.
func killed(t *testing.T, lines []string, step int) {
	want := accounts(t, newHouse(t).play(lines))
	for first, how := range []string{"before", "after", "asked to stop"} {
		for at, ended := 1+first*step/3, false; !ended; at += step {
			h := newHouse(t)
			ctx, stop := context.WithCancel(t.Context())
			commits := 0
			faulty := storagetest.Faulty(h.store, func(c storagetest.Call) storagetest.Outcome {
				if c.Method == "Commit" {
					commits++
				}
				switch {
				case commits < at:
				case how == "asked to stop":
					stop()
				case commits == at && c.Method == "Commit" && how == "after":
					return storagetest.Outcome{Fault: storagetest.ErrAfter}
				default:
					return storagetest.Outcome{Fault: storagetest.ErrBefore}
				}
				return storagetest.Outcome{}
			})
			_, err := h.run(ctx, faulty, lines)
			stop()
			ended = err == nil // that is more commits than there are
			require.Equal(t, want, accounts(t, h.play(lines)), "%s commit %d", how, at)
		}
	}
}

func TestKilledAnywhereItCompletesTheStoryAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	t.Run("day", func(t *testing.T) {
		t.Parallel()
		step := 89
		if testing.Short() {
			step = 389
		}
		killed(t, theDay(), step)
	})
	t.Run("every commit", func(t *testing.T) {
		t.Parallel()
		killed(t, []string{
			text("5511987650001", "a", 1_760_000_000, "oi"),
			text("5511987650001", "b", 1_760_000_001, "vendas, urgente"),
			text("5511987650001", "c", 1_760_000_002, "um problema"),
			text("5511987650001", "d", 1_760_000_003, "obrigado"),
			text("5511987650001", "e", 1_760_000_004, "oi"),
		}, 1)
	})
}

func TestEveryMessageAfterTheHandOffIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	o := newHouse(t).play(theDay())
	all, err := o.everything(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 18)
	for _, c := range all {
		talk, err := o.talk(t.Context(), c)
		require.NoError(t, err)
		theirs := 0
		for i, m := range talk.heard {
			words, err := o.words(t.Context(), m)
			require.NoError(t, err)
			if theirs > 0 || wanted(words, i) != "" {
				theirs++
			}
		}
		require.Equal(t, theirs, talk.by(handoff.ByAgent))
		for _, m := range talk.written {
			require.Empty(t, m.Quotes)
		}
	}
}

func TestIdsCountOverAllConversationsAndFollowTheContactsName(t *testing.T) {
	t.Parallel()
	o := newHouse(t).play(theDay())
	all, err := o.everything(t.Context())
	require.NoError(t, err)
	ids := map[string][]string{}
	for _, c := range all {
		talk, err := o.talk(t.Context(), c)
		require.NoError(t, err)
		for _, m := range talk.written {
			ids[c.ContactName] = append(ids[c.ContactName], m.Provider)
		}
	}
	require.Equal(t, []string{
		"wamid.OUT-BR.1502576394655843-1", "wamid.OUT-BR.1502576394655843-2", "wamid.OUT-BR.1502576394655843-3",
		"wamid.OUT-5511987650003-4", "wamid.OUT-5511987650003-5", "wamid.OUT-5511987650003-6", // the number is known
		"wamid.OUT-5511987650003-7", "wamid.OUT-5511987650003-8", "wamid.OUT-5511987650003-9", // another conversation
	}, ids["Luiza 🌻"])
	require.Equal(t, "wamid.OUT-BR.7781200456123399-5", ids["Beto"][4])
}

func TestWhoWaitedPastTheWindowIsAnsweredWhenTheyWriteAgain(t *testing.T) {
	t.Parallel()
	const monday, hour = 1_760_000_000, 3600
	lines := []string{
		text("1001", "a", monday, "support"), text("1002", "b", monday, "support"),
		text("1003", "c", monday, "support"), text("1004", "d", monday, "support"), // everybody is busy
		text("1005", "e", monday+1, "support"),
		text("1001", "f", monday+25*hour, "thanks"),
	}
	h := newHouse(t)
	late := accounts(t, h.play(lines))[4]
	require.Equal(t, handoff.ControlHuman, late.Row.Control)
	require.NotEmpty(t, late.Row.Agent)
	require.Equal(t, 2, late.Row.Outbound, "the bot's; an agent may not write any more")

	late = accounts(t, h.play(append(lines, text("1005", "g", monday+26*hour, "still there? thanks"))))[4]
	require.Equal(t, 4, late.Row.Outbound, "both are answered")
	require.Equal(t, "ended", late.Row.Status)
}

func TestNothingIsAnsweredAgainDaysLater(t *testing.T) {
	t.Parallel()
	var lines []string
	for i := range 6 {
		lines = append(lines, text("5511987650001", fmt.Sprint("m", i), 1_760_000_000+int64(i)*40*3600, "um problema com as vendas"))
	}
	h := newHouse(t)
	h.play(lines)
	got := accounts(t, h.play(lines))
	require.Equal(t, 8, got[0].Row.Outbound, "greeting, hand-off and six answers")
	require.Equal(t, 6, got[0].Row.Tickets)

	h = newHouse(t)
	h.play(lines)
	lines = []string{text("5511987650002", "n1", 1_770_000_000, "oi"), text("5511987650002", "n2", 1_770_200_000, "olá")}
	h.play(lines)
	got = accounts(t, h.play(lines))
	require.Equal(t, 2, got[1].Row.Outbound, "one greeting, and that it is not understood")
}

func TestIdsCountWhatWentToBothOfTwoContactsThatAreOne(t *testing.T) {
	t.Parallel()
	user := strings.NewReplacer(`"from":"u1"`, `"from_user_id":"BR.77"`)
	both := strings.NewReplacer(`"from":"u1"`, `"from":"5511987650001","from_user_id":"BR.77"`)
	got := accounts(t, newHouse(t).play([]string{
		user.Replace(text("u1", "a", 1_760_000_000, "vendas, thanks")),
		text("5511987650001", "b", 1_760_000_001, "vendas, thanks"),
		both.Replace(text("u1", "c", 1_760_000_002, "oi")),
	}))
	require.Len(t, got, 3)
	require.Contains(t, got[1].Messages[3], "wamid.OUT-5511987650001-3", "not known to be the same yet")
	require.Contains(t, got[2].Messages[1], "wamid.OUT-5511987650001-7")
	for _, a := range got {
		require.Equal(t, "whatsapp:5511987650001", a.Row.Contact)
	}
}

func TestTheClockNeverGoesBackNotEvenToAnEarlierDay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.play(theDay())
	o := h.play([]string{text("5511987650099", "x", 1_600_000_000, "oi")})
	all, err := o.everything(t.Context())
	require.NoError(t, err)
	require.Equal(t, "5511987650099", all[len(all)-1].Number, "it is the latest")
}

func TestMoreConversationsThanAPageAreAllReported(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a while")
	}
	var lines []string
	for i := range storage.MaxPage + 2 {
		lines = append(lines, text(strconv.Itoa(5511900000000+i), fmt.Sprint("m", i), 1_760_000_000, "oi"))
	}
	o := newHouse(t).play(lines)
	all, err := o.everything(t.Context())
	require.NoError(t, err)
	require.Len(t, all, len(lines))
	require.Equal(t, "5511900000000", all[0].Number)
}

func TestTheBotHandsOffWithTheThirdMessageAtTheLatest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		said  []string
		queue handoff.QueueID
	}{
		{[]string{"Vendas"}, "sales"},
		{[]string{"oi", "WholeSALES?"}, "sales"},
		{[]string{"suporté, e vendas"}, "sales"},
		{[]string{"an Agent, please"}, "support"},
		{[]string{"ＡＴＥＮＤＥＮＴＥ"}, "support"},
		{[]string{"oi", "olá"}, ""},
		{[]string{"oi", "olá", "hmm"}, "support"},
		{[]string{"oi", "olá", "vendas"}, "sales"},
	} {
		var lines []string
		for i, said := range c.said {
			lines = append(lines, text("5511987650001", fmt.Sprint("m", i), 1_760_000_000+int64(i), said))
		}
		got := accounts(t, newHouse(t).play(lines))
		require.Len(t, got, 1)
		require.Equal(t, c.queue, got[0].Row.Queue, "%q", c.said)
		require.Contains(t, got[0].Messages[1], greeting.pt)
	}
}
