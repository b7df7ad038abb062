package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a message.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp" // of the attempt, in Unix seconds
	HeaderSignature = "Webhook-Signature" // one or more, with spaces between them
)

// SecretPrefix begins every secret; standard base64 follows.
const SecretPrefix = "whsec_"

// Tolerance is how far a message's time may be from the receiver's clock.
const Tolerance = 5 * time.Minute

// Sentinels.
var (
	// ErrSecret: a secret has not the form of one.
	ErrSecret = errors.New("webhook: malformed secret")
	// ErrHeaders: a header is missing, repeated or malformed.
	ErrHeaders = errors.New("webhook: missing or malformed headers")
	// ErrTime: the message is too old, or from the future.
	ErrTime = errors.New("webhook: timestamp out of tolerance")
	// ErrSignature: no signature is right under any of the secrets.
	ErrSignature = errors.New("webhook: wrong signature")
)

// NewSecret makes a secret of 32 random bytes.
func NewSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return SecretPrefix + base64.StdEncoding.EncodeToString(b[:])
}

// CheckSecret reports whether s is a secret, of 24 to 64 bytes: nil, or
// [ErrSecret].
func CheckSecret(s string) error {
	_, err := parseSecret(s)
	return err
}

func parseSecret(s string) ([]byte, error) {
	text, ok := strings.CutPrefix(s, SecretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, ErrSecret
	}
	return key, nil
}

// Sign gives the signature of one attempt at a message under one secret, in
// the form "v1,<base64>". Errors: ErrSecret.
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := parseSecret(secret)
	if err != nil {
		return "", err
	}
	return "v1," + base64.StdEncoding.EncodeToString(digest(key, id, strconv.FormatInt(at.Unix(), 10), body)), nil
}

func digest(key []byte, id, timestamp string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%s.%s.", id, timestamp)
	h.Write(body)
	return h.Sum(nil)
}

// Verify reports whether a message was signed with one of the secrets not
// long before or after now, within [Tolerance]: nil, or ErrHeaders, ErrTime,
// ErrSignature, ErrSecret. body is what came, byte for byte. The same message
// may come again: what was seen under its [HeaderID] is to be dropped.
func Verify(h http.Header, body []byte, now time.Time, secrets ...string) error {
	id, stamp, signatures := h.Values(HeaderID), h.Values(HeaderTimestamp), h.Values(HeaderSignature)
	if len(id) != 1 || len(stamp) != 1 || len(signatures) != 1 || id[0] == "" || len(secrets) == 0 {
		return ErrHeaders
	}
	seconds, err := strconv.ParseInt(stamp[0], 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != stamp[0] {
		return ErrHeaders
	}
	if sent := time.Unix(seconds, 0); sent.Before(now.Add(-Tolerance)) || sent.After(now.Add(Tolerance)) {
		return ErrTime
	}
	right := false
	for _, secret := range secrets {
		key, err := parseSecret(secret)
		if err != nil {
			return err
		}
		want := digest(key, id[0], stamp[0], body)
		for signature := range strings.SplitSeq(signatures[0], " ") {
			text, v1 := strings.CutPrefix(signature, "v1,")
			got, err := base64.StdEncoding.DecodeString(text)
			if v1 && err == nil && hmac.Equal(got, want) {
				right = true
			}
		}
	}
	if !right {
		return ErrSignature
	}
	return nil
}
