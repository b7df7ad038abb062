package storagetest

import (
	"fmt"
	"regexp"
	"sync"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// feed is all events in the one order in which they became visible.
type feed struct{}

func (feed) EntriesStandInTheOrderOfTheirBatches(s *setup) {
	s.rule("in the order in which their batches became visible; within a batch in its order")
	s.must(put(chat("a", 1)))
	s.must(of(other, []storage.Op{put(chat("a", 1))})...)
	for i := range 10 {
		s.must(happens(event("a", 4*i), event("", 4*i+1)))
		theirs := of(other, []storage.Op{happens(event("a", 4*i+2), event("", 4*i+3))})
		s.must(theirs...)
	}
	entries := s.tail(storage.Cursor{})
	equal(s, "entries of the feed", len(entries), 40)
	seen := map[storage.Cursor]bool{}
	for i, e := range entries {
		equal(s, "order of the feed", e.Event.Tickets, i)
		equal(s, "bot of an entry", e.Event.Bot, []handoff.BotID{bot, bot, other, other}[i%4])
		if e.Cursor == (storage.Cursor{}) || seen[e.Cursor] {
			s.Fatalf("entry %d has the cursor %q, which is not its own", i+1, e.Cursor)
		}
		seen[e.Cursor] = true
		if i > 0 && e.Cursor.Epoch == entries[i-1].Cursor.Epoch && e.Cursor.Pos <= entries[i-1].Cursor.Pos {
			s.Fatalf("entry %d has the place %d, not after %d", i+1, e.Cursor.Pos, entries[i-1].Cursor.Pos)
		}
		back, err := storage.ParseCursor(e.Cursor.String())
		s.ok(err, "the cursor of entry %d does not survive its text", i+1)
		equal(s, "cursor after its text", back, e.Cursor)
		rest := s.tail(e.Cursor)
		equal(s, fmt.Sprintf("what follows entry %d", i+1), rest, entries[i+1:])
	}
}

func (feed) NextAndHeadSayWhereAReaderIs(s *setup) {
	s.rule("Next is where to go on: the last entry's cursor, or Head if no entry follows the asked place.")
	empty := s.events(storage.Cursor{}, 10)
	equal(s, "entries of an empty feed", empty.Entries, nil)
	start := s.head()
	equal(s, "Next of an empty feed", empty.Next, start)
	equal(s, "Next of a reader who starts at the Head of an empty feed", s.events(start, 10).Next, start)
	equal(s, "Head with limit 0 and with limit 10", empty.Head, start)
	s.must(happens(event("", 0), event("", 1), event("", 2)), happens(event("", 3)))
	whole := s.tail(start)
	equal(s, "entries after the Head of the empty feed", len(whole), 4)
	for limit := 1; limit < 6; limit++ {
		after := start
		var got []storage.Entry
		for range 10 {
			f := s.events(after, limit)
			if len(f.Entries) > limit {
				s.Fatalf("Events with limit %d gives %d entries", limit, len(f.Entries))
			}
			equal(s, "Head", f.Head, whole[3].Cursor)
			got = append(got, f.Entries...)
			if len(f.Entries) == 0 {
				equal(s, "Next where nothing follows", f.Next, f.Head)
				break
			}
			equal(s, "Next", f.Next, f.Entries[len(f.Entries)-1].Cursor)
			after = f.Next
			if f.Next == f.Head {
				break
			}
		}
		equal(s, fmt.Sprintf("entries in pages of %d", limit), got, whole)
	}
	s.rule("With limit 0 only Head is filled.")
	only := s.events(whole[1].Cursor, 0)
	equal(s, "entries with limit 0", only.Entries, nil)
	equal(s, "Head with limit 0", only.Head, whole[3].Cursor)
	s.rule("When only Head was asked for, Next is zero.")
	equal(s, "Next with limit 0", only.Next, storage.Cursor{})
	s.rule("It is 1 to 64 letters, digits and hyphens.")
	if !regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`).MatchString(start.Epoch) {
		s.Errorf("the epoch is %q", start.Epoch)
	}
}

// Readers follow the feed while many commit; entries that become visible in
// another order than that of their places are missed by some reader.
func (feed) ReadersMissNothing(s *setup) {
	s.rule("Once an entry was given, no entry ever appears before it.")
	const writers, batches, readers = 8, 24, 4
	const total = writers * batches * 3
	for w := range writers {
		s.must(put(chat(fmt.Sprint(w), 1)))
	}
	second := s.on(s.open())
	after := s.head()
	tails := make([][]storage.Entry, readers)
	var reading sync.WaitGroup
	written := make(chan struct{})
	for r := range readers {
		on := []*setup{s, second}[r%2]
		reading.Go(func() {
			place, ended := after, false
			for {
				f, err := on.store.Events(on.ctx, place, []int{1, 2, 7, storage.MaxPage}[r])
				if err != nil {
					s.Errorf("Events(after %q): %v", place, err)
					return
				}
				tails[r], place = append(tails[r], f.Entries...), f.Next
				if len(f.Entries) > 0 {
					continue
				}
				if ended {
					return
				}
				select {
				case <-written:
					ended = true
				default:
				}
			}
		})
	}
	errs := together(writers, func(w int) error {
		on := []*setup{s, second}[w%2]
		id := fmt.Sprint(w)
		for i := range batches {
			if err := on.commit(happens(event(id, 3*i), event("", 3*i), event(id, 3*i+1))); err != nil {
				return err
			}
		}
		return nil
	})
	close(written)
	reading.Wait()
	for w, err := range errs {
		s.fails(err, nil, "writer %d of events: nothing speaks against it", w+1)
	}
	whole := s.tail(after)
	equal(s, "entries of all writers", len(whole), total)
	for r, got := range tails {
		seen := map[storage.Cursor]int{}
		for _, e := range got {
			seen[e.Cursor]++
		}
		missed, twice := 0, len(got)-len(seen)
		for _, e := range whole {
			if seen[e.Cursor] == 0 {
				missed++
			}
		}
		if missed > 0 || twice > 0 {
			s.Errorf("a reader who followed the feed missed %d and saw %d twice of %d entries", missed, twice, total)
		} else {
			equal(s, fmt.Sprintf("what reader %d saw", r+1), got, whole)
		}
	}
	s.rule("AppendEvents stores events, in this order, at the end of the feed")
	seq := map[handoff.ConversationID]int64{}
	for i, e := range whole {
		if id := e.Event.Conversation; id != "" {
			seq[id]++
			equal(s, "seq in the feed", e.Event.Seq, seq[id])
		}
		if first := whole[i-i%3].Event; e.Event.Tickets-first.Tickets != []int{0, 0, 1}[i%3] || i%3 == 2 && e.Event.Conversation != first.Conversation {
			s.Fatalf("entry %d of the feed does not stand beside the others of its batch, in its order", i+1)
		}
	}
}

func (feed) ACursorThatIsNoPlaceIsReset(s *setup) {
	s.rule("A cursor of another epoch or above Head is ErrReset")
	for round := range 2 {
		head := s.head()
		for name, c := range map[string]storage.Cursor{
			"of another epoch":           {Epoch: head.Epoch + "x", Pos: head.Pos},
			"of another epoch's start":   {Epoch: "another", Pos: 0},
			"above Head":                 {Epoch: head.Epoch, Pos: head.Pos + 1},
			"far above Head":             {Epoch: head.Epoch, Pos: 1<<63 - 1},
			"below 0":                    {Epoch: head.Epoch, Pos: -1},
			"without an epoch":           {Pos: 1},
			"with an epoch in bad UTF-8": {Epoch: "\xff", Pos: 0},
		} {
			for _, limit := range []int{0, 10} {
				f, err := s.store.Events(s.ctx, c, limit)
				s.fails(err, storage.ErrReset, "Events after a cursor %s, limit %d", name, limit)
				equal(s, "entries with a reset", f.Entries, nil)
			}
		}
		s.must(happens(event("", round), event("", round)))
	}
}

func (feed) ATrimTakesTheOldest(s *setup) {
	s.rule("Trim takes the oldest entries off the feed, as long as their event's At is before Before")
	s.must(put(chat("a", 1)))
	start := s.head()
	for _, n := range []int{0, 1, 2, 5, 3, 6, 7} { // 3 hides behind 5
		s.must(happens(event("a", n)))
	}
	whole := s.tail(storage.Cursor{})
	timeline := s.timeline("a")
	for _, step := range []struct{ before, kept int }{{0, 0}, {1, 1}, {4, 3}, {4, 3}, {6, 5}} {
		s.must(storage.Trim{Before: at(step.before)})
		equal(s, fmt.Sprintf("feed from the zero cursor after a trim of what is before %d", step.before), s.tail(storage.Cursor{}), whole[step.kept:])
	}
	s.rule("Timelines stay whole.")
	equal(s, "timeline after trims", s.timeline("a"), timeline)
	equal(s, "seq after trims", s.conversation("a").Seq, 7)
	s.rule("and so is one from which a Trim has taken what follows; the place just before the oldest kept entry is still good")
	for i, c := range []storage.Cursor{start, whole[0].Cursor, whole[1].Cursor, whole[2].Cursor, whole[3].Cursor} {
		_, err := s.store.Events(s.ctx, c, 10)
		s.fails(err, storage.ErrReset, "Events after entry %d, with the oldest kept being number 6", i)
	}
	equal(s, "what follows the place before the oldest kept", s.tail(whole[4].Cursor), whole[5:])
	equal(s, "what follows the oldest kept", s.tail(whole[5].Cursor), whole[6:])
	s.must(storage.Trim{Before: forever})
	equal(s, "feed after a trim of everything", s.events(storage.Cursor{}, 10).Entries, nil)
	head := s.head()
	equal(s, "Head after a trim of everything", head, whole[6].Cursor)
	for _, after := range []storage.Cursor{{}, head} {
		f := s.events(after, 10)
		equal(s, "entries after a trim of everything", f.Entries, nil)
		equal(s, "Next and Head after a trim of everything", []storage.Cursor{f.Next, f.Head}, []storage.Cursor{head, head})
	}
	_, err := s.store.Events(s.ctx, whole[5].Cursor, 10)
	s.fails(err, storage.ErrReset, "Events after an entry of a feed that was trimmed to nothing")
	s.must(happens(event("a", 8)))
	for _, after := range []storage.Cursor{{}, head} {
		got := s.tail(after)
		if len(got) != 1 || got[0].Event.Tickets != 8 || got[0].Event.Seq != 8 {
			s.Errorf("after a trim of everything and one more event, Events(after %q) gives %+v", after, got)
		}
	}
}

func (feed) ATrimIsBounded(s *setup) {
	s.rule("they are at most MaxTrim")
	const more = 1500
	for written := 0; written < storage.MaxTrim+more; {
		events := make([]handoff.Event, min(storage.MaxOps, storage.MaxTrim+more-written))
		for i := range events {
			events[i] = event("", written+i)
		}
		s.must(happens(events...))
		written += len(events)
	}
	s.must(storage.Trim{Before: forever})
	kept := s.tail(storage.Cursor{})
	equal(s, "entries after one trim of more than MaxTrim", len(kept), more)
	equal(s, "the oldest kept", kept[0].Event.Tickets, storage.MaxTrim)
}
