package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

// list is what one stream shows of its live list: places, as package filter
// keeps them, and what the viewer has read of each row.
type list struct {
	of      *filter.List // nil: the viewer may not have such a list
	rows    map[handoff.ConversationID]row
	edition int64     // of the names in its rows
	ends    time.Time // of its period
	filled  int64     // the hub's tick after the last page was read
	begun   bool      // the viewer has its beginning
	more    bool      // as the viewer was told
}

// row is what of a row depends on the viewer.
type row struct {
	seq  int64 // of the conversation as it was last shown
	read int64 // how many of the contact's messages the viewer has read
}

// step is a change of the list, with the conversation that the row shows;
// nil for a row that left.
type step struct {
	filter.Change
	shows *snapshot
}

// read notes what the viewer has read; there may be no list.
func (l *list) read(id handoff.ConversationID, received int64) {
	if l == nil {
		return
	}
	if r, shown := l.rows[id]; shown && r.read < received {
		r.read = received
		l.rows[id] = r
	}
}

// expiry is when something changes by time alone.
func (l *list) expiry() (time.Time, bool) {
	if l.of == nil {
		return time.Time{}, false
	}
	return l.of.NextExpiry()
}

// refused reports whether the viewer may not have the list.
func (l *list) refused() bool { return l.of == nil }

// showList brings the list to where it is after what touched these
// conversations, and reads a page of it if rows are missing; more says that
// some still are. What fails begins anew.
func (s *Stream) showList(ctx context.Context, touched []*subject) (more bool, err error) {
	defer func() {
		if err != nil {
			s.list = nil
		}
	}()
	if s.list != nil && s.list.edition != s.room.names.Load().edition {
		s.list = nil
	}
	if s.list != nil && !s.list.refused() {
		steps, err := s.changes(ctx, touched)
		if err != nil {
			return false, err
		}
		if err := s.showSteps(ctx, steps); err != nil {
			return false, err
		}
	}
	if s.list == nil {
		if err := s.beginList(ctx); err != nil {
			return false, err
		}
	}
	if s.list.refused() || s.list.begun && s.list.of.Missing() == 0 {
		return false, nil
	}
	if err := s.fill(ctx); err != nil {
		return false, err
	}
	return s.list == nil || s.list.of.Missing() > 0, nil
}

// beginList begins the list anew. A viewer who may not have it any more, as
// one who asks for other agents' and may not see them now, has it empty.
func (s *Stream) beginList(ctx context.Context) error {
	if err := s.fresh(ctx); err != nil {
		return err
	}
	now, err := s.clock(ctx)
	if err != nil {
		return err
	}
	l := &list{rows: map[handoff.ConversationID]row{}, edition: s.room.names.Load().edition}
	l.of, err = s.view.NewList(*s.viewer.Criteria, now)
	switch {
	case errors.Is(err, handoff.ErrInvalid):
		l.of = nil
		s.say("", "list", []byte(`{"reset":true,"rows":[],"more":false}`))
	case err != nil:
		return err
	default:
		l.ends = l.of.Where().To
	}
	s.list = l
	return nil
}

// clock reads the store's clock.
func (s *Stream) clock(ctx context.Context) (time.Time, error) {
	now, err := s.room.hub.desk.Now(ctx)
	s.ahead = time.Until(now)
	return now, err
}

