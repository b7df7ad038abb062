package console

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/desk/console/internal/live"
	"github.com/handoffdesk/handoff/export/fonts"
)

// Options of a console. The zero value, and nil, mean the documented defaults.
type Options struct {
	// Authenticator says who makes a request. Nil: people sign in with e-mail
	// and password.
	Authenticator Authenticator
	// SignIn is where the pages send somebody whom the Authenticator does not
	// know. Empty: they only say so.
	SignIn string
	// Accounts keep people, sessions and API keys. Nil: those of the desk's
	// store, with the defaults.
	Accounts *accounts.Accounts
	// Lines are the channel accounts on which agents may start conversations.
	Lines map[handoff.BotID][]Line
	// Overlay holds files that take the place of the pages' own, or come in
	// addition: styles/theme.css is for colours, icons/icon.svg the logo. It
	// is read once, by New.
	Overlay fs.FS
	// Fonts are asked for the characters of transcripts that packages noto
	// and emoji lack: package cjk has Chinese, Japanese and Korean. None by
	// default.
	Fonts []fonts.Family
	// FrameAncestors are the origins that may show the console in a frame,
	// such as "https://platform.example". None by default.
	FrameAncestors []string
	// TrustedProxies are those whose X-Forwarded-For and X-Forwarded-Proto are
	// believed. None by default.
	TrustedProxies []netip.Prefix
	// Logger gets ids and errors, never what somebody wrote. Nil logs nowhere.
	Logger *slog.Logger
}

// Line is a channel account on which agents may start conversations.
type Line struct {
	Channel handoff.Channel   `json:"channel"`
	Account handoff.AccountID `json:"account"`
	Name    string            `json:"name"` // what agents call it
}

// Console is the handler. It may be used by many goroutines, and several
// processes may each have one on the same data.
type Console struct {
	desk     *desk.Desk
	o        Options
	log      *slog.Logger
	accounts *accounts.Accounts
	auth     Authenticator
	password bool // people sign in here, with a password
	csp      string
	cross    *http.CrossOriginProtection
	mux      *http.ServeMux
	api      huma.API
	routes   []route
	pages    *pages

	live       *live.Hub
	streams    streams
	attendance attendance
}

// New makes a console on a desk. It reads the overlay; the caller closes the
// console before the desk's store. d.Run must run in this process too: it keeps
// those connected whose stream is here.
//
// Errors: handoff.ErrInvalid for an option that cannot be, or what reading the
// overlay gave.
func New(d *desk.Desk, o *Options) (*Console, error) {
	c := &Console{desk: d, cross: http.NewCrossOriginProtection(), mux: http.NewServeMux()}
	if o != nil {
		c.o = *o
	}
	c.o.TrustedProxies = slices.Clone(c.o.TrustedProxies)
	if c.log = c.o.Logger; c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if c.csp, err = policy(c.o.FrameAncestors); err != nil {
		return nil, err
	}
	if u, err := url.Parse(c.o.SignIn); err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return nil, &handoff.FieldError{Field: "SignIn", Reason: "must be a path or an http address"}
	}
	if err := checkLines(c.o.Lines); err != nil {
		return nil, err
	}
	if c.accounts = c.o.Accounts; c.accounts == nil {
		if c.accounts, err = accounts.New(d.Store(), &accounts.Options{Logger: c.log}); err != nil {
			return nil, err
		}
	}
	if c.auth = c.o.Authenticator; c.auth == nil {
		c.auth, c.password = passwords{c}, true
	}
	if c.pages, err = newPages(c.o.Overlay); err != nil {
		return nil, err
	}
	c.streams.gate = gate[SeatRef]{each: maxSeatStreams, all: maxStreams}
	c.attendance = attendance{streams: map[device]int{}}
	c.live = live.New(d, c.log)
	c.pages.handle(c.mux)
	c.handleAPI()
	return c, nil
}

// checkLines reports a line that no conversation could be started on.
func checkLines(lines map[handoff.BotID][]Line) error {
	for bot, of := range lines {
		if err := handoff.CheckID("Lines", bot); err != nil {
			return err
		}
		for _, l := range of {
			if err := (handoff.Address{Channel: l.Channel, Account: l.Account, ID: "x"}).Check(); err != nil {
				return err
			}
			if err := handoff.CheckName("Lines", l.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close ends the streams and waits until they have ended: whoever is there by
// none elsewhere soon counts as lost. Other requests work as before; streams
// are refused. Calling it again does nothing. It always gives nil.
func (c *Console) Close() error {
	c.streams.close()
	c.live.Close()
	c.streams.open.Wait()
	return nil
}
