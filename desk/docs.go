package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Kinds of records, with their parents. They are part of the stored data:
// a kind is added, never changed in meaning.
const (
	kindBot      = "bot"      // house; handoff.Bot
	kindAgent    = "agent"    // handoff.Agent
	kindQueue    = "queue"    // handoff.Queue
	kindMember   = "member"   // parent agent, id queue; handoff.Member
	kindTemplate = "template" // handoff.Template
	// Canned replies that are shared, and those of one agent (parent).
	kindCanned     = "canned"     // handoff.Canned
	kindOwnCanned  = "own_canned" // parent agent; handoff.Canned
	kindTag        = "tag"        // handoff.Tag
	kindAwayReason = "away"       // handoff.AwayReason
	kindSpan       = "span"       // parent agent, id end; handoff.StatusSpan
	kindProfile    = "profile"    // handoff.AgentProfile
	kindContact    = "contact"    // handoff.Contact
	kindAddress    = "address"    // parent line, id address; the contact's id
	kindOpen       = "open"       // parent line, id contact; the open conversation's id
	kindTicket     = "ticket"     // parent conversation; ticket.Ticket
	kindAuthored   = "authored"   // parent agent, id ticket; open tickets by author
	kindLease      = "lease"      // parent agent, id device; a connected device
	kindPresence   = "presence"   // id agent; whether they were last seen connected
	kindRead       = "read"       // parent agent, id conversation; how far they read
	kindKey        = "key"        // results by the caller's key, for 24 h
	kindReceipt    = "receipt"    // parent line, id provider's; receipts ahead of their message
	kindOutbox     = "outbox"     // id conversation; how far it is sent
	kindRouter     = "router"     // id bot; which process routes it at once; house "follower"
	kindRequest    = "request"    // what a host asked for in a transaction of its own
	kindOffer      = "offer"      // id conversation; at whom it rings
	kindFollower   = "follower"   // house; how far the feed's follower has come
	kindExcluded   = "excluded"   // id conversation; who does not get it for now
	kindSLA        = "sla"        // handoff.SLA
	kindClocks     = "clocks"     // id conversation; what its clocks have come to
	kindOwing      = "owing"      // id conversation; what came of its agent not answering
	kindSilent     = "silent"     // id conversation; what came of its contact not answering
	kindRules      = "rules"      // id "rules"; all routing rules of the bot: []rules.Rule
	kindField      = "field"      // handoff.ContactField
	kindRecheck    = "recheck"    // id bot; how far the follower has looked at all that is open
)

// Of surveys and reports.
const (
	kindSurvey  = "survey"  // id conversation; SurveyResult
	kindAsked   = "asked"   // parent line, id contact; the survey that their next message may answer
	kindTally   = "tally"   // id conversation; report.Tally, as far as facts were found
	kindFact    = "fact"    // parent hour of UTC, id the first one's; found
	kindHistory = "history" // id bot; how far conversations from before there were facts are counted

	timerHistory = "history" // id bot: there are more of them
)

// Kinds of timers.
const (
	timerSend  = "send"  // id conversation: something may be waiting to be sent
	timerLost  = "lost"  // id agent: the grace period ends
	timerEvict = "evict" // id agent: what a disabled agent holds goes back
	timerRank  = "rank"  // id queue: its order changed
	// timerProfile has a profile's id: its agents are to become what it says.
	timerProfile = "profile"
	// timerRequest has a request's id: a host asked for something.
	timerRequest = "request"
	timerOffer   = "offer"   // id conversation: it rang for too long
	timerReact   = "react"   // id conversation: what follows from it failed before
	timerClocks  = "clocks"  // id conversation: a clock is due soon, or missed
	timerOwing   = "owing"   // id conversation: its agent does not answer
	timerSilent  = "silent"  // id conversation: its contact does not
	timerRecheck = "recheck" // id bot: settings changed that all that is open depends on
)

// Kinds of records of webhooks.
const (
	kindWebhook = "webhook" // handoff.Webhook with its secrets
	// How far in the feed each has come (id webhook), what it is to be told
	// again, and what it was not told (parent webhook, id place in the feed).
	kindWebhookPlace = "webhook_place"
	kindWebhookEvent = "webhook_event"
	kindWebhookDead  = "webhook_dead"
)

// Kinds of records of broadcasts, and of their timers.
const (
	kindBroadcast   = "broadcast"    // handoff.Broadcast
	kindRecipient   = "recipient"    // parent broadcast, id number
	kindRecipientAt = "recipient_at" // parent broadcast, id address (of who is skipped, also with the number); the number
	kindCount       = "count"        // parent broadcast; a part of how many have which outcome
	kindInHand      = "in_hand"      // parent broadcast, id number; begun and without an outcome
	kindCastPlace   = "cast_place"   // id broadcast; how far it has come
	kindCast        = "cast"         // parent line, id provider's; whom a broadcast's message was for
	kindCastTo      = "cast_to"      // parent line, id address; what broadcasts sent there, until it is shown
	kindOptOut      = "opt_out"      // parent line, id address; since when they want no broadcasts
	timerBroadcast  = "broadcast"    // id broadcast: it has its turn
)

// Kinds of records of bulk actions, and of their timers.
const (
	kindBulk     = "bulk"      // a bulk action and how far it is
	kindBulkPart = "bulk_part" // parent bulk action, id number; the conversations it is for
	timerBulk    = "bulk"      // id bulk action: it goes on
)

