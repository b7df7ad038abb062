package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/calendar"
	"github.com/handoffdesk/handoff/storage"
)

// Sentinels. Unless its text says otherwise, whatever returns one of them
// changed nothing. The rules' own are in package handoff.
var (
	// ErrNotFound: there is no such thing, or the agent may not know of it.
	ErrNotFound = errors.New("desk: not found")
	// ErrForbidden: the agent sees the thing but lacks the permission.
	ErrForbidden = errors.New("desk: not permitted")
	// ErrNotAvailable: the agent who would get the conversation is not
	// available, or, where somebody else gives it to them, not connected.
	ErrNotAvailable = errors.New("desk: agent is not available")
	// ErrClosed: the queue gets nothing new, see handoff.Queue.Draining.
	ErrClosed = errors.New("desk: queue takes nothing new")
	// ErrAtCapacity: the agent who would get the conversation holds as many
	// as their capacity allows.
	ErrAtCapacity = errors.New("desk: agent is at capacity")
	// ErrWindowClosed: the channel takes only templates now, because the
	// contact's last message is too long ago.
	ErrWindowClosed = errors.New("desk: channel window is closed")
	// ErrNoChannel: no Channel was given for the conversation's channel.
	ErrNoChannel = errors.New("desk: no such channel")
	// ErrTagsRequired: the conversation's queue wants a tag on it before an
	// agent returns it to the bot.
	ErrTagsRequired = errors.New("desk: a tag is required")
	// ErrInUse: a queue cannot be removed while conversations wait in it.
	ErrInUse = errors.New("desk: in use")
	// ErrStorageFull: the bot's stored files take all of Options.MaxStored.
	ErrStorageFull = errors.New("desk: storage is full")
	// ErrBusy: others changed the same thing too often; try again.
	ErrBusy = errors.New("desk: too many conflicts")
	// ErrOutcomeUnknown: the store failed in a way that does not tell whether
	// the change was made, or when a part of it was. Calling again with the
	// same key is safe.
	ErrOutcomeUnknown = errors.New("desk: outcome unknown")
	// ErrReset: the cursor is no place in the event feed (any more); read
	// the present state and subscribe anew.
	ErrReset = errors.New("desk: cursor reset")
	// ErrRunning: Run is running already.
	ErrRunning = errors.New("desk: already running")
)

// Options of a desk. The zero value, and nil, mean the documented defaults.
type Options struct {
	// Channels are how messages reach contacts, by the name the platform
	// gives in Inbound.Channel. A conversation on another channel can be
	// received and recorded, not sent to.
	Channels map[handoff.Channel]Channel
	// Logger gets ids and errors, never a text, name or address of a
	// person. Nil logs nowhere.
	Logger *slog.Logger
	// Lease is for how long a device counts as connected after its last
	// sign of life; Run gives one every Heartbeat. Defaults 20 s and 5 s.
	// Heartbeat is also for how long a bot's routing stays with a process that
	// died before another takes it, and together with Sweep how long the
	// messages do that it was sending.
	Lease, Heartbeat time.Duration
	// Grace is how long after losing its last device an agent may come back
	// before the queue's OnLost policy applies. Default 60 s.
	Grace time.Duration
	// Sweep is how often Run looks for work it was not told of. Default 2 s.
	Sweep time.Duration
	// SendTimeout bounds one call of a Channel, default 30 s, and SendFor all
	// attempts at one message together, default 10 minutes.
	SendTimeout, SendFor time.Duration
	// Senders is how many conversations are sent to at once. Default 8.
	Senders int
	// Holidays are the lists by which calendars may close, by name. Nil is
	// calendar.Providers: Brazil's, as "BR".
	Holidays map[string]calendar.Provider
	// KeepFeed is for how long an event stays in the feed that subscribers
	// resume from; timelines keep it for good. Default 30 days.
	KeepFeed time.Duration
	// MaxStored is how many bytes of files are stored for each bot; beyond it
	// [Bot.Attach] and [Seat.Attach] give ErrStorageFull. Files that arrive
	// together may go beyond it a little. Default 100 GiB.
	MaxStored int64
	// Webhooks posts what the bots' webhooks are told; see webhook.New. Without
	// it this process tells them nothing.
	Webhooks WebhookSender
}

