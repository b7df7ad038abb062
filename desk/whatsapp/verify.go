package whatsapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// SignatureHeader is the name of the header that carries a call's signature.
const SignatureHeader = "X-Hub-Signature-256"

var (
	// ErrSignature: a call is not proven to be Meta's. Answer 401 and store
	// nothing.
	ErrSignature = errors.New("whatsapp: signature refused")
	// ErrChallenge: a handshake is not proven to be Meta's. Answer 403.
	ErrChallenge = errors.New("whatsapp: handshake refused")
)

// Verify reports whether body was signed with the app's secret: nil, or an
// [ErrSignature]. It takes the raw bytes as they arrived, since the signature
// is over these and not over their meaning, and the value of the
// [SignatureHeader]. Without a secret or a header it refuses. How long it
// takes tells nothing of how near a wrong signature came.
//
// A call may be repeated by whoever saw it; receiving it again does nothing.
func Verify(appSecret string, body []byte, signature string) error {
	if appSecret == "" {
		return fmt.Errorf("%w: no app secret is set", ErrSignature)
	}
	digits, ok := strings.CutPrefix(signature, "sha256=")
	if !ok {
		return fmt.Errorf("%w: it is missing or not sha256", ErrSignature)
	}
	given, err := hex.DecodeString(digits)
	if err != nil || len(given) != sha256.Size {
		return fmt.Errorf("%w: it is not %d hex digits", ErrSignature, 2*sha256.Size)
	}
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	if !hmac.Equal(mac.Sum(nil), given) {
		return fmt.Errorf("%w: it does not match the body", ErrSignature)
	}
	return nil
}

// Challenge answers the handshake (hub.mode=subscribe) by which Meta tests a
// webhook's address: given the request's query and the token that was typed
// into Meta's settings, it gives the text to answer with, as text/plain, or
// an [ErrChallenge]. Without a token it refuses.
func Challenge(query url.Values, verifyToken string) (string, error) {
	if verifyToken == "" {
		return "", fmt.Errorf("%w: no verify token is set", ErrChallenge)
	}
	if query.Get("hub.mode") != "subscribe" {
		return "", fmt.Errorf("%w: the mode is not subscribe", ErrChallenge)
	}
	// Hashed, so that not even the token's length shows in the time it takes.
	given, want := sha256.Sum256([]byte(query.Get("hub.verify_token"))), sha256.Sum256([]byte(verifyToken))
	if subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		return "", fmt.Errorf("%w: the token is another", ErrChallenge)
	}
	challenge := query.Get("hub.challenge")
	if challenge == "" {
		return "", fmt.Errorf("%w: there is no challenge", ErrChallenge)
	}
	return challenge, nil
}
