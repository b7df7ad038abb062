package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/routing"
	"github.com/handoffdesk/handoff/storage"
)

// exclusions are the agents to whom the router does not give a conversation,
// each until a time: those who let it wait, or declined it. By hand they get
// it all the same. The record goes with the last of them.
type exclusions map[handoff.AgentID]time.Time

// at gives who is excluded at a time.
func (x exclusions) at(now time.Time) []handoff.AgentID {
	var who []handoff.AgentID
	for _, agent := range slices.Sorted(maps.Keys(x)) {
		if now.Before(x[agent]) {
			who = append(who, agent)
		}
	}
	return who
}

// excludes reports whether routing for a bot has to ask who is excluded: one
// of its queues may take a conversation back from an agent, or asks first.
func (r *roster) excludes() bool {
	for _, q := range r.queues {
		if q.value.NoAnswer.Requeue > 0 || q.value.Mode == handoff.Offer {
			return true
		}
	}
	return false
}

// exclusionsOf reads the exclusions of conversations, in their order.
func (d *Desk) exclusionsOf(ctx context.Context, bot handoff.BotID, ids ...handoff.ConversationID) ([]doc[exclusions], error) {
	out := make([]doc[exclusions], 0, len(ids))
	for part := range slices.Chunk(ids, storage.MaxLookup) {
		keys := make([]storage.Key, len(part))
		for i, id := range part {
			keys[i] = key(bot, kindExcluded, id)
		}
		recs, err := d.store.Lookup(ctx, keys)
		if err != nil {
			return nil, fmt.Errorf("desk: who is excluded: %w", err)
		}
		for _, r := range recs {
			v, err := decode[exclusions](r)
			if err != nil { // it excludes nobody
				d.log.Error("desk: unreadable record", "bot", bot, "kind", kindExcluded, "id", r.Key.ID)
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// exclude keeps a conversation from some agents until a time, beside those from
// whom it is kept already.
func (t *draft) exclude(v doc[exclusions], until time.Time, agents ...handoff.AgentID) error {
	kept, last := exclusions{}, until
	for _, agent := range agents {
		kept[agent] = until
	}
	for who, end := range v.value {
		if slices.Contains(agents, who) || !t.now.Before(end) {
			continue
		}
		if kept[who] = end; end.After(last) {
			last = end
		}
	}
	v.value = kept
	return put(t, v, last)
}

// leaveOut tells a plan who is excluded from what.
func (d *Desk) leaveOut(ctx context.Context, bot handoff.BotID, waiting []routing.Waiting, now time.Time) error {
	ids := make([]handoff.ConversationID, len(waiting))
	for i, w := range waiting {
		ids[i] = w.ID
	}
	all, err := d.exclusionsOf(ctx, bot, ids...)
	if err != nil {
		return err
	}
	for i, x := range all {
		waiting[i].Excluded = x.value.at(now)
	}
	return nil
}

// mayGet makes sure that an assignment does not go to somebody excluded, up
// to its commit.
func (d *Desk) mayGet(ctx context.Context, t *draft, bot handoff.BotID, r *roster, as routing.Assignment) error {
	if !r.excludes() {
		return nil
	}
	all, err := d.exclusionsOf(ctx, bot, as.Conversation)
	if err != nil {
		return err
	}
	if t.now.Before(all[0].value[as.Agent]) {
		return storage.ErrConflict
	}
	require(t, all[0])
	return nil
}
