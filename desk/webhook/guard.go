package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// ErrRefused: the address is not one that may be posted to.
var ErrRefused = errors.New("webhook: address refused")

// special are the parts of the address space that are unicast by their form
// and yet nobody's public server, after the IANA registries; and, as the last
// one, a cloud's metadata service that has a public address.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	"168.63.129.16/32",
)

// global6 is where all public IPv6 addresses are. What embeds an IPv4 address
// (mapped, NAT64) is outside it.
var global6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, s := range texts {
		all[i] = netip.MustParsePrefix(s)
	}
	return all
}

// public reports whether a is an address on the public internet.
func public(a netip.Addr) bool {
	if a.Zone() != "" || a.Is6() && !global6.Contains(a) {
		return false
	}
	return a.IsValid() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}

// allows reports whether a may be dialled: as public, if that is enough, or
// by the host's list.
func (s *Sender) allows(a netip.Addr, publicToo bool) bool {
	if publicToo && public(a) {
		return true
	}
	return slices.ContainsFunc(s.allow, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}

// control judges an address as it is about to be dialled. What a name was
// looked up to before does not matter.
func (s *Sender) control(publicToo bool) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp4" && network != "tcp6" {
			return fmt.Errorf("%w: not a TCP address", ErrRefused)
		}
		if !s.allows(to.Addr(), publicToo) {
			return fmt.Errorf("%w: not a public address", ErrRefused)
		}
		if !slices.Contains(s.ports, to.Port()) {
			return fmt.Errorf("%w: port %d", ErrRefused, to.Port())
		}
		return nil
	}
}

// CheckURL reports whether a URL could be posted to: https (http too where
// some addresses are allowed by [Options.Allow]; it reaches only those), a
// port that is open, no user name, no fragment, and no literal address that
// is refused. A name is judged when it is dialled. Errors: ErrRefused.
func (s *Sender) CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%w: malformed URL", ErrRefused)
	}
	port := u.Port()
	switch {
	case u.Scheme == "https" && port == "":
		port = "443"
	case u.Scheme == "http" && len(s.allow) > 0:
		if port == "" {
			port = "80"
		}
	case u.Scheme != "https":
		return fmt.Errorf("%w: not https", ErrRefused)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || !slices.Contains(s.ports, uint16(n)) {
		return fmt.Errorf("%w: port", ErrRefused)
	}
	host := u.Hostname()
	if a, err := netip.ParseAddr(host); err == nil {
		if !s.allows(a, u.Scheme == "https") {
			return fmt.Errorf("%w: not a public address", ErrRefused)
		}
		return nil
	}
	// A number that is no address is one in disguise: 2130706433, 0x7f.1.
	if last := host[strings.LastIndexByte(host, '.')+1:]; last == "" || last[0] >= '0' && last[0] <= '9' {
		return fmt.Errorf("%w: malformed host", ErrRefused)
	}
	return nil
}
