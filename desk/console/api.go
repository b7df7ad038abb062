package console

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// handleAPI adds the API's routes and the document that describes them.
func (c *Console) handleAPI() {
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{Title: "handoff console", Version: "1",
			Description: "The desk of human agents behind a bot. Errors are application/problem+json with a stable `code`."},
		// Relative to where this document is, so that it holds below any path.
		Servers: []*huma.Server{{URL: "."}},
		Tags: []*huma.Tag{
			{Name: "sign-in", Description: "Who one is."},
			{Name: "me", Description: "The agent's own."},
			{Name: "conversations"},
			{Name: "desk", Description: "Queues and colleagues."},
			{Name: "admin", Description: "What takes a permission, or an API key."},
			{Name: "platform", Description: "For the bot platform, with an API key."},
		},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"session": {Type: "apiKey", In: "cookie", Name: secureCookie,
					Description: "Set by signing in. Without TLS it is named " + plainCookie + "; a platform may sign its people in by other means."},
				"key": {Type: "http", Scheme: "bearer", Description: "An API key of one bot."},
			},
		},
	}
	aliasEnums(doc)
	// The framework's own errors are rewritten to ours.
	alias[huma.ErrorModel, Problem](doc)
	c.api = humago.NewWithPrefix(c.mux, base, huma.Config{
		OpenAPI:      doc,
		Formats:      map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		Transformers: []huma.Transformer{rewriteErrors},
	})
	c.handleSignIn()
	c.handleMe()
	c.handleOffers()
	c.handleDesk()
	c.handleAdmin()
	c.handlePeople()
	c.handleBroadcasts()
	c.handleReports()
	c.handleCanned()
	c.handleHours()
	c.handleCatalogues()
	c.handleRules()
	c.handleSLAs()
	c.handleStream()
	c.handleWebhooks()
	c.handleBulk()
	c.handleContacts()
	nonNull(doc)
	schemas := doc.Components.Schemas.Map()
	for _, s := range schemas {
		delete(s.Properties, "terms") // which no answer has: see shown
	}
	schemas["Problem"].Properties["code"].Enum = codes().Enum
	openAnswers(doc)

	// Nobody but a developer reads it, so it is written out when it is asked for.
	text := sync.OnceValues(func() ([]byte, error) { return json.Marshal(doc) })
	c.mux.HandleFunc("GET "+base+"/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		text, err := text()
		if err != nil {
			c.problem(r.Context(), err).write(w)
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Write(text)
	})
}

// rewriteErrors makes a Problem of whatever error the framework answers with.
func rewriteErrors(ctx huma.Context, status string, v any) (any, error) {
	code, err := strconv.Atoi(status)
	if err != nil || code < 400 {
		return v, err
	}
	p, ok := v.(*Problem)
	if !ok {
		var details []*huma.ErrorDetail
		if m, ok := v.(*huma.ErrorModel); ok {
			details = m.Errors
		}
		p = refused(code, details)
	}
	_, w := humago.Unwrap(ctx)
	p.setHeaders(w.Header())
	return p, nil
}

// nonNull says of the arrays that they are never null, which the framework
// takes every slice for.
func nonNull(doc *huma.OpenAPI) {
	for _, s := range doc.Components.Schemas.Map() {
		for _, p := range s.Properties {
			if p.Type == "array" {
				p.Nullable = false
			}
		}
	}
}

func alias[T, As any](doc *huma.OpenAPI) {
	doc.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[As]())
}

func (c *Console) schema(t reflect.Type) *huma.Schema {
	return c.api.OpenAPI().Components.Schemas.Schema(t, true, "")
}

// operationAt finds what the document has of a route.
func (c *Console) operationAt(r route) *huma.Operation {
	item := c.api.OpenAPI().Paths[r.path]
	switch r.method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	}
	return item.Delete
}
