package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// provider is the customers' network. It takes what it is given, now and then
// not, now and then without saying so; and it tells of every message it took
// in any order, often twice, sometimes before it has answered.
type provider struct {
	server *http.Server
	url    string

	mu      sync.Mutex
	r       *rand.Rand
	parcels map[handoff.MessageID]*parcel
	taken   int
	pending []*news
	made    int // news
}

// parcel is one message, as the network knows it.
type parcel struct {
	shipment
	keys     map[string]bool
	attempts []*attempt
	place    int              // among all that were taken, from 1; 0: not taken
	refused  bool             // for good
	again    bool             // given once more after it was taken
	told     handoff.Delivery // by receipts that the desk has acknowledged
}

// attempt is one call.
type attempt struct {
	worker string
	at     time.Time
	later  bool      // it was told to try again later
	left   time.Time // when it gave up waiting for an answer; zero: it did not
}

// inHand says that the worker had the message in hand at a time, as far as the
// network knows: what was answered the worker had yet to store.
func (a *attempt) inHand(at time.Time) bool {
	return a.at.Before(at) && !a.later && (a.left.IsZero() || a.left.After(at))
}

// shipment is what a worker asks to be sent.
type shipment struct {
	Channel handoff.Channel
	Conv    handoff.ConversationID
	Msg     handoff.MessageID
	Number  int64
	Key     string
	Worker  string
}

// answered is what the provider answers.
type answered struct {
	Provider  string
	Code      string
	Temporary bool
}

// news is what the network tells of a message.
type news struct {
	ID       int
	Channel  handoff.Channel
	Msg      handoff.MessageID
	Provider string
	Delivery handoff.Delivery

	due time.Time // told to nobody before
}

func startProvider(seed uint64) (*provider, error) {
	p := &provider{r: rand.New(rand.NewPCG(seed, 1)), parcels: map[handoff.MessageID]*parcel{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.url = "http://" + l.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /send", p.send)
	mux.HandleFunc("POST /news", p.tell)
	mux.HandleFunc("POST /done", p.done)
	p.server = &http.Server{Handler: mux}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

func (p *provider) stop() { _ = p.server.Close() }

func (p *provider) send(w http.ResponseWriter, q *http.Request) {
	var s shipment
	if json.NewDecoder(q.Body).Decode(&s) != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	a, unanswered := p.take(s)
	if unanswered != nil {
		<-q.Context().Done()
		p.mu.Lock()
		defer p.mu.Unlock()
		unanswered.left = time.Now()
		return
	}
	_ = json.NewEncoder(w).Encode(a)
}

// take takes a message or not, and says what to answer, or which attempt is to
// get no answer.
func (p *provider) take(s shipment) (a answered, silent *attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.parcels[s.Msg]
	if m == nil {
		m = &parcel{shipment: s, keys: map[string]bool{}}
		p.parcels[s.Msg] = m
	}
	now := &attempt{worker: s.Worker, at: time.Now()}
	m.attempts = append(m.attempts, now)
	a.Provider = "out-" + s.Key
	if m.place > 0 {
		m.again = true
		m.keys[s.Key] = true
		return a, nil
	}
	switch dice := p.r.IntN(100); {
	case m.refused, dice < 1:
		m.refused = true
		return answered{Code: "400"}, nil
	case dice < 4:
		now.later = true
		return answered{Code: "503", Temporary: true}, nil
	case dice < 6:
		silent = now
	}
	m.keys[s.Key] = true
	p.taken++
	m.place = p.taken
	all := []handoff.Delivery{handoff.Sent, handoff.Delivered, handoff.Read, handoff.Read, handoff.Delivered, handoff.Failed}
	if p.r.IntN(20) > 0 {
		all = all[:5]
	}
	p.r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	due := time.Now().Add(time.Duration(p.r.IntN(40)) * time.Millisecond)
	for _, d := range all[:1+p.r.IntN(4)] {
		p.made++
		p.pending = append(p.pending, &news{ID: p.made, Channel: s.Channel, Msg: s.Msg, Provider: a.Provider, Delivery: d, due: due})
	}
	return a, silent
}

// tell gives the next news. Until it is done, it is told again.
func (p *provider) tell(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var some []*news
	for _, n := range p.pending {
		if time.Now().After(n.due) && len(some) < 4 {
			n.due = time.Now().Add(2 * time.Second)
			some = append(some, n)
		}
	}
	_ = json.NewEncoder(w).Encode(some)
}

func (p *provider) done(w http.ResponseWriter, q *http.Request) {
	var n news
	if json.NewDecoder(q.Body).Decode(&n) != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = slices.DeleteFunc(p.pending, func(o *news) bool { return o.ID == n.ID })
	m := p.parcels[n.Msg]
	m.told = m.told.Advance(n.Delivery)
}

// quiet: all was told, and acknowledged.
func (p *provider) quiet() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pending) == 0
}

// network is a worker's way to the provider.
type network struct {
	url, worker string
	client      *http.Client
}

func newNetwork(url, worker string) *network {
	return &network{url, worker, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}
}

// Traits of the network: it takes keys.
func (n *network) Traits() desk.Traits { return desk.Traits{Idempotent: true} }

// Send gives a message to the provider.
func (n *network) Send(ctx context.Context, out desk.Outgoing) (desk.Sent, error) {
	var a answered
	err := n.post(ctx, "/send", shipment{
		Channel: out.Channel, Conv: out.Conversation, Msg: out.Message.ID, Number: out.Message.Number, Key: out.Key, Worker: n.worker,
	}, &a)
	switch {
	case err != nil:
		return desk.Sent{}, err
	case a.Code != "":
		return desk.Sent{}, &desk.SendError{Code: a.Code, Text: "not taken", Temporary: a.Temporary}
	}
	return desk.Sent{Provider: a.Provider}, nil
}

// unkeyed is the network for channels that take no keys.
type unkeyed struct{ desk.Channel }

// Traits of a network that takes no keys.
func (unkeyed) Traits() desk.Traits { return desk.Traits{} }

// news asks for what there is to tell.
func (n *network) news(ctx context.Context) (some []*news) {
	_ = n.post(ctx, "/news", nil, &some) // next time, then
	return some
}

func (n *network) done(ctx context.Context, what *news) {
	_ = n.post(ctx, "/done", what, nil) // it will be told again
}

func (n *network) post(ctx context.Context, path string, v, into any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	a, err := n.client.Do(q)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("provider: %s", a.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(a.Body).Decode(into)
}
