package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/routing/rules"
	"github.com/handoffdesk/handoff/storage"
)

// routed is what the routing rules made of a hand-off.
type routed struct {
	rule    handoff.RuleID
	prefers handoff.AgentID
	tags    []string
}

// byRules completes a hand-off that names neither queue nor agent: as the
// bot's rules say, or else to the bot's own queue. It rests on the rules as
// they are.
func (d *Desk) byRules(ctx context.Context, t *draft, a authority, c handoff.Conversation, h HandOff) (HandOff, error) {
	if h.Queue != "" || h.Agent != "" {
		return h, nil
	}
	if c.State != handoff.StateBot {
		return h, &handoff.TransitionError{Verb: "hand off", From: c.State}
	}
	set, err := get[[]rules.Rule](ctx, d, rulesKey(c.Bot))
	if err != nil {
		return h, fmt.Errorf("desk: rules of bot %s: %w", c.Bot, err)
	}
	require(t, set)
	bot, err := d.theBot(ctx, c.Bot)
	if err != nil {
		return h, err
	}
	f, err := d.circumstances(ctx, bot, c, rules.Mentioned(set.value), t.now)
	if err != nil {
		return h, err
	}
	f.Language, f.Priority = cmp.Or(h.Language, f.Language), h.Priority
	decided, _ := rules.Decide(set.value, f)
	if h.Queue = cmp.Or(decided.Queue, bot.Queue); h.Queue == "" {
		return h, errNowhere
	}
	h.Priority = cmp.Or(decided.Priority, h.Priority)
	h.Skills = handoff.SortedSet(append(slices.Clone(h.Skills), decided.Skills...))
	h.routed = routed{rule: decided.Rule, prefers: decided.Agent}
	h.routed.tags, err = d.settable(ctx, a, c, decided.Tags)
	return h, err
}

// errNowhere is of a hand-off that nobody says a queue for.
var errNowhere = &handoff.FieldError{
	Field: "hand-off", Reason: "names neither queue nor agent, no rule chooses a queue and the bot has none of its own",
}

// settable leaves out the tags that nobody may set any more, or no rule: they
// keep nobody from a person. So do more tags than a conversation may have.
func (d *Desk) settable(ctx context.Context, a authority, c handoff.Conversation, tags []string) ([]string, error) {
	tags = without(tags, c.Tags)
	catalogue, err := d.catalogued(ctx, c.Bot, tags)
	if err != nil {
		return nil, err
	}
	tags = slices.DeleteFunc(tags, func(word string) bool {
		tag, known := catalogue[word]
		return known && tag.MaySet(a.by, true) != nil
	})
	return tags[:min(len(tags), handoff.MaxTags-len(c.Tags))], nil
}

// catalogued gives those of some tags that are in the bot's catalogue.
func (d *Desk) catalogued(ctx context.Context, bot handoff.BotID, words []string) (map[string]handoff.Tag, error) {
	var keys []storage.Key
	for _, word := range words {
		if handoff.CheckID(kindTag, word) == nil {
			keys = append(keys, key(bot, kindTag, word))
		}
	}
	known := map[string]handoff.Tag{}
	if len(keys) == 0 {
		return known, nil
	}
	recs, err := d.store.Lookup(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("desk: tags of bot %s: %w", bot, err)
	}
	for _, r := range recs {
		tag, err := decode[handoff.Tag](r)
		if err != nil {
			return nil, fmt.Errorf("desk: tag %s: %w", r.Key.ID, err)
		}
		if tag.version != 0 {
			known[r.Key.ID] = tag.value
		}
	}
	return known, nil
}

