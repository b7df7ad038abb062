package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
)

// What a visitor of the customer page may do.
const (
	maxWords    = 2000    // characters of a message
	maxPicture  = 4 << 20 // bytes
	maxVisitors = 10_000  // remembered at once
	maxStreams  = 200     // open at once, by all of them
	maxTabs     = 4       // open at once, by one
)

// visitor is somebody at the customer page, known by a cookie.
type visitor struct {
	handoff.Address
	language language
	talks    handoff.ConversationID // the latest one
	messages *rate.Limiter
	pictures *rate.Limiter
	tabs     int
	seen     time.Time
}

// visitors are those who came lately.
type visitors struct {
	mu      sync.Mutex
	by      map[string]*visitor // by address
	arrive  *rate.Limiter
	streams int
	waiting map[string]chan struct{} // by conversation or address: closed when there is news
}

func newVisitors() *visitors {
	return &visitors{by: map[string]*visitor{}, arrive: rate.NewLimiter(2, 30), waiting: map[string]chan struct{}{}}
}

const visitorPrefix = "visitor-"

// has reports whether an address is that of a visitor.
func (v *visitors) has(a handoff.Address) bool {
	return a.Channel == web && strings.HasPrefix(a.ID, visitorPrefix)
}

// language gives the language of a visitor's browser.
func (v *visitors) language(a handoff.Address) (language, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if one := v.by[a.ID]; one != nil && v.has(a) {
		return one.language, true
	}
	return pt, false
}

// cookie is what a visitor is known by. Their address is made of it, and does
// not give it away.
const cookie = "lumen-visitor"

// of gives who makes a request; nil is that too many came at once. Who has no
// cookie gets one.
func (v *visitors) of(w http.ResponseWriter, r *http.Request) *visitor {
	secret := ""
	if c, err := r.Cookie(cookie); err == nil && len(c.Value) == len(rand.Text()) {
		secret = c.Value
	} else {
		secret = rand.Text()
		http.SetCookie(w, &http.Cookie{
			Name: cookie, Value: secret, Path: "/customer", HttpOnly: true, SameSite: http.SameSiteStrictMode,
			Secure: r.TLS != nil, MaxAge: int((30 * 24 * time.Hour).Seconds()),
		})
	}
	hash := sha256.Sum256([]byte(secret))
	id := visitorPrefix + hex.EncodeToString(hash[:8])
	v.mu.Lock()
	defer v.mu.Unlock()
	one := v.by[id]
	if one == nil {
		if !v.arrive.Allow() {
			return nil
		}
		v.makeRoom()
		one = &visitor{
			Address:  handoff.Address{Channel: web, Account: accountOf[web], ID: id},
			messages: rate.NewLimiter(1, 6), pictures: rate.NewLimiter(0.2, 3),
		}
		v.by[id] = one
	}
	one.seen, one.language = time.Now(), spoken(r.Header.Get("Accept-Language"))
	return one
}

// makeRoom forgets who was not seen for longest, if there are too many.
func (v *visitors) makeRoom() {
	if len(v.by) < maxVisitors {
		return
	}
	oldest := ""
	for id, each := range v.by {
		if each.tabs == 0 && (oldest == "" || each.seen.Before(v.by[oldest].seen)) {
			oldest = id
		}
	}
	delete(v.by, oldest)
}

// spoken gives the language that a browser asks for first.
func spoken(accept string) language {
	switch {
	case strings.HasPrefix(accept, "en"):
		return en
	case strings.HasPrefix(accept, "es"):
		return es
	}
	return pt
}

// enter counts a tab in, if there is room; leave takes it out.
func (v *visitors) enter(one *visitor) (leave func(), ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if one.tabs == maxTabs || v.streams == maxStreams {
		return nil, false
	}
	one.tabs++
	v.streams++
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		one.tabs--
		v.streams--
	}, true
}

// news gives a channel that is closed when there is news of any of these.
func (v *visitors) news(of string) <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.waiting[of] == nil {
		v.waiting[of] = make(chan struct{})
	}
	return v.waiting[of]
}

// tell closes the channel of whoever waits for news.
func (v *visitors) tell(of string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if waiting := v.waiting[of]; waiting != nil {
		close(waiting)
		delete(v.waiting, of)
	}
}

// follow tells of every conversation in which something happens, until ctx is
// done.
func (v *visitors) follow(ctx context.Context, d *desk.Desk) {
	for ctx.Err() == nil {
		head, err := d.Head(ctx)
		if err == nil {
			for item, err := range d.Bot(lumen).Subscribe(ctx, head) {
				if err != nil {
					break
				}
				v.tell(string(item.Event.Conversation))
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second): // the store is away
		}
	}
}

// talk gives the latest conversation of a visitor, "" if they never wrote.
func (t *town) talk(ctx context.Context, one *visitor) (handoff.ConversationID, error) {
	t.guests.mu.Lock()
	id := one.talks
	t.guests.mu.Unlock()
	if id != "" {
		return id, nil
	}
	// The program may have been started again since.
	page, err := t.bot.Conversations(ctx, filter.Criteria{Channels: []handoff.Channel{web}}, "")
	if err != nil {
		return "", err
	}
	for _, row := range page.Rows {
		if row.Address == one.ID {
			t.setTalk(one, row.ID)
			return row.ID, nil
		}
	}
	return "", nil
}

func (t *town) setTalk(one *visitor, id handoff.ConversationID) {
	t.guests.mu.Lock()
	one.talks = id
	t.guests.mu.Unlock()
	t.guests.tell(one.ID)
}
