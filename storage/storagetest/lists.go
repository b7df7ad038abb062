package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// lists is pages of conversations.
type lists struct{}

var states = []handoff.State{handoff.StateBot, handoff.StateWaiting, handoff.StateAssigned, handoff.StateEnded}

// everything lists every conversation of a bot.
var everything = filter.Where{Viewer: filter.Viewer{All: true}, States: states}

var sorts = []filter.Sort{filter.LastReceived, filter.Started, filter.HumanStarted, filter.ByPriority}

// crowd is conversations of all sorts, many alike, so that ties, missing
// times and every field of a Where occur.
func crowd(r *rand.Rand, n int) []handoff.Conversation {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	when := func() time.Time {
		if r.IntN(4) == 0 {
			return time.Time{}
		}
		return at(r.IntN(6))
	}
	var all []handoff.Conversation
	for i := range n {
		c := chat(fmt.Sprintf("%s%03d", pick("", "A", "é", "😀", "z "), i), 1)
		c.State = states[r.IntN(len(states))]
		c.Queue = handoff.QueueID(pick("", "sales", "Sales", "support"))
		c.LastAgent = handoff.AgentID(pick("", "ana", "bob", "Ana"))
		if c.State == handoff.StateAssigned {
			c.Agent = handoff.AgentID(pick("ana", "bob", "Ana"))
			c.LastAgent = c.Agent
		}
		c.Priority = handoff.Priority(r.IntN(4))
		c.Channel = handoff.Channel(pick("webchat", "whatsapp"))
		c.Contact = handoff.ContactID(pick("c1", "c2", "c3"))
		c.OpenTickets = r.IntN(3)
		c.Tickets = c.OpenTickets
		c.StartedAt, c.HumanAt = when(), when()
		for range r.IntN(4) {
			c.Terms = append(c.Terms, pick("n:ana", "n:anabel", "n:an", "n:bob", "d:5511", "d:551199", "e:9911", "n:ünal", "n:\U0010ffff", "n:%", "n:_"))
		}
		all = append(all, c)
	}
	return all
}

// wheres are questions of many shapes.
func wheres(r *rand.Rand, n int) []filter.Where {
	maybe := func(some ...string) []string {
		if r.IntN(3) > 0 {
			return nil
		}
		r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		return some[:1+r.IntN(len(some))]
	}
	all := []filter.Where{everything, {States: states}} // the second sees nothing
	for len(all) < n {
		w := everything
		if r.IntN(2) == 0 {
			w.Viewer = filter.Viewer{Agent: handoff.AgentID([]string{"", "ana", "bob"}[r.IntN(3)]), Queues: as[handoff.QueueID](maybe("sales", "support"))}
		}
		switch r.IntN(4) {
		case 0:
			w.From = at(r.IntN(6))
		case 1:
			w.To = at(r.IntN(6))
		case 2:
			w.From, w.To = at(2), at(4)
		}
		w.States = nil
		for _, i := range r.Perm(len(states))[:1+r.IntN(len(states))] {
			w.States = append(w.States, states[i])
		}
		switch r.IntN(6) {
		case 0:
			w.States, w.Agent = []handoff.State{handoff.StateAssigned}, "ana"
		case 1:
			w.States, w.LastAgents = []handoff.State{handoff.StateAssigned, handoff.StateEnded}, []handoff.AgentID{"bob", "Ana"}
		}
		w.Priorities = nil
		if r.IntN(3) == 0 {
			w.Priorities = []handoff.Priority{handoff.NoPriority, handoff.High}
		}
		w.OpenTickets = r.IntN(4) == 0
		w.Queues = as[handoff.QueueID](maybe("sales", "support"))
		w.Channels = as[handoff.Channel](maybe("webchat"))
		w.Contacts = as[handoff.ContactID](maybe("c1", "c2"))
		for _, word := range maybe("n:an", "d:55", "n:b", "e:99", "n:%", "n:\U0010ffff") {
			w.Search = append(w.Search, append([]string{word}, maybe("n:ü", "d:5511")...))
		}
		all = append(all, w)
	}
	return all
}

