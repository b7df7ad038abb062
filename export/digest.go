package export

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Digest is what a copy of a transcript can be checked by: how many messages
// it has, and the SHA-256, in hex, over each message's JSON and a line feed.
// It is the same for all formats of the same transcript and options that show
// the same messages: language, zone and what else is shown don't matter, notes
// and redaction do.
type Digest struct {
	Messages int64
	SHA256   string
}

// ErrDigest is the error of a JSON transcript whose messages are not those
// that it was written with.
var ErrDigest = errors.New("export: digest does not match the messages")

// Sum computes the digest of a transcript without writing it, so that a copy
// can be compared with what the desk holds now. Of the options, Notes and
// Redact matter. A message's delivery and its author's name are part of its
// JSON: one that was read since is another message.
func Sum(ctx context.Context, t Transcript, o Options) (Digest, error) {
	o, _ = o.withDefaults()
	s := newSource(ctx, t, o)
	err := s.attendances(func(_ int, a Attendance) error {
		return s.messages(a, func(said) error { return nil })
	})
	if err != nil {
		return Digest{}, err
	}
	return s.sum(), nil
}

// Verify reads a transcript that [WriteJSON] wrote and computes its digest
// again from the messages in it. If it is not the one that the transcript
// ends with, the error is [ErrDigest] and the digest is that of the messages.
// A PDF, text or HTML copy is checked by comparing the digest that it prints.
// Memory doesn't grow with the transcript; anything else than a transcript is
// an error.
func Verify(r io.Reader) (Digest, error) {
	v := verifier{dec: json.NewDecoder(bufio.NewReader(r)), source: newSource(context.Background(), Transcript{}, Options{})}
	v.object(func(key string) {
		switch key {
		case "attendances":
			v.array(func() {
				v.object(func(key string) {
					if key == "messages" {
						v.array(v.message)
					} else {
						v.skip()
					}
				})
			})
		case "messages":
			v.decode(&v.told.Messages)
		case "sha256":
			v.decode(&v.told.SHA256)
		default:
			v.skip()
		}
	})
	if v.err != nil {
		return Digest{}, fmt.Errorf("export: verify JSON: %w", v.err)
	}
	if sum := v.source.sum(); sum != v.told {
		return sum, ErrDigest
	}
	return v.told, nil
}

// verifier keeps its first error and reads nothing after it.
type verifier struct {
	dec    *json.Decoder
	source *source
	told   Digest
	err    error
}

func (v *verifier) message() {
	var m json.RawMessage
	if v.decode(&m); v.err == nil {
		v.source.took(m)
	}
}

func (v *verifier) object(each func(key string)) {
	v.enter('{')
	for v.err == nil && v.dec.More() {
		var key json.Token
		if key, v.err = v.dec.Token(); v.err == nil {
			each(key.(string)) // what else stands there is an error of Token
		}
	}
	v.leave()
}

func (v *verifier) array(each func()) {
	v.enter('[')
	for v.err == nil && v.dec.More() {
		each()
	}
	v.leave()
}

func (v *verifier) enter(delim json.Delim) {
	if v.err != nil {
		return
	}
	var t json.Token
	if t, v.err = v.dec.Token(); v.err == nil && t != delim {
		v.err = fmt.Errorf("found %v in place of %v", t, delim)
	}
}

func (v *verifier) leave() {
	if v.err == nil {
		_, v.err = v.dec.Token()
	}
}

func (v *verifier) decode(into any) {
	if v.err == nil {
		v.err = v.dec.Decode(into)
	}
}

func (v *verifier) skip() {
	var any json.RawMessage
	v.decode(&any)
}