// Kinds of records and timers of erasing.
const (
	kindErasure   = "erasure"   // id contact; Erasure, and how far it is
	kindRetention = "retention" // id bot; how far what is too old was erased
	kindScrub     = "scrub"     // id bot; how often in a row the store could not be scrubbed
	timerErase    = "erase"     // id contact: they are to be erased
	timerRetain   = "retain"    // id bot: something may have become too old
	timerForget   = "forget"    // id contact: perhaps nothing is left of them
	timerScrub    = "scrub"     // id bot: something removed may be left in the store's files
)

// Kinds of records and timers of stored files.
const (
	kindFile    = "file"    // id hash; its size, and whether it is being removed
	kindHeld    = "held"    // parent hash, id who holds it: a message, canned reply or upload
	kindStored  = "stored"  // id first digit of hashes; the bytes of these files together
	kindHolders = "holders" // id bot; how far it was found out who holds files from before that was kept
	kindBlob    = "blob"    // parent hash, id part; the bytes, where the store has no blobs

	timerBlob    = "blob"    // id hash: perhaps nothing holds it any more
	timerHolders = "holders" // id bot: there are more messages to look at
)

// Kinds of records of hours and of what queues do by time, and of their timers.
const (
	kindCalendar = "calendar" // calendar.Calendar
	kindWrapUp   = "wrap_up"  // id conversation; whose place it takes after its end
	kindStay     = "stay"     // id conversation; since when it waits in a queue that passes on

	timerSignedOut = "signed_out" // id agent: what they hold may go back
	timerWrapUp    = "wrap_up"    // id conversation: an agent's place is free again
	timerOverflow  = "overflow"   // id conversation: it has waited for too long
)

// doc is a decoded record. Version 0: it is absent, and value is zero.
type doc[T any] struct {
	key     storage.Key
	version int64
	value   T
}

func decode[T any](r storage.Record) (doc[T], error) {
	v := doc[T]{key: r.Key, version: r.Version}
	if r.Version == 0 {
		return v, nil
	}
	if err := json.Unmarshal(r.Data, &v.value); err != nil {
		return v, fmt.Errorf("record of kind %s: %w", r.Key.Kind, err) // its id may be an address
	}
	return v, nil
}

// get reads one record.
func get[T any](ctx context.Context, d *Desk, key storage.Key) (doc[T], error) {
	rs, err := d.store.Lookup(ctx, []storage.Key{key})
	if err != nil {
		return doc[T]{}, err
	}
	return decode[T](rs[0])
}

// scan reads every record of a range. A record that cannot be decoded, as
// one of a newer version may be, is logged and left out: one bad record
// costs only itself.
func scan[T any](ctx context.Context, d *Desk, r storage.Range) ([]doc[T], error) {
	var out []doc[T]
	for {
		page, err := d.store.Records(ctx, r, storage.MaxPage)
		if err != nil {
			return nil, err
		}
		for _, rec := range page {
			v, err := decode[T](rec)
			if err != nil {
				d.log.Error("desk: unreadable record", "bot", rec.Key.Bot, "kind", rec.Key.Kind, "id", rec.Key.ID)
				continue
			}
			out = append(out, v)
		}
		if len(page) < storage.MaxPage {
			return out, nil
		}
		r.After = page[len(page)-1].Key
	}
}

func values[T any](docs []doc[T]) []T {
	out := make([]T, len(docs))
	for i, v := range docs {
		out[i] = v.value
	}
	return out
}

func houseKey(kind, id string) storage.Key { return storage.Key{Kind: kind, ID: id} }

func key[ID ~string](bot handoff.BotID, kind string, id ID) storage.Key {
	return storage.Key{Bot: bot, Kind: kind, ID: string(id)}
}

func child[P, ID ~string](bot handoff.BotID, kind string, parent P, id ID) storage.Key {
	return storage.Key{Bot: bot, Kind: kind, Parent: string(parent), ID: string(id)}
}

// line names a channel account: the parent of what is unique on it. Neither
// part holds a control character.
func line(c handoff.Channel, a handoff.AccountID) string { return string(c) + "\x1f" + string(a) }

func addressKey(bot handoff.BotID, a handoff.Address) storage.Key {
	return child(bot, kindAddress, line(a.Channel, a.Account), a.ID)
}

func openKey(c handoff.Conversation) storage.Key {
	return child(c.Bot, kindOpen, line(c.Channel, c.Account), c.Contact)
}

// openVersion is the version of the record that makes c the contact's open
// conversation. It follows from the id, which never recurs, so ending the
// conversation needs no read.
func openVersion(id handoff.ConversationID) int64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return int64(h.Sum64()>>1) | 1
}

// newVersion chooses a version that does not recur.
func newVersion() int64 { return rand.Int64() | 1 }

// newID makes a time-ordered id from the store's clock.
func newID(now time.Time) string { return storage.NewBatchID(now) }

func newToken() string { return uuid.NewString() }

// Key makes the key of a call from what caused it, such as the id of the
// message it answers and a number: repeating the call with the same key, to
// the same conversation, within 24 hours, gives the first call's result and
// does nothing. An empty key repeats nothing.
func Key(parts ...any) string {
	h := sha256.New()
	for _, p := range parts {
		s := fmt.Sprint(p)
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// keepKey is for how long the result of a call with a key is kept.
const keepKey = 24 * time.Hour

// MaxCallKey is the longest key of a call, in bytes.
const MaxCallKey = 256

// callKey names the record of a call's result. The verb, actor and object
// are part of it, so one key used for two different calls is two keys.
func callKey(bot handoff.BotID, callerKey string, scope ...any) (storage.Key, error) {
	if callerKey == "" {
		return storage.Key{}, nil
	}
	if len(callerKey) > MaxCallKey {
		return storage.Key{}, &handoff.FieldError{Field: "key", Reason: "is too long"}
	}
	return key(bot, kindKey, Key(append(scope, callerKey)...)), nil
}