// circumstances are what rules that mention these things look at: of a conversation,
// now. Nothing is read that they do not ask for.
func (d *Desk) circumstances(ctx context.Context, bot handoff.Bot, c handoff.Conversation, m rules.Mentions, now time.Time) (rules.Facts, error) {
	f := rules.Facts{Channel: c.Channel, Account: c.Account, Tags: c.Tags, Language: bot.Language, Now: now}
	asks := func(s rules.Subject) bool { return slices.Contains(m.Subjects, s) }
	if c.ID != "" && asks(rules.OnField) {
		contact, err := d.contact(ctx, c.Bot, c.Contact)
		if err != nil {
			return f, err
		}
		f.Fields = contact.value.Fields
	}
	var err error
	if c.ID != "" && asks(rules.OnText) {
		if f.Texts, err = d.lastTexts(ctx, c); err != nil {
			return f, err
		}
	}
	if c.ID != "" && asks(rules.OnAgent) {
		before, err := d.lastTalk(ctx, c)
		if err != nil {
			return f, err
		}
		f.Previous = before.LastAgent
	}
	if asks(rules.OnHours) {
		calendars, err := d.readCalendars(ctx, bot)
		if err != nil {
			return f, err
		}
		f.Open = func(id handoff.CalendarID) bool {
			of, known := calendars[id]
			return known && of.hours.IsOpen(now)
		}
	}
	f.In = func(name string) *time.Location {
		zone, err := time.LoadLocation(cmp.Or(name, bot.TimeZone))
		if err != nil {
			return time.UTC // another machine knew it
		}
		return zone
	}
	return f, nil
}

// lookBack is how far back a contact's last messages are looked for.
const lookBack = 50

// lastTexts are what the contact wrote, the last first.
func (d *Desk) lastTexts(ctx context.Context, c handoff.Conversation) ([]string, error) {
	ms, err := d.store.Messages(ctx, storage.MessageQuery{Bot: c.Bot, Conversation: c.ID, Newest: true, Limit: lookBack})
	if err != nil {
		return nil, fmt.Errorf("desk: messages of conversation %s: %w", c.ID, err)
	}
	var texts []string
	for _, m := range ms {
		if m.Author.By == handoff.ByContact && m.Content.Text != "" && len(texts) < rules.MaxLast {
			texts = append(texts, m.Content.Text)
		}
	}
	return texts, nil
}

// lastTalk is the contact's last conversation with an agent; the zero value if
// there is none.
func (d *Desk) lastTalk(ctx context.Context, c handoff.Conversation) (handoff.Conversation, error) {
	contact, err := d.contact(ctx, c.Bot, c.Contact)
	if err != nil {
		return handoff.Conversation{}, err
	}
	w := where(handoff.StateEnded)
	w.Contacts, w.SortBy = contact.value.IDs(), filter.HumanStarted
	rows, err := d.some(ctx, storage.Query{Bot: c.Bot, Where: w, Limit: 1})
	if err != nil || len(rows) == 0 {
		return handoff.Conversation{}, err
	}
	return rows[0], nil
}

// rulesKey is where all rules of a bot are: their order is theirs together.
func rulesKey(bot handoff.BotID) storage.Key { return key(bot, kindRules, kindRules) }

func (d *Desk) putRules(ctx context.Context, w who, bot handoff.BotID, all []rules.Rule) error {
	if err := rules.Check(all); err != nil {
		return err
	}
	m := rules.Mentioned(all)
	for _, zone := range m.Zones {
		if err := checkZone("rules' time zone", zone); err != nil {
			return err
		}
	}
	return d.manage(ctx, w, bot, handoff.PermManageSettings, func(t *draft, a authority) error {
		v, err := get[[]rules.Rule](ctx, d, rulesKey(bot))
		if err != nil {
			return fmt.Errorf("desk: rules of bot %s: %w", bot, err)
		}
		if err := d.checkMentioned(ctx, t, bot, m); err != nil {
			return err
		}
		t.as(a)
		return replace(t, v, all, settingEvent(t, a, bot, kindRules, kindRules))
	})
}

