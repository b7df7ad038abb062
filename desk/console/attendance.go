package console

import (
	"context"
	"sync"

	"github.com/handoffdesk/handoff/desk"
)

// device is a browser tab in which an agent is there.
type device struct {
	seat SeatRef
	name string // the tab's own, the same when it comes back
}

// attendance keeps agents connected while their streams are open.
type attendance struct {
	mu      sync.Mutex
	streams map[device]int // open ones
}

// come counts a stream of the device in, and connects the agent. The release
// it gives is for who signs out, before they are counted out.
func (a *attendance) come(ctx context.Context, seat *desk.Seat, d device) (release func(context.Context) error, err error) {
	a.mu.Lock()
	a.streams[d]++ // first, so that an older stream that ends now leaves the device be
	a.mu.Unlock()
	if release, err = seat.Connect(ctx, d.name); err != nil {
		a.leave(seat, d)
	}
	return release, err
}

// leave counts a stream out. After the device's last one the agent is not kept
// connected any more, and counts as lost if the device doesn't come back in
// time: a page that is loaded anew is back by then.
func (a *attendance) leave(seat *desk.Seat, d device) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.streams[d]--; a.streams[d] > 0 {
		return
	}
	delete(a.streams, d)
	seat.Lose(d.name)
}