func as[T ~string](of []string) []T {
	var ts []T
	for _, s := range of {
		ts = append(ts, T(s))
	}
	return ts
}

// walk reads a list in pages to its end, gives those that match, and checks
// each page by the words of Page.
func (s *setup) walk(w filter.Where, limit int) []handoff.Conversation {
	s.Helper()
	what := fmt.Sprintf("Conversations(%+v) in pages of %d", w, limit)
	var all []handoff.Conversation
	q := storage.Query{Bot: bot, Where: w, Limit: limit}
	for {
		page, err := s.store.Conversations(s.ctx, q)
		s.ok(err, "%s", what)
		if len(page.Rows) > limit {
			s.Fatalf("%s: a page has %d rows", what, len(page.Rows))
		}
		last := q.After
		for _, c := range page.Rows {
			at := w.Position(c)
			if last.Compare(at) >= 0 {
				s.Fatalf("%s: a row at %+v comes after %+v", what, at, last)
			}
			if page.More && page.Next.Compare(at) < 0 {
				s.Fatalf("%s: a row at %+v lies beyond Next, %+v", what, at, page.Next)
			}
			last = at
			if w.Match(c) {
				all = append(all, c)
			}
		}
		if !page.More {
			return all
		}
		if q.After.Compare(page.Next) >= 0 {
			s.Fatalf("%s: Next is %+v after %+v, so a reader stands still", what, page.Next, q.After)
		}
		q.After = page.Next
	}
}

// oracle is the list as the contract defines it.
func oracle(of []handoff.Conversation, w filter.Where) []handoff.Conversation {
	var list []handoff.Conversation
	for _, c := range of {
		if w.Match(c) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b handoff.Conversation) int { return w.Position(a).Compare(w.Position(b)) })
	return list
}

func ids(of []handoff.Conversation) []handoff.ConversationID {
	var list []handoff.ConversationID
	for _, c := range of {
		list = append(list, c.ID)
	}
	return list
}

// fillLists stores a crowd, with messages for half of it, and the same
// crowd without any for the other bot. It gives the test's bot's as stored.
func (s *setup) fillLists(r *rand.Rand, n int) []handoff.Conversation {
	s.Helper()
	all := crowd(r, n)
	for i, c := range all {
		ops := []storage.Op{put(c)}
		if i%2 == 0 {
			m := said(string(c.ID), "m", "x")
			m.At = at(r.IntN(6))
			if r.IntN(3) == 0 {
				m.Author = handoff.Actor{By: handoff.ByBot}
			}
			ops = append(ops, storage.AppendMessage{Message: m})
			all[i] = c.WithMessage(m)
		}
		s.must(ops...)
		s.must(of(other, []storage.Op{put(c)})...)
	}
	return all
}

func (lists) GiveWhatMatchesInTheAskedOrder(s *setup) {
	s.rule("It may return rows that do not match, the caller matches again, but it never leaves one out.")
	r := rand.New(rand.NewPCG(1, 2))
	stored := s.fillLists(r, 80)
	for _, sort := range sorts {
		w := everything
		w.SortBy = sort
		for _, limit := range []int{1, 2, 7, 80, storage.MaxPage} {
			equal(s, fmt.Sprintf("all by %q in pages of %d", sort, limit), s.walk(w, limit), oracle(stored, w))
		}
	}
	for i, w := range wheres(r, 240) {
		w.SortBy = sorts[i%len(sorts)]
		limit := []int{1, 3, 10, storage.MaxPage}[r.IntN(4)]
		equal(s, fmt.Sprintf("Conversations(%+v) in pages of %d", w, limit), ids(s.walk(w, limit)), ids(oracle(stored, w)))
	}
}

