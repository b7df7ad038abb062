package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/handoffdesk/handoff"
)

// evidence is what a run left behind, told from several sides. When nobody
// waits and nobody is served any more, all sides must agree.
type evidence struct {
	capacity      int
	told          []told          // what nodes acknowledged
	followed      []handoff.Event // by a reader who went away and resumed again and again
	feed          []handoff.Event // the same by one who read in one go, afterwards
	conversations map[handoff.ConversationID]history
}

// history is what is stored of a conversation.
type history struct {
	stored   handoff.Conversation
	timeline []handoff.Event
}

// violations lists every promise that was broken.
func (e evidence) violations() []string {
	found := holders(e.feed, e.capacity)
	found = append(found, readings(e.feed, e.followed)...)
	found = append(found, order(e.feed, e.conversations)...)
	found = append(found, acknowledged(e.told, e.conversations)...)
	for id, h := range e.conversations {
		found = append(found, consistent(id, h)...)
	}
	slices.Sort(found)
	return found
}

// holders finds conversations with two agents at once, and agents with more
// than they have room for. The feed has the order in which commits became
// visible, so who holds what is known after each event.
func holders(feed []handoff.Event, capacity int) (found []string) {
	holder := map[handoff.ConversationID]handoff.AgentID{}
	held := map[handoff.AgentID]int{}
	for _, e := range feed {
		if e.Conversation == "" || e.Version == 0 {
			continue // it moves nothing
		}
		had := holder[e.Conversation]
		switch {
		case e.Kind == handoff.EventAssigned && had != "":
			found = append(found, fmt.Sprintf("conversation %s was given to %s while %s had it", e.Conversation, e.Agent, had))
		case e.FromAgent != "" && e.FromAgent != had:
			found = append(found, fmt.Sprintf("conversation %s was taken from %s while %q had it", e.Conversation, e.FromAgent, had))
		}
		if e.Agent == had {
			continue
		}
		holder[e.Conversation] = e.Agent
		held[had]--
		held[e.Agent]++
		if e.Agent != "" && held[e.Agent] > capacity {
			found = append(found, fmt.Sprintf("%s was given conversation %s as number %d of %d", e.Agent, e.Conversation, held[e.Agent], capacity))
		}
	}
	return found
}

// readings compares what two readers of the feed saw.
func readings(feed, followed []handoff.Event) (found []string) {
	balance := map[string]int{}
	for _, e := range feed {
		balance[text(e)]++
	}
	for _, e := range followed {
		balance[text(e)]--
	}
	for e, n := range balance {
		switch {
		case n > 0:
			found = append(found, fmt.Sprintf("a follower missed an event, %d times: %s", n, e))
		case n < 0:
			found = append(found, fmt.Sprintf("a follower saw an event too often, %d times: %s", -n, e))
		}
	}
	if len(found) > 0 {
		return found
	}
	for i, e := range feed {
		if text(e) != text(followed[i]) {
			return []string{fmt.Sprintf("a follower saw in place %d of the feed another event than is there: %s", i+1, text(e))}
		}
	}
	return nil
}

// order compares the feed with the timelines: it must hold each event of a
// conversation once, and these in their order.
func order(feed []handoff.Event, conversations map[handoff.ConversationID]history) (found []string) {
	in := map[handoff.ConversationID][]handoff.Event{}
	for _, e := range feed {
		if e.Conversation != "" {
			in[e.Conversation] = append(in[e.Conversation], e)
		}
	}
	for id, h := range conversations {
		if text(in[id]) != text(h.timeline) {
			found = append(found, fmt.Sprintf("conversation %s has %d events in its timeline and others, %d, in the feed", id, len(h.timeline), len(in[id])))
		}
	}
	return found
}

// acknowledged finds what a node was told to be done, and is not there.
func acknowledged(told []told, conversations map[handoff.ConversationID]history) (found []string) {
	calls := map[int]handoff.ConversationID{}
	for _, t := range told {
		h := conversations[t.Conversation]
		if !slices.ContainsFunc(h.timeline, func(e handoff.Event) bool { return t.tells(e) }) {
			found = append(found, fmt.Sprintf("conversation %s was acknowledged as %s, which is lost", t.Conversation, t.Did))
		}
		if t.Did != handedOff {
			continue
		}
		if first, twice := calls[t.Call]; twice && first != t.Conversation {
			found = append(found, fmt.Sprintf("contact %d was handed off in two conversations, %s and %s", t.Call, first, t.Conversation))
		}
		calls[t.Call] = t.Conversation
		if !h.stored.Ended() {
			found = append(found, fmt.Sprintf("conversation %s was handed off and is left %q", t.Conversation, h.stored.State))
		}
	}
	return found
}

// tells reports whether e is the event of what was acknowledged.
func (t told) tells(e handoff.Event) bool {
	switch t.Did {
	case handedOff:
		return e.Kind == handoff.EventHandedOff
	case answered:
		return e.Kind == handoff.EventMessage && e.Message == t.Message
	case ended:
		return e.Kind == handoff.EventEnded
	}
	return false
}

// consistent holds a timeline against itself and against what is stored of
// the conversation.
func consistent(id handoff.ConversationID, h history) (found []string) {
	handOffs := 0
	for i, e := range h.timeline {
		if e.Seq != int64(i)+1 {
			found = append(found, fmt.Sprintf("conversation %s has event %d in place %d", id, e.Seq, i+1))
		}
		if e.Kind == handoff.EventHandedOff {
			handOffs++
		}
	}
	if handOffs > 1 {
		found = append(found, fmt.Sprintf("conversation %s was handed off %d times", id, handOffs))
	}
	if folded := handoff.Fold(h.timeline); text(folded) != text(h.stored.WithoutCopies()) {
		found = append(found, fmt.Sprintf("conversation %s is stored as %s and its events fold to %s", id, text(h.stored.WithoutCopies()), text(folded)))
	}
	return found
}

// text is a value in a form that compares, whatever clock or store its times
// and lists come from.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error() // of no value that is compared here
	}
	return string(b)
}
