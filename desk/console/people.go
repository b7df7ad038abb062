package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/routing"
)

type agentList struct {
	Agents []handoff.Agent `json:"agents"`
}

type agentPath struct {
	Agent handoff.AgentID `path:"agent"`
}

type agentInput struct {
	Agent handoff.AgentID `path:"agent"`
	Body  struct {
		Name        string              `json:"name"`
		Email       string              `json:"email,omitempty"`
		Permissions handoff.Permissions `json:"permissions" doc:"Those of the profile take their place."`
		Profile     handoff.ProfileID   `json:"profile,omitempty"`
		Capacity    int                 `json:"capacity,omitempty" doc:"The most conversations at once; 0 is the default, -1 none."`
		Skills      []string            `json:"skills,omitempty"`
		Calendar    handoff.CalendarID  `json:"calendar,omitempty" doc:"When the agent works; empty is always."`
		Draining    bool                `json:"draining,omitempty" doc:"They are given nothing new."`
		Language    string              `json:"language,omitempty"`
		TimeZone    string              `json:"timeZone,omitempty"`
		Disabled    bool                `json:"disabled,omitempty"`
	}
}

type invitationInput struct {
	Agent handoff.AgentID `path:"agent"`
	Body  struct {
		Reset bool `json:"reset,omitempty" doc:"Give a person who has the seat already a new temporary password, and end their sessions."`
	}
}

// Invited is what became of an invitation. TemporaryPassword is empty if the
// person has a password already; it cannot be read again.
type Invited struct {
	Email             string `json:"email"`
	TemporaryPassword string `json:"temporaryPassword,omitempty"`
}

// APIKey is a key, without its secret.
type APIKey struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	CreatedAt  time.Time `json:"createdAt"`
	LastUsedAt time.Time `json:"lastUsedAt,omitzero"`
}

// NewAPIKey is a key with its secret, which is told only once.
type NewAPIKey struct {
	APIKey
	Secret string `json:"secret"`
}

type keyList struct {
	Keys []APIKey `json:"keys"`
}

type keyPath struct {
	Key string `path:"key"`
}

type keyInput struct {
	Body struct {
		Name string `json:"name"`
	}
}

// handlePeople adds the routes for agents and API keys.
func (c *Console) handlePeople() {
	handle(c, route{method: http.MethodGet, path: "/agents", name: "listAgents", tag: "admin", audience: both,
		summary: "The bot's agents, disabled ones too"},
		func(ctx context.Context, by *caller, _ *none) (agentList, error) {
			agents, err := by.side().Agents(ctx)
			return agentList{list(agents)}, err
		})
	handle(c, route{method: http.MethodPut, path: "/agents/{agent}", name: "putAgent", tag: "admin", audience: both,
		summary: "Create or change an agent"}, c.putAgent)
	handle(c, route{method: http.MethodGet, path: "/agents/{agent}/explain", name: "explainAgent", tag: "admin", audience: both,
		summary: "What keeps an agent from getting conversations"},
		func(ctx context.Context, by *caller, in *agentPath) (routing.AgentExplanation, error) {
			return by.side().ExplainAgent(ctx, in.Agent)
		})
	if c.password {
		handle(c, route{method: http.MethodPost, path: "/agents/{agent}/invitation", name: "inviteAgent", tag: "admin",
			audience: agent, summary: "Let the person with the agent's e-mail address sign in as the agent"}, c.invite)
	}
	handle(c, route{method: http.MethodGet, path: "/keys", name: "listKeys", tag: "admin", audience: agent,
		summary: "The bot's API keys"}, c.listKeys)
	handle(c, route{method: http.MethodPost, path: "/keys", name: "createKey", tag: "admin", audience: agent, status: 201,
		summary: "Make an API key; its secret is told only now"}, c.createKey)
	handle(c, route{method: http.MethodDelete, path: "/keys/{key}", name: "deleteKey", tag: "admin", audience: agent,
		summary: "Delete an API key, which opens nothing from then on"}, c.deleteKey)
}

func (c *Console) putAgent(ctx context.Context, by *caller, in *agentInput) (handoff.Agent, error) {
	a := handoff.Agent{Bot: by.ref.Bot, ID: in.Agent, Name: in.Body.Name, Email: in.Body.Email, Permissions: in.Body.Permissions,
		Profile: in.Body.Profile, Capacity: in.Body.Capacity, Skills: in.Body.Skills, Language: in.Body.Language, TimeZone: in.Body.TimeZone,
		Calendar: in.Body.Calendar, Draining: in.Body.Draining, Disabled: in.Body.Disabled}
	if err := by.side().PutAgent(ctx, a); err != nil {
		return a, err
	}
	c.log.InfoContext(ctx, "console: agent changed", "by", by.id(), "ip", c.clientIP(by.r), "bot", a.Bot, "agent", a.ID,
		"permissions", a.Permissions.Names(), "disabled", a.Disabled)
	return c.managed(ctx, by, in.Agent)
}

