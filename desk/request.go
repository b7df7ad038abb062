package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// request is a hand-off that a host asked for in a transaction of its own.
type request struct {
	Conversation handoff.ConversationID `json:"conversation"`
	HandOff      HandOff                `json:"handOff"`
	Key          string                 `json:"key"`
}

// RequestHandOff makes a hand-off that a platform writes in a transaction of
// its own, together with its own data: see postgres.RequestHandOff. It stores
// nothing, and only looks whether the queue and the agent exist. Once that transaction is committed, [Desk.Run] hands off, exactly
// once; if it is rolled back, nothing happens.
//
// A request that proves impossible then, because the conversation has ended
// for instance, is logged and dropped. [Bot.HandOff] with the same key gives
// the outcome as it was then, or why it was impossible; or it hands off, if
// that is still to be done. The key is required.
//
// Errors: handoff.ErrInvalid, ErrNotFound for an unknown queue or agent.
func (b *Bot) RequestHandOff(ctx context.Context, id handoff.ConversationID, h HandOff, callerKey string) (storage.Request, error) {
	if err := h.check(); err != nil {
		return storage.Request{}, err
	}
	if err := handoff.CheckID("conversation", id); err != nil {
		return storage.Request{}, err
	}
	if callerKey == "" {
		return storage.Request{}, &handoff.FieldError{Field: "key", Reason: "is missing"}
	}
	if _, err := callKey(b.id, callerKey); err != nil {
		return storage.Request{}, err
	}
	if h.Queue != "" {
		if _, err := named[handoff.Queue](ctx, b.d, b.id, kindQueue, h.Queue); err != nil {
			return storage.Request{}, err
		}
	}
	if h.Agent != "" {
		if _, err := named[handoff.Agent](ctx, b.d, b.id, kindAgent, h.Agent); err != nil {
			return storage.Request{}, err
		}
	}
	data, err := json.Marshal(request{id, h, callerKey})
	if err != nil {
		return storage.Request{}, fmt.Errorf("desk: request of %s: %w", id, err)
	}
	name := Key("request", id, callerKey)
	return storage.Request{
		Record: storage.Record{Key: key(b.id, kindRequest, name), Version: newVersion(), Data: data},
		Timer:  storage.Timer{Bot: b.id, Kind: timerRequest, ID: name, At: time.UnixMilli(0).UTC()}, // due at once
	}, nil
}

// requested does what a host asked for. Done again after a crash, the call's
// key makes it one. The timer goes together with the record: every request of
// that name has the same, and must not lose it to an earlier one.
func (d *Desk) requested(ctx context.Context, due storage.Timer) error {
	r, err := get[request](ctx, d, key(due.Bot, kindRequest, due.ID))
	if err != nil {
		return fmt.Errorf("desk: request %s: %w", due.ID, err)
	}
	if r.version != 0 {
		_, err = d.Bot(due.Bot).HandOff(ctx, r.value.Conversation, r.value.HandOff, r.value.Key)
	}
	if err != nil && !final(err) {
		return err
	}
	if err != nil {
		d.log.Warn("desk: a requested hand-off is impossible", "bot", due.Bot, "conversation", r.value.Conversation, "error", err)
	}
	now, err := d.store.Now(ctx)
	if err != nil {
		return fmt.Errorf("desk: reading the clock: %w", err)
	}
	t := &draft{now: now, ops: []storage.Op{storage.ClearTimer{Timer: due}}}
	if r.version == 0 {
		require(t, r) // there is still none
	}
	remove(t, r)
	return ignoreConflict(d.commit(ctx, t))
}

// final tells a refusal by the rules from trouble that passes.
func final(err error) bool {
	for _, refusal := range []error{
		handoff.ErrInvalid, handoff.ErrInvalidState, handoff.ErrEnded,
		ErrNotFound, ErrNotAvailable, ErrAtCapacity,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}