// changes takes what time and what was touched do to the list. On a new day
// it is another list.
func (s *Stream) changes(ctx context.Context, touched []*subject) (steps []step, err error) {
	l := s.list
	if due, ok := l.expiry(); ok && time.Until(due.Add(-s.ahead)) <= 0 {
		now, err := s.clock(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range l.of.Expire(now) {
			steps = append(steps, step{Change: c})
		}
	}
	for _, sub := range touched {
		n := sub.latest.Load()
		if n.tick <= l.filled {
			// A page may have been read after it: the list is not to go back.
			if n, err = s.room.hub.read(ctx, s.viewer.Bot, sub.id, n.clock); err != nil {
				return nil, err
			}
			n = sub.learn(n)
		}
		if r, shown := l.rows[sub.id]; shown && r.seq == n.conversation.Seq {
			continue
		}
		for _, c := range l.of.Change(n.conversation, n.clock) {
			shows := n
			if c.Kind == filter.Leave {
				shows = nil
			}
			steps = append(steps, step{c, shows})
		}
	}
	if !l.of.Where().To.Equal(l.ends) {
		s.list = nil
		return nil, nil
	}
	return steps, nil
}

// fill reads a page of the rows that are missing.
func (s *Stream) fill(ctx context.Context) error {
	if err := s.fresh(ctx); err != nil || s.list == nil {
		return err
	}
	l := s.list
	page, err := s.room.hub.desk.Store().Conversations(ctx, storage.Query{
		Bot: s.viewer.Bot, Where: l.of.Where(), After: l.of.After(), Limit: min(l.of.Missing(), filter.MaxPage),
	})
	if err != nil {
		return fmt.Errorf("live: listing conversations: %w", err)
	}
	l.filled = s.room.hub.tick.Add(1)
	ids := make([]handoff.ConversationID, len(page.Rows))
	for i, c := range page.Rows {
		ids[i] = c.ID
	}
	dues, err := s.room.hub.desk.Bot(s.viewer.Bot).Dues(ctx, ids...)
	if err != nil {
		return err
	}
	var steps []step
	for _, c := range l.of.Fill(page.Rows, page.Next, page.More) {
		st := step{Change: c}
		if c.Kind != filter.Leave {
			i := slices.IndexFunc(page.Rows, func(r handoff.Conversation) bool { return r.ID == c.ID })
			st.shows = &snapshot{conversation: page.Rows[i]}
			if due, ok := dues[c.ID]; ok {
				st.shows.due = &due
			}
		}
		steps = append(steps, st)
	}
	return s.showSteps(ctx, steps)
}

// showSteps tells the viewer of steps, or of the list's beginning if they are
// that. If by now the viewer sees something else, the list begins anew.
func (s *Stream) showSteps(ctx context.Context, steps []step) error {
	l := s.list
	if l == nil {
		return nil
	}
	more := l.of.Missing() > 0
	if l.begun && len(steps) == 0 && more == l.more {
		return nil
	}
	marks, err := s.marks(ctx, steps)
	if err != nil || marks == nil {
		return err
	}
	names := s.room.names.Load()
	data := []byte(`{"steps":[`)
	if !l.begun {
		data = []byte(`{"reset":true,"rows":[`)
	}
	for i, st := range steps {
		if i > 0 {
			data = append(data, ',')
		}
		if l.begun {
			data = append(data, marshal(st.Change)...)
		}
		if st.shows == nil {
			delete(l.rows, st.ID)
			continue
		}
		r, shown := l.rows[st.ID]
		if !shown {
			r.read = marks[st.ID]
		}
		r.seq = st.shows.conversation.Seq
		l.rows[st.ID] = r
		if l.begun {
			data = append(data[:len(data)-1], `,"row":`...)
		}
		data = st.shows.appendRow(data, names, r.read)
		if l.begun {
			data = append(data, '}')
		}
	}
	data = append(data, `],"more":`...)
	data = append(strconv.AppendBool(data, more), '}')
	l.begun, l.more = true, more
	s.say("", "list", data)
	return nil
}

// marks reads what the viewer has read of rows that are new. If the viewer
// does not see them all any more, there are none and the list begins anew.
func (s *Stream) marks(ctx context.Context, steps []step) (map[handoff.ConversationID]int64, error) {
	enter := map[handoff.ConversationID]handoff.Conversation{}
	for _, st := range steps {
		if st.Kind == filter.Enter {
			enter[st.ID] = st.shows.conversation
		}
	}
	marks := make(map[handoff.ConversationID]int64, len(enter))
	if len(enter) == 0 {
		return marks, nil
	}
	rows, err := s.viewer.Seat.Rows(ctx, slices.Collect(maps.Values(enter)))
	if err != nil {
		return nil, err
	}
	if len(rows) < len(enter) {
		s.list, s.viewed = nil, time.Time{}
		return nil, nil
	}
	for _, r := range rows {
		marks[r.ID] = r.Received - r.Unread
	}
	return marks, nil
}

// appendRow appends the row of a viewer who has read so many of the contact's
// messages. All of it but that is made once, for all.
func (n *snapshot) appendRow(data []byte, of *names, read int64) []byte {
	c := &n.conversation
	shared := n.row.of(func() any {
		whole := *c
		whole.Terms = nil // only searching has a use for them
		return struct {
			handoff.Conversation
			AgentName string    `json:"agentName,omitempty"`
			QueueName string    `json:"queueName,omitempty"`
			Due       *desk.Due `json:"due,omitempty"`
		}{whole, of.agents[c.LastAgent], of.queues[c.Queue], n.due}
	})
	data = append(data, shared[:len(shared)-1]...)
	data = append(data, `,"unread":`...)
	data = strconv.AppendInt(data, max(0, c.Received-read), 10)
	return append(data, '}')
}
