package chaos

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/handoffdesk/handoff/desk"
)

// reader subscribes to the bot's events.
type reader struct {
	desk  *desk.Desk
	law   *verdict
	r     *rand.Rand
	often int // one in so many events it goes away
	back  int // and comes back to as many events before

	notes    []note
	cursors  []string // after each note
	bookmark string
	resumed  int
	given    int
	at       atomic.Value // the bookmark, for others
	stays    atomic.Bool  // it goes away no more
	errors   int
}

// follow reads until ctx is done, resuming whenever it went away or was
// thrown out.
func (f *reader) follow(ctx context.Context) {
	for ctx.Err() == nil {
		for item, err := range f.desk.Bot(acme).Subscribe(ctx, f.bookmark) {
			if errors.Is(err, desk.ErrReset) {
				f.law.broken("a subscriber misses nothing", "its cursor %q is refused: %v", f.bookmark, err)
				return
			}
			if err != nil {
				f.errors++
				break
			}
			f.bookmark = item.Cursor
			f.at.Store(f.bookmark)
			if e := item.Event; e.Kind != "" {
				f.given++
				f.notes = append(f.notes, note{kind: e.Kind, conv: e.Conversation, seq: e.Seq})
				f.cursors = append(f.cursors, item.Cursor)
			}
			if f.often > 0 && f.r.IntN(f.often) == 0 && !f.stays.Load() {
				f.rewind()
				break
			}
		}
		f.resumed++
		breath(ctx, f.r, 50*time.Millisecond)
	}
}

// rewind goes back to an earlier place: what it was given since is to be
// given again.
func (f *reader) rewind() {
	n := len(f.notes) - f.back
	if f.back == 0 || n <= 0 {
		return
	}
	f.notes, f.cursors, f.bookmark = f.notes[:n], f.cursors[:n], f.cursors[n-1]
	f.at.Store(f.bookmark)
}

// compare asks that a reader was given what is in the ledger: all of it, once,
// in order.
func (f *reader) compare(l *ledger) {
	for i, n := range f.notes {
		if i >= len(l.notes) {
			f.law.broken("a subscriber sees nothing twice", "it was given %d events of %d", len(f.notes), len(l.notes))
			return
		}
		want := l.notes[i]
		want.place = 0
		if n != want {
			f.law.broken("a subscriber misses nothing, and sees nothing twice", "it was given %v in the place of %v, number %d of %d", n, want, i+1, len(l.notes))
			return
		}
	}
	if len(f.notes) < len(l.notes) {
		f.law.broken("a subscriber misses nothing", "it was given %d events of %d", len(f.notes), len(l.notes))
	}
}
