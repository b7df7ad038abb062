package memory_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A page is exactly what sorting and matching every conversation gives,
// whatever was changed before and whatever is asked.
func TestAPageIsWhatSortingAndMatchingEverythingGives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{T: t, store: memory.New(&memory.Options{Now: func() time.Time { return noon }}), stored: map[handoff.ConversationID]handoff.Conversation{}}
		// Many come at once, so that orders have several blocks.
		for range rapid.SampledFrom([]int{0, 10, 700}).Draw(t, "begin with") {
			m.put()
		}
		t.Repeat(map[string]func(*rapid.T){
			"put":     func(*rapid.T) { m.put() },
			"message": func(*rapid.T) { m.message() },
			"list":    func(*rapid.T) { m.list() },
			"wait":    func(*rapid.T) { m.wait() },
		})
	})
}

// model keeps beside the store what must be in it.
type model struct {
	*rapid.T
	store  *memory.Store
	stored map[handoff.ConversationID]handoff.Conversation
	made   int
}

var (
	queues   = rapid.SampledFrom([]handoff.QueueID{"", "billing", "sales", "Sales"})
	agents   = rapid.SampledFrom([]handoff.AgentID{"ana", "bia", "caio"})
	lasts    = rapid.SampledFrom([]handoff.AgentID{"", "ana", "bia", "caio"})
	channels = rapid.SampledFrom([]handoff.Channel{"whatsapp", "webchat", "mail"})
	contacts = rapid.Custom(func(t *rapid.T) handoff.ContactID {
		return handoff.ContactID(fmt.Sprint(rapid.IntRange(0, 30).Draw(t, "contact")))
	})
	states     = rapid.SampledFrom([]handoff.State{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded})
	priorities = rapid.SampledFrom([]handoff.Priority{handoff.NoPriority, handoff.NoPriority, handoff.Low, handoff.Medium, handoff.High})
	names      = rapid.SampledFrom([]string{"", "Ana Lima", "Anabel", "Bento", "José da Silva"})
	numbers    = rapid.SampledFrom([]string{"", "5511987654321", "5511912345678", "551188"})
)

func moment(t *rapid.T, name string) time.Time {
	return noon.Add(time.Duration(rapid.IntRange(-20, 0).Draw(t, name)) * time.Minute)
}

func maybe(t *rapid.T, name string) time.Time {
	if rapid.Bool().Draw(t, name+" is known") {
		return moment(t, name)
	}
	return time.Time{}
}

func (m *model) commit(ops ...storage.Op) {
	require.NoError(m, m.store.Commit(m.Context(), storage.Batch{ID: storage.NewBatchID(noon), Ops: ops}))
}

// put stores a new conversation, or another value of one.
func (m *model) put() {
	t := m.T
	id := handoff.ConversationID(fmt.Sprintf("%03d", (m.made*37)%1000))
	if len(m.stored) > 0 && rapid.IntRange(0, 3).Draw(t, "new") == 0 {
		id = m.any()
	} else {
		m.made++
	}
	old := m.stored[id]
	c := handoff.Conversation{
		Bot: "bot", ID: id, Version: old.Version + 1,
		Contact: contacts.Draw(t, "contact"), Channel: channels.Draw(t, "channel"), Account: "account",
		State: states.Draw(t, "state"), Queue: queues.Draw(t, "queue"), LastAgent: lasts.Draw(t, "last agent"),
		Priority: priorities.Draw(t, "priority"), OpenTickets: max(rapid.IntRange(-3, 2).Draw(t, "open tickets"), 0),
		StartedAt: moment(t, "started"), HumanAt: maybe(t, "human"),
		Rank:  int64(rapid.IntRange(0, 5).Draw(t, "rank")),
		Terms: filter.Terms(names.Draw(t, "name"), numbers.Draw(t, "number")),
	}
	if c.State == handoff.StateAssigned {
		c.Agent = agents.Draw(t, "agent")
		c.LastAgent = c.Agent
	}
	m.commit(storage.PutConversation{Conversation: c, Expect: old.Version})
	m.stored[id] = old.Replaced(c)
}