// checkMentioned refuses rules that name what is not there. A queue stays as
// long as rules name it; what else goes makes a condition that is not met, or
// an action that is left out.
func (d *Desk) checkMentioned(ctx context.Context, t *draft, bot handoff.BotID, m rules.Mentions) error {
	for _, id := range m.Queues {
		q, err := named[handoff.Queue](ctx, d, bot, kindQueue, id)
		if err != nil {
			return unknown(err, "rules: queue "+string(id))
		}
		require(t, q)
	}
	for _, id := range m.Agents {
		if _, err := named[handoff.Agent](ctx, d, bot, kindAgent, id); err != nil {
			return unknown(err, "rules: agent "+string(id))
		}
	}
	for _, id := range m.Fields {
		if _, err := named[handoff.ContactField](ctx, d, bot, kindField, id); err != nil {
			return unknown(err, "rules: contact field "+string(id))
		}
	}
	for _, id := range m.Calendars {
		if err := d.knownCalendar(ctx, t, bot, "rules: calendar "+string(id), id); err != nil {
			return err
		}
	}
	return d.checkTags(ctx, bot, m.Tags)
}

// checkTags refuses tags that rules could not set. A bot without a catalogue
// takes any word, unless it is closed.
func (d *Desk) checkTags(ctx context.Context, bot handoff.BotID, tags []string) error {
	if len(tags) == 0 {
		return nil
	}
	b, err := d.theBot(ctx, bot)
	if err != nil {
		return err
	}
	some, err := d.store.Records(ctx, storage.Range{Bot: bot, Kind: kindTag}, 1)
	if err != nil {
		return fmt.Errorf("desk: tags of bot %s: %w", bot, err)
	}
	catalogue, err := d.catalogued(ctx, bot, tags)
	if err != nil {
		return err
	}
	for _, word := range tags {
		tag, known := catalogue[word]
		if known {
			if err := tag.MaySet(handoff.Actor{By: handoff.ByBot}, true); err != nil {
				return err
			}
		} else if b.ClosedTags || len(some) > 0 {
			return &handoff.FieldError{Field: "rules: tag " + word, Reason: "is not of the catalogue"}
		}
	}
	return nil
}

// checkUnruled refuses to let go of a queue that rules name.
func (d *Desk) checkUnruled(ctx context.Context, t *draft, bot handoff.BotID, id handoff.QueueID) error {
	v, err := get[[]rules.Rule](ctx, d, rulesKey(bot))
	if err != nil {
		return fmt.Errorf("desk: rules of bot %s: %w", bot, err)
	}
	if slices.Contains(rules.Mentioned(v.value).Queues, id) {
		return fmt.Errorf("%w: routing rules choose queue %s", ErrInUse, id)
	}
	require(t, v)
	return nil
}

// Sample is a conversation to try rules on: one that there is, or one that is
// made up, or one that there is with something else made up.
type Sample struct {
	Conversation handoff.ConversationID     `json:"conversation,omitempty"`
	Channel      handoff.Channel            `json:"channel,omitempty"`
	Account      handoff.AccountID          `json:"account,omitempty"`
	Fields       map[handoff.FieldID]string `json:"fields,omitempty"`
	Tags         []string                   `json:"tags,omitempty"`
	Texts        []string                   `json:"texts,omitempty"` // of the contact, the last one first
	Language     string                     `json:"language,omitempty"`
	Previous     handoff.AgentID            `json:"previous,omitempty"` // whom the contact last spoke with
	Priority     handoff.Priority           `json:"priority,omitzero"`  // that the bot asks for
	At           time.Time                  `json:"at,omitzero"`        // zero is now
	// Rules are tried in place of those in force; nil is those.
	Rules []rules.Rule `json:"rules,omitempty"`
}

// Trial is what rules would decide.
type Trial struct {
	Decision rules.Decision `json:"decision"`
	// Queue is where the conversation would go: the decision's, or the bot's
	// own, or "" for nowhere.
	Queue handoff.QueueID `json:"queue,omitempty"`
	Trace rules.Trace     `json:"trace"`
	// Rules are those that were tried, in the order of the trace.
	Rules []rules.Rule `json:"rules"`
}

