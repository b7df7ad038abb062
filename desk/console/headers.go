package console

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"runtime/debug"
	"strings"

	"github.com/handoffdesk/handoff"
)

// policy is the content security policy: the console's own files and nothing
// else, nothing inline, and no frame but of those named.
func policy(ancestors []string) (string, error) {
	frames := "'none'"
	if len(ancestors) > 0 {
		frames = strings.Join(ancestors, " ")
	}
	for _, a := range ancestors {
		u, err := url.Parse(a)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || a != u.Scheme+"://"+u.Host ||
			u.Host == "" || strings.ContainsAny(a, " ;,'\"*") {
			return "", &handoff.FieldError{Field: "FrameAncestors", Reason: "must be origins such as https://platform.example"}
		}
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
		"media-src 'self' blob:; manifest-src 'self'; connect-src 'self'; base-uri 'none'; " +
		"form-action 'self'; frame-ancestors " + frames, nil
}

// ServeHTTP answers a request. The path is that below the mount point: see
// http.StripPrefix.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := &answer{ResponseWriter: w}
	h := w.Header()
	h.Set("Content-Security-Policy", c.csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store") // the pages' files say otherwise
	defer c.recover(answer, r)

	if err := c.cross.Check(r); err != nil {
		c.problem(r.Context(), errCrossOrigin).write(answer)
		return
	}
	_, pattern := c.mux.Handler(r)
	switch {
	case pattern != "" && r.URL.Path == path.Clean(r.URL.Path):
		c.mux.ServeHTTP(answer, r)
	case pattern == "" && c.otherMethods(r, h):
		c.problem(r.Context(), errMethod).write(answer)
	default: // also a path that the mux would redirect, not knowing the mount point
		newProblem(http.StatusNotFound, "not_found", "Not found").write(answer)
	}
}

// otherMethods reports whether the path exists for other methods, and says
// for which.
func (c *Console) otherMethods(r *http.Request, h http.Header) bool {
	var allow []string
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		other := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := c.mux.Handler(other); pattern != "" {
			allow = append(allow, method)
		}
	}
	if len(allow) == 0 {
		return false
	}
	h.Set("Allow", strings.Join(allow, ", "))
	return true
}

// recover makes an answer of a panic. What it was about is not logged, as it
// may be what somebody wrote; where it was is.
func (c *Console) recover(w *answer, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	p := c.internal(r.Context(), slog.String("panic", fmt.Sprintf("%T", v)),
		slog.String("stack", string(debug.Stack())))
	if w.begun {
		panic(http.ErrAbortHandler) // the client must not take half an answer for a whole one
	}
	p.write(w)
}

// answer knows whether it has begun.
type answer struct {
	http.ResponseWriter
	begun bool
}

func (a *answer) WriteHeader(status int) {
	a.begun = true
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// clientIP is where a request comes from: the last address that no trusted
// proxy has. The zero Addr is unknown.
func (c *Console) clientIP(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && c.trusted(at); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = next.Unmap().WithZone("")
	}
	return at
}

func (c *Console) trusted(a netip.Addr) bool {
	for _, p := range c.o.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// overTLS reports whether the browser's connection is encrypted.
func (c *Console) overTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && c.trusted(peer.Addr().Unmap()) && r.Header.Get("X-Forwarded-Proto") == "https"
}
