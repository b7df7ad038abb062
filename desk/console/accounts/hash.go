package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// cost is what one argon2id hash takes.
type cost struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// standard is what new hashes take. A hash that took something else is made
// anew when its password is next given.
var standard = cost{memory: 46 << 10, time: 1, threads: 1}

const (
	saltSize = 16
	hashSize = 32
	// maxHashes is how many hashes are made at once, each of which takes its
	// cost's memory: signing in cannot exhaust a process.
	maxHashes = 2
)

// hasher makes and checks hashes of passwords.
type hasher struct {
	cost   cost
	slots  chan struct{}
	nobody hash // what the passwords of unknown people are checked against
	derive func(password, salt []byte, c cost, size int) []byte
}

func newHasher(c cost) *hasher {
	return &hasher{
		cost:   c,
		slots:  make(chan struct{}, maxHashes),
		nobody: hash{cost: c, salt: random(saltSize), sum: random(hashSize)},
		derive: func(password, salt []byte, c cost, size int) []byte {
			return argon2.IDKey(password, salt, c.time, c.memory, c.threads, uint32(size))
		},
	}
}

// run makes one hash when there is room for it.
func (h *hasher) run(ctx context.Context, password string, salt []byte, c cost, size int) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.slots }()
	return h.derive([]byte(password), salt, c, size), nil
}

// make gives the hash of a password in its text form.
func (h *hasher) make(ctx context.Context, password string) (string, error) {
	made := hash{cost: h.cost, salt: random(saltSize)}
	var err error
	made.sum, err = h.run(ctx, normal(password), made.salt, made.cost, hashSize)
	return made.String(), err
}

// check reports whether text is the hash of password. For an empty text,
// which is nobody's, it does the same work and says no.
func (h *hasher) check(ctx context.Context, text, password string) (bool, error) {
	want := h.nobody
	if text != "" {
		var err error
		if want, err = parseHash(text); err != nil {
			return false, err
		}
	}
	password, _ = within(password) // what is too long becomes "", which is nobody's
	got, err := h.run(ctx, password, want.salt, want.cost, len(want.sum))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want.sum) == 1 && text != "", nil
}

// outdated reports whether a hash took something else than new ones do.
func (h *hasher) outdated(text string) bool {
	v, err := parseHash(text)
	return err != nil || v.cost != h.cost || len(v.salt) != saltSize || len(v.sum) != hashSize
}

// hash is one of argon2id, version 19.
type hash struct {
	cost cost
	salt []byte
	sum  []byte
}

const hashPrefix = "$argon2id$v=19$"

// String is the usual text form, known as PHC string.
func (v hash) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf(hashPrefix+"m=%d,t=%d,p=%d$%s$%s", v.cost.memory, v.cost.time, v.cost.threads,
		b.EncodeToString(v.salt), b.EncodeToString(v.sum))
}

var errHash = errors.New("accounts: not a password hash")

// parseHash is the inverse of String, for what costs no more than a process
// can bear.
func parseHash(s string) (hash, error) {
	rest, ok := strings.CutPrefix(s, hashPrefix)
	parts := strings.Split(rest, "$")
	if !ok || len(parts) != 3 {
		return hash{}, errHash
	}
	fields := strings.Split(parts[0], ",")
	if len(fields) != 3 {
		return hash{}, errHash
	}
	var v hash
	v.cost.memory = uint32(number(fields[0], "m=", 1<<20))
	v.cost.time = uint32(number(fields[1], "t=", 16))
	v.cost.threads = uint8(number(fields[2], "p=", 16))
	v.salt, _ = base64.RawStdEncoding.DecodeString(parts[1])
	v.sum, _ = base64.RawStdEncoding.DecodeString(parts[2])
	switch {
	case v.cost.memory == 0, v.cost.time == 0, v.cost.threads == 0,
		len(v.salt) < 8, len(v.salt) > 64, len(v.sum) < 16, len(v.sum) > 64,
		v.String() != s: // one text for one hash
		return hash{}, errHash
	}
	return v, nil
}

// number gives 1 to most, or 0 if it is none.
func number(s, prefix string, most uint64) uint64 {
	digits, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil || n > most {
		return 0
	}
	return n
}

func random(size int) []byte {
	b := make([]byte, size)
	rand.Read(b) // never fails
	return b
}