func (d *Desk) tryRules(ctx context.Context, a authority, s Sample) (Trial, error) {
	if len(s.Texts) > rules.MaxLast {
		return Trial{}, &handoff.FieldError{Field: "texts", Reason: fmt.Sprintf("are more than %d", rules.MaxLast)}
	}
	all := s.Rules
	if err := rules.Check(all); err != nil {
		return Trial{}, err
	}
	bot, err := d.theBot(ctx, a.bot)
	if err != nil {
		return Trial{}, err
	}
	if all == nil {
		if all, err = d.rulesOf(ctx, a.bot); err != nil {
			return Trial{}, err
		}
	}
	var c handoff.Conversation
	if s.Conversation != "" {
		if c, err = d.conversation(ctx, a, s.Conversation); err != nil {
			return Trial{}, err
		}
	}
	if s.At.IsZero() {
		if s.At, err = d.Now(ctx); err != nil {
			return Trial{}, err
		}
	}
	c.Channel, c.Account = cmp.Or(s.Channel, c.Channel), cmp.Or(s.Account, c.Account)
	f, err := d.circumstances(ctx, bot, c, rules.Mentioned(all), s.At)
	if err != nil {
		return Trial{}, err
	}
	if s.Fields != nil {
		f.Fields = s.Fields
	}
	if s.Tags != nil {
		f.Tags = s.Tags
	}
	if s.Texts != nil {
		f.Texts = s.Texts
	}
	f.Language, f.Previous, f.Priority = cmp.Or(s.Language, f.Language), cmp.Or(s.Previous, f.Previous), s.Priority
	decided, trace := rules.Decide(all, f)
	return Trial{Decision: decided, Queue: cmp.Or(decided.Queue, bot.Queue), Trace: trace, Rules: all}, nil
}

func (d *Desk) rulesOf(ctx context.Context, bot handoff.BotID) ([]rules.Rule, error) {
	v, err := get[[]rules.Rule](ctx, d, rulesKey(bot))
	if err != nil {
		return nil, fmt.Errorf("desk: rules of bot %s: %w", bot, err)
	}
	if v.value == nil {
		return []rules.Rule{}, nil
	}
	return v.value, nil
}

// PutRules puts the bot's routing rules, all of them in their order, in place
// of those before. They say where [Bot.HandOff] puts a conversation that names
// neither queue nor agent. The queues, agents, fields and calendars that they
// name must exist, and tags be of the catalogue if there is one.
//
// Errors as of [Bot.PutAgent].
func (b *Bot) PutRules(ctx context.Context, all []rules.Rule) error {
	return b.d.putRules(ctx, b.who, b.id, all)
}

// Rules gives the bot's routing rules, in their order.
func (b *Bot) Rules(ctx context.Context) ([]rules.Rule, error) { return b.d.rulesOf(ctx, b.id) }

// DryRun says what rules would decide, and why, and changes nothing. Errors:
// handoff.ErrInvalid, ErrNotFound.
func (b *Bot) DryRun(ctx context.Context, s Sample) (Trial, error) {
	a, _ := b.who(ctx, nil)
	return b.d.tryRules(ctx, a, s)
}

// PutRules puts the bot's routing rules. It takes handoff.PermManageSettings.
// As [Bot.PutRules] otherwise.
func (s *Seat) PutRules(ctx context.Context, all []rules.Rule) error {
	return s.d.putRules(ctx, s.who, s.bot, all)
}

// Rules gives the bot's routing rules, in their order. It takes
// handoff.PermManageSettings. Errors: ErrForbidden.
func (s *Seat) Rules(ctx context.Context) ([]rules.Rule, error) {
	if err := s.settles(ctx); err != nil {
		return nil, err
	}
	return s.d.rulesOf(ctx, s.bot)
}

// DryRun says what rules would decide. It takes handoff.PermManageSettings,
// and a conversation that the agent sees. As [Bot.DryRun] otherwise.
func (s *Seat) DryRun(ctx context.Context, sample Sample) (Trial, error) {
	if err := s.settles(ctx); err != nil {
		return Trial{}, err
	}
	a, err := s.who(ctx, nil)
	if err != nil {
		return Trial{}, err
	}
	return s.d.tryRules(ctx, a, sample)
}

// settles refuses who may not change the bot's settings.
func (s *Seat) settles(ctx context.Context) error {
	a, err := s.who(ctx, nil)
	if err != nil {
		return err
	}
	if !a.may(handoff.PermManageSettings) {
		return ErrForbidden
	}
	return nil
}
