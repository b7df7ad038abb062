package desk

import (
	"context"
	"time"

	"github.com/handoffdesk/handoff"
)

// Most who are handed off find nobody before them and somebody free. Where the
// process to which that happens is the one that routes, it knows so: then the
// conversation is given to whom the router would give it, in the same commit.
// There is no moment at which it waits, and no turn of the router.
//
// It is a plan for one, made from what the router saw last and what this
// process has done since. As with every plan the commit checks what it rests
// on; what is refused goes to the queue, and to the router. So does everybody
// where somebody may wait for the same agent, and where a queue of the bot asks
// its agents first: then it is never known that nobody waits.

// giveAtOnce lets a conversation that is being handed off be assigned, if there
// is an agent whom the router would give it to. It moves the conversation, and
// gives the events of the assignment.
func (d *Desk) giveAtOnce(ctx context.Context, t *draft, k *course) ([]handoff.Event, error) {
	r, ok := t.remembered(d, k.now.Bot)
	if !ok || !d.atOnce(k.now.Bot) {
		return nil, nil
	}
	o, oldest := d.outlooks.bot(k.now.Bot), 2*d.o.Sweep
	if !o.plans(r, k.now.Queue, t.now, oldest) {
		return nil, nil
	}
	w := waitingOf(k.now)
	var kept []doc[exclusions]
	if r.excludes() {
		var err error
		if kept, err = d.exclusionsOf(ctx, k.now.Bot, k.now.ID); err != nil {
			return nil, err
		}
		w.Excluded = kept[0].value.at(t.now)
	}
	as, at, under := o.planOne(r, w, t.now, oldest)
	if under == nil {
		return nil, nil
	}
	t.under = under
	for _, v := range kept {
		t.restOn(v.key, v.version)
	}
	most := t.restOnHolder(r, k.now.Bot, as)
	after, events, err := k.now.Assign(t.act(handoff.Actor{By: handoff.BySystem}), as.Agent)
	if err != nil {
		return nil, err
	}
	events[len(events)-1].Why = string(as.Rule)
	t.move(k.before, after, k.events, most)
	t.loadsAt(at)
	k.now, k.events = after, append(k.events, events...)
	return events, nil
}

// atOnce reports whether this process is the one that routes a bot, as far as
// it knows, and hears of the others.
func (d *Desk) atOnce(bot handoff.BotID) bool {
	on := d.duties.of(bot)
	return on.mine && time.Until(on.until) > 0 && d.listens.Load()
}
