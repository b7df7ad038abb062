package desk

import (
	"context"
	"fmt"
	"reflect"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// recipient is a recipient as it is stored. Begun: sending was begun at least
// once, and what is still to be done is in its [inHand].
type recipient struct {
	handoff.Recipient
	Begun    bool              `json:"begun,omitempty"`
	Message  handoff.MessageID `json:"message,omitempty"`
	Provider string            `json:"provider,omitempty"` // the id of what they were sent
}

// addRecipients adds a chunk to a draft. from is the number that its first
// one gets: the same chunk again, where it is already, adds nothing.
func (d *Desk) addRecipients(ctx context.Context, w who, bot handoff.BotID, id handoff.BroadcastID, from int, chunk []handoff.Recipient) (handoff.Broadcast, error) {
	if len(chunk) == 0 || len(chunk) > handoff.MaxRecipientsAtOnce {
		return handoff.Broadcast{}, &handoff.FieldError{Field: "recipients", Reason: fmt.Sprintf("are none or more than %d", handoff.MaxRecipientsAtOnce)}
	}
	to := make([]handoff.Recipient, len(chunk))
	for i, r := range chunk {
		to[i] = handoff.Recipient{Number: from + i, Address: handoff.RecipientAddress(r.Address), Params: r.Params, Outcome: handoff.OutcomeQueued}
		if err := checkRecipient(to[i]); err != nil {
			return handoff.Broadcast{}, err
		}
	}
	var after handoff.Broadcast
	err := d.broadcasting(ctx, w, bot, func(t *draft, a authority) error {
		v, err := named[handoff.Broadcast](ctx, d, bot, kindBroadcast, id)
		if err != nil {
			return err
		}
		after = v.value
		if from >= 1 && from+len(to)-1 <= after.Recipients {
			return d.sameRecipients(ctx, after, to)
		}
		if after.State != handoff.BroadcastDraft {
			return fmt.Errorf("%w: cannot add recipients to a broadcast that is %s", handoff.ErrInvalidState, after.State)
		}
		if from != after.Recipients+1 {
			return &handoff.FieldError{Field: "from", Reason: "is not the next number"}
		}
		if after.Recipients+len(to) > handoff.MaxRecipients {
			return &handoff.FieldError{Field: "recipients", Reason: fmt.Sprintf("are more than %d", handoff.MaxRecipients)}
		}
		after.Recipients += len(to)
		t.as(a)
		v.value = after
		if err := put(t, v, t.now.Add(keepBroadcast)); err != nil {
			return err
		}
		return d.enlist(ctx, t, after, to)
	})
	return after, err
}

// checkRecipient refuses what cannot even be stored.
func checkRecipient(r handoff.Recipient) error {
	if r.Address != "" {
		if err := handoff.CheckAddress("recipients", r.Address); err != nil {
			return err
		}
	}
	if len(r.Params) > handoff.MaxParams+handoff.MaxButtons {
		return &handoff.FieldError{Field: "recipients", Reason: "have too many params"}
	}
	for _, p := range r.Params {
		if len(p) > handoff.MaxParam || handoff.CleanText(p) != p {
			return &handoff.FieldError{Field: "recipients", Reason: "have a param that is too long or not clean UTF-8"}
		}
	}
	return nil
}

// enlist stores recipients, each with its outcome so far: queued, or skipped
// as nothing could be sent to it.
func (d *Desk) enlist(ctx context.Context, t *draft, b handoff.Broadcast, to []handoff.Recipient) error {
	tpl, err := named[handoff.Template](ctx, d, b.Bot, kindTemplate, b.Template)
	if err != nil {
		return err
	}
	inputs := len(tpl.value.Inputs())
	keys := make([]storage.Key, 0, len(to)+1)
	for _, r := range to {
		keys = append(keys, child(b.Bot, kindRecipientAt, b.ID, r.Address))
	}
	recs, err := d.store.Lookup(ctx, append(uniqueKeys(keys), tallyKey(b.Bot, b.ID, to[0].Number)))
	if err != nil {
		return fmt.Errorf("desk: recipients of broadcast %s: %w", b.ID, err)
	}
	tally, err := decode[handoff.BroadcastCounts](recs[len(recs)-1])
	if err != nil {
		return fmt.Errorf("desk: counts of broadcast %s: %w", b.ID, err)
	}
	at := map[storage.Key]doc[int]{}
	for _, rec := range recs[:len(recs)-1] {
		v, err := decode[int](rec)
		if err != nil {
			return fmt.Errorf("desk: recipients of broadcast %s: %w", b.ID, err)
		}
		at[rec.Key] = v
	}
	for i, r := range to {
		place := at[keys[i]]
		switch {
		case r.Address == "" || !fits(r.Params, inputs):
			r.Outcome, r.Reason, r.At = handoff.OutcomeSkipped, handoff.SkipInvalid, t.now
		case place.version != 0:
			r.Outcome, r.Reason, r.At = handoff.OutcomeSkipped, handoff.SkipDuplicate, t.now
		default:
			place.value = r.Number
			if err := put(t, place, t.now.Add(keepBroadcast)); err != nil {
				return err
			}
			place.version = 1 // for those that follow
			at[keys[i]] = place
		}
		if r.Outcome == handoff.OutcomeSkipped {
			tally.value.Skipped++
			if err := t.alsoAt(b, r); err != nil {
				return err
			}
		}
		v := doc[recipient]{key: recipientKey(b.Bot, b.ID, r.Number), value: recipient{Recipient: r}}
		if err := put(t, v, t.now.Add(keepBroadcast)); err != nil {
			return err
		}
	}
	if tally.value.Skipped == 0 {
		return nil
	}
	return put(t, tally, t.now.Add(keepBroadcast))
}

// alsoAt keeps where else an address is than at the number that it is sent to,
// for when it is to be forgotten.
func (t *draft) alsoAt(b handoff.Broadcast, r handoff.Recipient) error {
	if r.Address == "" {
		return nil
	}
	k := child(b.Bot, kindRecipientAt, b.ID, fmt.Sprintf("%s\x1f%08d", r.Address, r.Number))
	return put(t, doc[int]{key: k, value: r.Number}, t.now.Add(keepBroadcast))
}

// fits reports whether params can fill a template.
func fits(params []string, inputs int) bool {
	for _, p := range params {
		if p == "" {
			return false
		}
	}
	return len(params) == inputs
}

func uniqueKeys(keys []storage.Key) []storage.Key {
	seen := map[storage.Key]bool{}
	out := make([]storage.Key, 0, len(keys)+1)
	for _, k := range keys {
		if k.ID != "" && !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	return out
}

// sameRecipients is nil if the recipients are those that are stored.
func (d *Desk) sameRecipients(ctx context.Context, b handoff.Broadcast, to []handoff.Recipient) error {
	keys := make([]storage.Key, len(to))
	for i, r := range to {
		keys[i] = recipientKey(b.Bot, b.ID, r.Number)
	}
	recs, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return fmt.Errorf("desk: recipients of broadcast %s: %w", b.ID, err)
	}
	for i, rec := range recs {
		v, err := decode[recipient](rec)
		if err != nil {
			return fmt.Errorf("desk: recipients of broadcast %s: %w", b.ID, err)
		}
		if v.value.Address != to[i].Address || len(v.value.Params)+len(to[i].Params) > 0 && !reflect.DeepEqual(v.value.Params, to[i].Params) {
			return &handoff.FieldError{Field: "from", Reason: "is a number that others have"}
		}
	}
	return nil
}

// recipientPages is how many pages of records one call looks through for an
// outcome that few have.
const recipientPages = 4

// recipients gives a page, and the After of the next; 0 at the end.
func (d *Desk) recipients(ctx context.Context, w who, id handoff.BroadcastID, q RecipientQuery) ([]handoff.Recipient, int, error) {
	if q.Limit == 0 {
		q.Limit = pageSize
	}
	if q.After < 0 || q.Limit < 1 || q.Limit > storage.MaxPage || q.Outcome != "" && !q.Outcome.Valid() {
		return nil, 0, &handoff.FieldError{Field: "recipient query", Reason: "has a bad outcome, place or limit"}
	}
	a, err := d.mayBroadcast(ctx, w)
	if err != nil {
		return nil, 0, err
	}
	b, err := named[handoff.Broadcast](ctx, d, a.bot, kindBroadcast, id)
	if err != nil {
		return nil, 0, err
	}
	out, last := []handoff.Recipient{}, q.After
	for range recipientPages {
		size := q.Limit
		if q.Outcome != "" {
			size = storage.MaxPage
		}
		page, err := d.recipientsAfter(ctx, b.value, last, size)
		if err != nil {
			return nil, 0, err
		}
		for _, v := range page {
			last = v.value.Number
			if q.Outcome == "" || v.value.Outcome == q.Outcome {
				out = append(out, v.value.Recipient)
			}
			if len(out) == q.Limit {
				break
			}
		}
		if len(out) == q.Limit || last >= b.value.Recipients || len(page) == 0 {
			break
		}
	}
	if last >= b.value.Recipients {
		last = 0
	}
	return out, last, nil
}

// recipientsAfter reads the recipients that follow a number.
func (d *Desk) recipientsAfter(ctx context.Context, b handoff.Broadcast, after, limit int) ([]doc[recipient], error) {
	r := storage.Range{Bot: b.Bot, Kind: kindRecipient, Parent: string(b.ID)}
	if after > 0 {
		r.After = recipientKey(b.Bot, b.ID, after)
	}
	recs, err := d.store.Records(ctx, r, limit)
	if err != nil {
		return nil, fmt.Errorf("desk: recipients of broadcast %s: %w", b.ID, err)
	}
	out := make([]doc[recipient], 0, len(recs))
	for _, rec := range recs {
		v, err := decode[recipient](rec)
		if err != nil {
			return nil, fmt.Errorf("desk: recipients of broadcast %s: %w", b.ID, err)
		}
		out = append(out, v)
	}
	return out, nil
}
