package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
)

// Options of a sender. The zero value, and nil, mean the documented defaults.
type Options struct {
	// Allow lists addresses that are posted to although they are not public,
	// such as an intranet's: to these also by plain http.
	Allow []netip.Prefix
	// Ports are those that are posted to. Default 443.
	Ports []uint16
	// Timeout bounds one attempt, from looking up the name to the end of the
	// answer. Default 15 s.
	Timeout time.Duration
	// RootCAs are whose certificates are believed. Nil is the system's.
	RootCAs *x509.CertPool
}

// Sender posts messages. Its methods may be called from many goroutines. It
// is a desk.WebhookSender.
type Sender struct {
	allow   []netip.Prefix
	ports   []uint16
	timeout time.Duration
	// resolver is the system's where it is nil.
	resolver *net.Resolver
	https    *http.Client
	http     *http.Client // reaches only what is in allow
}

// maxAnswer is how much of an answer is read, so that its connection can be
// used again.
const maxAnswer = 64 << 10

// MaxRetryAfter is the longest time that an answer can ask to be left alone.
const MaxRetryAfter = 24 * time.Hour

// New makes a sender.
func New(o *Options) *Sender {
	var p Options
	if o != nil {
		p = *o
	}
	s := &Sender{allow: slices.Clone(p.Allow), ports: slices.Clone(p.Ports), timeout: p.Timeout}
	if len(s.ports) == 0 {
		s.ports = []uint16{443}
	}
	if s.timeout <= 0 {
		s.timeout = 15 * time.Second
	}
	tls := &tls.Config{RootCAs: p.RootCAs, MinVersion: tls.VersionTLS12}
	s.https, s.http = s.client(tls, true), s.client(tls, false)
	return s
}

func (s *Sender) client(tls *tls.Config, publicToo bool) *http.Client {
	return &http.Client{
		Timeout: s.timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // to the status it is: a refusal
		},
		Transport: &http.Transport{
			Proxy: nil, // the environment's would dial for us, unjudged
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				d := net.Dialer{Timeout: s.timeout, Resolver: s.resolver, Control: s.control(publicToo)}
				return d.DialContext(ctx, network, address)
			},
			TLSClientConfig: tls, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: s.timeout, ResponseHeaderTimeout: s.timeout,
			MaxResponseHeaderBytes: maxAnswer, MaxIdleConns: 100, MaxIdleConnsPerHost: 4,
			IdleConnTimeout: 30 * time.Second,
		},
	}
}

// Post makes one attempt at a message and gives the answer's status, whatever
// it is; an error says that there was no answer. It signs with every secret.
// Errors: ErrRefused, ErrSecret, and those of the network, none of which
// holds more of the URL than its host.
func (s *Sender) Post(ctx context.Context, p handoff.WebhookPost) (handoff.WebhookAnswer, error) {
	if err := s.CheckURL(p.URL); err != nil {
		return handoff.WebhookAnswer{}, err
	}
	signatures := make([]string, len(p.Secrets))
	for i, secret := range p.Secrets {
		var err error
		if signatures[i], err = Sign(secret, p.ID, p.At, p.Body); err != nil {
			return handoff.WebhookAnswer{}, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, bytes.NewReader(p.Body))
	if err != nil {
		return handoff.WebhookAnswer{}, fmt.Errorf("%w: malformed URL", ErrRefused)
	}
	req.Header = http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {"handoff-webhook/1"},
		HeaderID: {p.ID}, HeaderTimestamp: {strconv.FormatInt(p.At.Unix(), 10)},
		HeaderSignature: {strings.Join(signatures, " ")},
	}
	client := s.https
	if req.URL.Scheme == "http" {
		client = s.http
	}
	res, err := client.Do(req)
	if err != nil {
		return handoff.WebhookAnswer{}, plain(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // the status has been given
	answer := handoff.WebhookAnswer{Status: res.StatusCode}
	if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
		answer.RetryAfter = min(time.Duration(min(n, int(MaxRetryAfter/time.Second)))*time.Second, MaxRetryAfter)
	}
	return answer, nil
}

// plain is an error of the client without the URL, which may hold a token.
func plain(err error) error {
	var with interface{ Unwrap() error }
	if errors.As(err, &with) {
		if inner := with.Unwrap(); inner != nil {
			return fmt.Errorf("webhook: posting: %w", inner)
		}
	}
	return errors.New("webhook: posting failed")
}

// Close ends the connections that are kept open for further messages. The
// sender may go on being used.
func (s *Sender) Close() {
	s.https.CloseIdleConnections()
	s.http.CloseIdleConnections()
}
