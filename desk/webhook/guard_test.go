package webhook

import (
	"bytes"
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	t.Parallel()
	s := New(nil)
	dial := s.control(true)
	for _, a := range []string{
		"127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
		"100.64.0.1", "100.100.100.200", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1",
		"255.255.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1",
		"168.63.129.16", "::", "::1", "::ffff:8.8.8.8", "::ffff:169.254.169.254", "64:ff9b::8.8.8.8", "64:ff9b:1::1",
		"fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2002:a9fe:a9fe::1", "2001::1", "3fff::1", "100::1",
		"::8.8.8.8", "fec0::1", "5f00::1",
	} {
		network := "tcp4"
		if netip.MustParseAddr(a).Is6() {
			network = "tcp6"
		}
		require.ErrorIs(t, dial(network, net.JoinHostPort(a, "443"), nil), ErrRefused, a)
	}
	for _, a := range []string{"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "169.253.0.1"} {
		require.NoError(t, dial("tcp4", net.JoinHostPort(a, "443"), nil), a)
	}
	require.NoError(t, dial("tcp6", "[2606:4700:4700::1111]:443", nil))
	require.ErrorIs(t, dial("tcp4", "8.8.8.8:22", nil), ErrRefused, "a port that is not open")
	require.ErrorIs(t, dial("udp4", "8.8.8.8:443", nil), ErrRefused)
	require.ErrorIs(t, dial("unix", "/run/docker.sock", nil), ErrRefused)
	require.ErrorIs(t, dial("tcp6", "[fe80::1%eth0]:443", nil), ErrRefused)
	require.ErrorIs(t, s.control(false)("tcp4", "8.8.8.8:443", nil), ErrRefused, "plain http goes to what is allowed by name")
}

func TestAURLInDisguiseIsRefused(t *testing.T) {
	t.Parallel()
	s := New(nil)
	for _, u := range []string{
		"", "hook.example", "http://hook.example/", "ftp://hook.example/", "file:///etc/passwd", "https://", "https:///x",
		"https:hook.example", "https://hook.example:8443/", "https://hook.example:80/", "https://a@hook.example/",
		"https://hook.example/#x", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:a9fe:a9fe]/", "https://[fe80::1%25eth0]/",
		"https://169.254.169.254/latest/meta-data", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/",
		"https://10.0.0.1./", "https://hook.example:99999/", "https://[::ffff:8.8.8.8]/",
	} {
		require.ErrorIs(t, s.CheckURL(u), ErrRefused, u)
	}
	for _, u := range []string{"https://hook.example/a?b=c", "https://HOOK.example:443", "https://8.8.8.8/", "https://xn--n3h.example/"} {
		require.NoError(t, s.CheckURL(u), u)
	}
	inner := New(&Options{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, Ports: []uint16{443, 80, 9000}})
	require.NoError(t, inner.CheckURL("http://10.1.2.3/"))
	require.NoError(t, inner.CheckURL("https://10.1.2.3:9000/"))
	require.ErrorIs(t, inner.CheckURL("https://10.2.2.3/"), ErrRefused)
	require.ErrorIs(t, inner.CheckURL("http://8.8.8.8/"), ErrRefused, "plain http to the world")
}

func FuzzCheckURL(f *testing.F) {
	for _, u := range []string{"https://hook.example/", "https://[::1]/", "https://0x7f.1/", "https://a@b/", "//x", "https://x:443:1/"} {
		f.Add(u)
	}
	s := New(nil)
	f.Fuzz(func(t *testing.T, text string) {
		if s.CheckURL(text) != nil {
			return
		}
		u, err := url.Parse(text)
		require.NoError(t, err)
		require.Equal(t, "https", u.Scheme)
		if a, err := netip.ParseAddr(u.Hostname()); err == nil {
			require.True(t, public(a))
		}
	})
}

// names is a resolver that asks a server on this machine, which answers with
// the address that turn gives.
func names(t *testing.T, turn func() netip.Addr) *net.Resolver {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			// Header, one question; its type is before the last two bytes.
			end := 12 + bytes.IndexByte(buf[12:n], 0) + 5
			answer := append(slices.Clone(buf[:2]), 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
			answer = append(answer, buf[12:end]...)
			if buf[end-3] == 1 { // A
				a := turn().As4()
				answer[7] = 1
				answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
				answer = append(answer, a[:]...)
			}
			_, _ = conn.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}
}

// receiver is a server on this machine, and a sender that trusts it and may
// dial its port.
func receiver(t *testing.T, allow bool, h http.HandlerFunc) (*httptest.Server, *Sender) {
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	o := &Options{RootCAs: x509.NewCertPool(), Timeout: 5 * time.Second, Ports: []uint16{443, port(t, server)}}
	o.RootCAs.AddCert(server.Certificate())
	if allow {
		o.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	s := New(o)
	t.Cleanup(s.Close)
	return server, s
}

func port(t *testing.T, s *httptest.Server) uint16 {
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	require.NoError(t, err)
	return uint16(n)
}

func post(url string, secrets ...string) handoff.WebhookPost {
	return handoff.WebhookPost{URL: url, ID: "msg_1", At: time.Unix(1614265330, 0), Body: []byte(`{}`), Secrets: secrets}
}

func TestANameThatTurnsIntoAPrivateAddressIsNotDialled(t *testing.T) {
	t.Parallel()
	var reached, asked atomic.Int32
	server, s := receiver(t, false, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	s.resolver = names(t, func() netip.Addr {
		asked.Add(1)
		return netip.MustParseAddr("127.0.0.1")
	})
	to := "https://rebound.example:" + strconv.Itoa(int(port(t, server))) + "/"
	require.NoError(t, s.CheckURL(to), "nothing is wrong with the name")
	_, err := s.Post(t.Context(), post(to, NewSecret()))
	require.ErrorIs(t, err, ErrRefused)
	require.NotZero(t, asked.Load())
	require.Zero(t, reached.Load())
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var inner atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inner.Add(1) }))
	defer other.Close()
	server, s := receiver(t, true, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	s.ports = append(s.ports, port(t, other))
	answer, err := s.Post(t.Context(), post(server.URL, NewSecret()))
	require.NoError(t, err)
	require.Equal(t, http.StatusTemporaryRedirect, answer.Status)
	require.Zero(t, inner.Load())
}

func TestTheEnvironmentsProxyIsNotAsked(t *testing.T) {
	t.Parallel()
	s := New(nil)
	require.Nil(t, s.https.Transport.(*http.Transport).Proxy)
	require.Nil(t, s.http.Transport.(*http.Transport).Proxy)
}

func TestAReceiverVerifiesWhatWasPosted(t *testing.T) {
	t.Parallel()
	secret, next := NewSecret(), NewSecret()
	server, s := receiver(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != "application/json" {
			w.WriteHeader(http.StatusUnsupportedMediaType)
			return
		}
		for _, known := range []string{secret, next} {
			if Verify(r.Header, []byte(`{}`), time.Unix(1614265330, 0), known) != nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
		}
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	answer, err := s.Post(t.Context(), post(server.URL, next, secret))
	require.NoError(t, err)
	require.Equal(t, handoff.WebhookAnswer{Status: http.StatusTooManyRequests, RetryAfter: 2 * time.Minute}, answer)
}

func TestASlowReceiverIsGivenUp(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	server, s := receiver(t, true, func(_ http.ResponseWriter, r *http.Request) { <-done })
	defer close(done)
	s.https.Timeout = 50 * time.Millisecond
	_, err := s.Post(t.Context(), post(server.URL+"/?token=hidden", NewSecret()))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hidden", "the URL is nobody's business")
}