func (lists) StartBelowAnyPosition(s *setup) {
	s.rule("from just below q.After")
	r := rand.New(rand.NewPCG(3, 4))
	stored := s.fillLists(r, 40)
	for _, sort := range sorts {
		w := everything
		w.SortBy = sort
		list := oracle(stored, w)
		afters := []filter.Position{{Key: filter.NoTime, ID: "zzz"}, {Key: filter.NoTime, ID: "\x01"}, {Key: 1 << 60, ID: "x"}, {Key: at(3).UnixMilli(), ID: "m"}, {Key: 2, ID: "m"}}
		for _, c := range list {
			afters = append(afters, w.Position(c))
		}
		for _, after := range afters {
			page, err := s.store.Conversations(s.ctx, storage.Query{Bot: bot, Where: w, After: after, Limit: storage.MaxPage})
			s.ok(err, "Conversations by %q after %+v", sort, after)
			var want []handoff.Conversation
			for _, c := range list {
				if after.Compare(w.Position(c)) < 0 {
					want = append(want, c)
				}
			}
			if !page.More {
				equal(s, fmt.Sprintf("the list by %q after %+v", sort, after), ids(page.Rows), ids(want))
			} else if n := len(page.Rows); n > len(want) || !slices.Equal(ids(page.Rows), ids(want[:n])) {
				s.Errorf("the list by %q after %+v begins with %q, want %q", sort, after, ids(page.Rows), ids(want))
			}
		}
	}
}

// Whoever is in the middle of a list while it changes sees each row that
// stays where it was once.
func (lists) AreStableUnderChanges(s *setup) {
	s.rule("walks conversations of one bot in descending (q.Where.Key(c), c.ID) from just below q.After")
	w := everything
	w.SortBy = filter.Started
	var want []handoff.ConversationID
	for i := range 30 {
		c := chat(fmt.Sprintf("stays %02d", i), 1)
		c.StartedAt = at(10 * i)
		s.must(put(c))
		want = append([]handoff.ConversationID{c.ID}, want...)
	}
	var got []handoff.ConversationID
	q := storage.Query{Bot: bot, Where: w, Limit: 4}
	for i := 0; ; i++ {
		page, err := s.store.Conversations(s.ctx, q)
		s.ok(err, "Conversations")
		for _, c := range page.Rows {
			if c.ID[:5] == "stays" {
				got = append(got, c.ID)
			}
		}
		if !page.More {
			break
		}
		q.After = page.Next
		for _, n := range []int{1000 + i, 5, 155, -5} { // at the top, in the middle, at the end
			c := chat(fmt.Sprintf("comes %d %d", i, n), 1)
			c.StartedAt = at(n)
			s.must(put(c))
		}
	}
	equal(s, "rows that stayed where they were", got, want)
}

// Every change of a row moves it to where it belongs.
func (lists) FollowEveryChange(s *setup) {
	s.rule("Where.Match(c) says whether a row belongs to the list.")
	r := rand.New(rand.NewPCG(5, 6))
	stored := map[handoff.ConversationID]handoff.Conversation{}
	for _, c := range s.fillLists(r, 12) {
		stored[c.ID] = c
	}
	questions := wheres(r, 12)
	for round := range 40 {
		id := sortedKeys(stored)[r.IntN(len(stored))]
		was := stored[id]
		if r.IntN(2) == 0 {
			m := said(string(id), fmt.Sprint("round ", round), "x")
			m.At = at(r.IntN(20))
			s.must(storage.AppendMessage{Message: m, Expect: was.Version})
			stored[id] = was.WithMessage(m)
		} else {
			is := crowd(r, 1)[0]
			is.ID, is.Version = id, was.Version+1
			s.must(storage.PutConversation{Conversation: is, Expect: was.Version})
			stored[id] = was.Replaced(is)
		}
		var all []handoff.Conversation
		for _, c := range stored {
			all = append(all, c)
		}
		for i, w := range questions {
			w.SortBy = sorts[(round+i)%len(sorts)]
			equal(s, fmt.Sprintf("Conversations(%+v) after a change", w), ids(s.walk(w, 5)), ids(oracle(all, w)))
		}
	}
}