// managed reads an agent for whoever may manage them.
func (c *Console) managed(ctx context.Context, by *caller, id handoff.AgentID) (handoff.Agent, error) {
	agents, err := by.side().Agents(ctx)
	if err != nil {
		return handoff.Agent{}, err
	}
	i := slices.IndexFunc(agents, func(a handoff.Agent) bool { return a.ID == id })
	if i < 0 {
		return handoff.Agent{}, fmt.Errorf("%w: agent", desk.ErrNotFound)
	}
	return agents[i], nil
}

// invite gives the agent's seat to the person with the agent's e-mail
// address. Nobody lets in somebody who may do what they may not: it could be
// themself.
func (c *Console) invite(ctx context.Context, by *caller, in *invitationInput) (Invited, error) {
	agent, err := c.managed(ctx, by, in.Agent)
	if err != nil {
		return Invited{}, err
	}
	me, err := by.seat.Me(ctx)
	if err != nil {
		return Invited{}, err
	}
	if !me.Permissions.Has(agent.Permissions) {
		return Invited{}, fmt.Errorf("%w: inviting who may do more", desk.ErrForbidden)
	}
	seat := accounts.Seat{Bot: by.ref.Bot, Agent: agent.ID}
	if in.Body.Reset {
		return c.resetPassword(ctx, by, seat)
	}
	p, temporary, err := c.accounts.Invite(ctx, c.by(by), accounts.Invitation{Email: agent.Email, Name: agent.Name, Seat: seat})
	return Invited{Email: p.Email, TemporaryPassword: temporary}, err
}

// resetPassword is for whoever manages all the seats that the person has, so
// that nobody gets into one by way of another.
func (c *Console) resetPassword(ctx context.Context, by *caller, seat accounts.Seat) (Invited, error) {
	p, err := c.accounts.Holder(ctx, seat)
	if err != nil {
		return Invited{}, err
	}
	manages := map[accounts.Seat]bool{}
	for _, of := range p.Seats {
		if manages[of], err = c.manages(ctx, by, of); err != nil {
			return Invited{}, err
		}
	}
	temporary, err := c.accounts.Reset(ctx, c.by(by), p.ID, func(of accounts.Seat) bool { return manages[of] })
	return Invited{Email: p.Email, TemporaryPassword: temporary}, err
}

// manages reports whether the caller, in any seat of theirs, may manage an
// agent.
func (c *Console) manages(ctx context.Context, by *caller, of accounts.Seat) (bool, error) {
	for _, ref := range by.who.Seats {
		if ref.Bot != of.Bot {
			continue
		}
		seat, err := c.desk.Seat(ctx, ref.Bot, ref.Agent)
		if errors.Is(err, desk.ErrNotFound) {
			continue
		}
		if err != nil {
			return false, err
		}
		me, err := seat.Me(ctx)
		if err != nil {
			return false, err
		}
		agents, err := seat.Agents(ctx)
		if errors.Is(err, desk.ErrForbidden) {
			continue
		}
		if err != nil {
			return false, err
		}
		for _, a := range agents {
			if a.ID == of.Agent && me.Permissions.Has(a.Permissions) {
				return true, nil
			}
		}
	}
	return false, nil
}

// by is the caller for the log of security events.
func (c *Console) by(by *caller) accounts.By {
	return accounts.By{ID: by.id(), IP: c.clientIP(by.r)}
}

// id names the caller: a person or a key.
func (by *caller) id() string {
	if by.key != "" {
		return by.key
	}
	return by.who.Subject
}

// managesKeys reports nil if the caller may manage the bot's API keys: who
// has one is the platform, so it takes somebody who may do everything the
// platform does to agents, queues and settings. A key makes no keys: whoever
// got hold of one would keep what they have when it is deleted.
func managesKeys(ctx context.Context, by *caller) error {
	me, err := by.seat.Me(ctx)
	if err != nil {
		return err
	}
	if !me.Permissions.Has(handoff.RoleAdmin) {
		return fmt.Errorf("%w: managing API keys", desk.ErrForbidden)
	}
	return nil
}

func (c *Console) listKeys(ctx context.Context, by *caller, _ *none) (keyList, error) {
	if err := managesKeys(ctx, by); err != nil {
		return keyList{}, err
	}
	keys, err := c.accounts.Keys(ctx, by.ref.Bot)
	out := keyList{Keys: []APIKey{}}
	for _, k := range keys {
		out.Keys = append(out.Keys, apiKey(k))
	}
	return out, err
}

func apiKey(k accounts.Key) APIKey {
	return APIKey{ID: k.ID, Name: k.Name, CreatedAt: k.CreatedAt, LastUsedAt: k.LastUsedAt}
}

func (c *Console) createKey(ctx context.Context, by *caller, in *keyInput) (NewAPIKey, error) {
	if err := managesKeys(ctx, by); err != nil {
		return NewAPIKey{}, err
	}
	k, secret, err := c.accounts.CreateKey(ctx, c.by(by), by.ref.Bot, in.Body.Name)
	return NewAPIKey{apiKey(k), secret}, err
}

func (c *Console) deleteKey(ctx context.Context, by *caller, in *keyPath) (none, error) {
	if err := managesKeys(ctx, by); err != nil {
		return none{}, err
	}
	return none{}, c.accounts.DeleteKey(ctx, c.by(by), by.ref.Bot, in.Key)
}