func (o *Options) withDefaults() (Options, error) {
	var p Options
	if o != nil {
		p = *o
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		std   time.Duration
	}{
		{"Lease", &p.Lease, 20 * time.Second}, {"Heartbeat", &p.Heartbeat, 5 * time.Second},
		{"Grace", &p.Grace, time.Minute}, {"Sweep", &p.Sweep, 2 * time.Second},
		{"SendTimeout", &p.SendTimeout, 30 * time.Second}, {"SendFor", &p.SendFor, 10 * time.Minute},
		{"KeepFeed", &p.KeepFeed, 30 * 24 * time.Hour},
	} {
		if *d.value < 0 {
			return p, &handoff.FieldError{Field: "desk option " + d.name, Reason: "is negative"}
		}
		if *d.value == 0 {
			*d.value = d.std
		}
		// Times are kept in whole milliseconds.
		*d.value = max(d.value.Truncate(time.Millisecond), time.Millisecond)
	}
	if p.Heartbeat*2 > p.Lease {
		return p, &handoff.FieldError{Field: "desk option Heartbeat", Reason: "is more than half of Lease"}
	}
	if p.Senders < 0 {
		return p, &handoff.FieldError{Field: "desk option Senders", Reason: "is negative"}
	}
	if p.Senders == 0 {
		p.Senders = 8
	}
	if p.MaxStored < 0 {
		return p, &handoff.FieldError{Field: "desk option MaxStored", Reason: "is negative"}
	}
	if p.MaxStored == 0 {
		p.MaxStored = 100 << 30
	}
	if p.Logger == nil {
		p.Logger = slog.New(slog.DiscardHandler)
	}
	if p.Holidays == nil {
		p.Holidays = calendar.Providers()
	}
	p.Holidays = maps.Clone(p.Holidays)
	for name, list := range p.Holidays {
		if err := handoff.CheckID("holidays", name); err != nil {
			return p, err
		}
		if list == nil {
			return p, &handoff.FieldError{Field: "holidays " + name, Reason: "are nil"}
		}
	}
	p.Channels = maps.Clone(p.Channels)
	for name, c := range p.Channels {
		if err := handoff.CheckID("channel", name); err != nil {
			return p, err
		}
		if c == nil {
			return p, &handoff.FieldError{Field: "channel " + string(name), Reason: "is nil"}
		}
	}
	return p, nil
}

// Desk is the service. Its methods may be called from many goroutines, and
// several processes may each have one on the same data.
type Desk struct {
	store    storage.Store
	o        Options
	log      *slog.Logger
	self     string                  // names this desk in leases on outgoing work
	routing  *dirty[handoff.BotID]   // whose waiting conversations want a look
	outlooks *outlooks               // what this process knows of bots' lines and people
	sending  *dirty[conversationKey] // what this process has put to be sent
	timing   *bell                   // something that must come on time may be due
	jobs     *bell                   // a job may be due
	casting  *bell                   // a broadcast has a turn
	feed     *bell
	others   *bell // another process may have committed something
	duties   duties
	follows  []reaction      // what follows from what becomes of conversations
	work     map[string]work // what timers are for, by kind
	running  atomic.Bool
	listens  atomic.Bool // to other processes

	rosters  *recent[*roster]
	settings *recent[*settings]

	mu       sync.Mutex
	sessions map[sessionKey]*session
	breakers map[accountKey]*breaker
	passed   map[webhookKey]passed // how far webhooks came without being told
}

// New makes a desk on a store. It starts nothing: commands work at once,
// and [Desk.Run] does what has to happen by itself. The caller keeps and
// closes the store.
func New(store storage.Store, o *Options) (*Desk, error) {
	if store == nil {
		return nil, &handoff.FieldError{Field: "store", Reason: "is nil"}
	}
	p, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Desk{
		store: store, o: p, log: p.Logger, self: newToken(),
		routing: newDirty[handoff.BotID](), outlooks: newOutlooks(), sending: newDirty[conversationKey](), timing: newBell(), jobs: newBell(),
		casting: newBell(), feed: newBell(), others: newBell(),
		duties:   duties{known: map[handoff.BotID]duty{}},
		follows:  reactions,
		work:     timerWork,
		sessions: map[sessionKey]*session{},
		breakers: map[accountKey]*breaker{},
		passed:   map[webhookKey]passed{},
	}
	d.rosters, d.settings = newRecent(2*p.Sweep, d.readRoster), newRecent(p.Sweep, d.readSettings)
	return d, nil
}

// Bot is the platform's side of one bot: it is trusted, nothing it asks is
// checked against an agent's permissions. The bot need not exist yet, see
// [Bot.Put].
func (d *Desk) Bot(id handoff.BotID) *Bot { return &Bot{d: d, id: id} }

// Store is what the desk was made with.
func (d *Desk) Store() storage.Store { return d.store }

// Now is the store's clock, by which the desk goes.
func (d *Desk) Now(ctx context.Context) (time.Time, error) {
	now, err := d.store.Now(ctx)
	if err != nil {
		return now, fmt.Errorf("desk: reading the clock: %w", err)
	}
	return now, nil
}

// Bots lists the bots that were put, by id.
func (d *Desk) Bots(ctx context.Context) ([]handoff.Bot, error) {
	docs, err := scan[handoff.Bot](ctx, d, storage.Range{Kind: kindBot})
	if err != nil {
		return nil, fmt.Errorf("desk: bots: %w", err)
	}
	return values(docs), nil
}