func (m *model) any() handoff.ConversationID {
	ids := make([]handoff.ConversationID, 0, len(m.stored))
	for id := range m.stored {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(m.T, "conversation")
}

func (m *model) message() {
	if len(m.stored) == 0 {
		m.Skip("no conversation")
	}
	c := m.stored[m.any()]
	by := rapid.SampledFrom([]handoff.By{handoff.ByContact, handoff.ByBot}).Draw(m.T, "by")
	message := handoff.Message{
		Bot: "bot", Conversation: c.ID, ID: handoff.MessageID(fmt.Sprint(c.Messages)), Author: handoff.Actor{By: by},
		Content: handoff.Text("Oi"), At: moment(m.T, "at"),
	}
	m.commit(storage.AppendMessage{Message: message, Expect: c.Version})
	m.stored[c.ID] = c.WithMessage(message)
}

func some[V any](t *rapid.T, name string, of *rapid.Generator[V]) []V {
	if rapid.Bool().Draw(t, name+" asked") {
		return nil
	}
	return rapid.SliceOfN(of, 1, 3).Draw(t, name)
}

func (m *model) where() filter.Where {
	t := m.T
	w := filter.Where{
		Viewer: filter.Viewer{All: rapid.Bool().Draw(t, "sees all"), Agent: lasts.Draw(t, "viewer"), Queues: some(t, "viewer's queues", queues)},
		SortBy: rapid.SampledFrom([]filter.Sort{filter.LastReceived, filter.Started, filter.HumanStarted, filter.ByPriority}).Draw(t, "sort"),
		States: rapid.SliceOfNDistinct(states, 1, 4, rapid.ID).Draw(t, "states"),
		From:   maybe(t, "from"), To: maybe(t, "to"),
		Priorities: some(t, "priorities", priorities), OpenTickets: rapid.IntRange(0, 3).Draw(t, "tickets") == 0,
		Queues: some(t, "queues", queues), Channels: some(t, "channels", channels),
	}
	switch rapid.IntRange(0, 8).Draw(t, "shape") {
	case 0:
		w.States, w.Agent = []handoff.State{handoff.StateAssigned}, agents.Draw(t, "holder")
	case 1, 2:
		w.LastAgents = some(t, "agents", lasts)
	case 3:
		w.Contacts = some(t, "contacts", contacts)
	case 4:
		w.Search = [][]string{{"wana"}}
	case 5:
		w.Search = [][]string{{"wjo", "d55119", "r87"}, {"wsilva", "d5"}}
	}
	return w
}

// list walks a list to its end, in pages.
func (m *model) list() {
	w := m.where()
	var want []handoff.Conversation
	for _, c := range m.stored {
		if w.Match(c) {
			want = append(want, c)
		}
	}
	slices.SortFunc(want, func(a, b handoff.Conversation) int { return w.Position(a).Compare(w.Position(b)) })
	q := storage.Query{Bot: "bot", Where: w, Limit: rapid.SampledFrom([]int{1, 2, 7, 100, 1000}).Draw(m.T, "limit")}
	for pages := 0; ; pages++ {
		p, err := m.store.Conversations(m.Context(), q)
		require.NoError(m, err)
		n := min(q.Limit, len(want))
		same(m, want[:n], p.Rows)
		for _, rows := range m.store.ByEveryPlan(q) {
			same(m, want[:n], rows)
		}
		require.Equal(m, len(want) > n, p.More, "%+v", q)
		if !p.More || pages == 5 {
			return
		}
		want = want[n:]
		require.Equal(m, w.Position(p.Rows[n-1]), p.Next)
		q.After = p.Next
	}
}

// same asks for equal rows; none may be nil.
func same(t require.TestingT, want, got []handoff.Conversation) {
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], got[i])
	}
}

// wait asks for the head of a line.
func (m *model) wait() {
	line := storage.Line{
		Queue: queues.Draw(m.T, "queue"), Limit: rapid.IntRange(1, 5).Draw(m.T, "limit"),
		AfterRank: int64(rapid.IntRange(0, 5).Draw(m.T, "after")),
	}
	if len(m.stored) > 0 {
		line.AfterID = m.any()
	}
	var want []handoff.Conversation
	for _, c := range m.stored {
		if c.State == handoff.StateWaiting && c.Queue == line.Queue && (c.Rank > line.AfterRank || c.Rank == line.AfterRank && c.ID > line.AfterID) {
			want = append(want, c)
		}
	}
	slices.SortFunc(want, func(a, b handoff.Conversation) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID))
	})
	got, err := m.store.Waiting(m.Context(), "bot", []storage.Line{line})
	require.NoError(m, err)
	same(m, want[:min(line.Limit, len(want))], got)
}
