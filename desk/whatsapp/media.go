package whatsapp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// file gives the payload of a message with a file: by the API's id, by its
// link, or by the id that an upload of the stored copy gives.
func (c *Client) file(ctx context.Context, out desk.Outgoing) (fileLink, error) {
	content, media := out.Message.Content, out.Message.Media
	f := fileLink{ID: media.ID}
	switch content.Kind {
	case handoff.KindAudio, handoff.KindSticker:
		if content.Text != "" {
			return f, refuse(ErrUnsupported, "131051", "WhatsApp takes no text with this kind of file")
		}
		f.Voice = content.Kind == handoff.KindAudio && media.Voice
	case handoff.KindDocument:
		f.Filename = media.Name
	}
	f.Caption = content.Text
	if err := within("the caption", content.Text, maxCaption); err != nil {
		return f, err
	}
	switch {
	case f.ID != "":
	case media.Stored:
		id, err := c.upload(ctx, out, *media)
		f.ID = id
		return f, err
	case strings.HasPrefix(media.URL, "https://"), strings.HasPrefix(media.URL, "http://"):
		f.Link = media.URL
	default:
		return f, refuse(ErrMedia, "131053", "the file has no address that WhatsApp can reach")
	}
	return f, nil
}

// upload gives a stored file to WhatsApp, which keeps it for 30 days. Nobody
// gets anything by that: it may always be tried again.
func (c *Client) upload(ctx context.Context, out desk.Outgoing, media handoff.Media) (string, error) {
	if c.o.Attachment == nil {
		return "", refuse(ErrMedia, "131053", "stored files cannot be read")
	}
	data, err := c.o.Attachment(ctx, out.Bot, media.SHA256)
	if err != nil || len(data) > desk.MaxAttachment {
		e := refuse(ErrMedia, "131053", "the stored file could not be read")
		e.Temporary = err != nil
		return "", e
	}
	kind, _, err := mime.ParseMediaType(media.Type)
	if err != nil {
		return "", refuse(ErrMedia, "131053", "the file has no type")
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	w.WriteField("messaging_product", "whatsapp") // writing to a buffer never fails
	w.WriteField("type", kind)
	name := media.Name
	if name == "" {
		name = "file"
	}
	head := textproto.MIMEHeader{}
	head.Set("Content-Disposition", mime.FormatMediaType("form-data", map[string]string{"name": "file", "filename": plain(name)}))
	head.Set("Content-Type", kind)
	part, err := w.CreatePart(head)
	if err != nil {
		return "", refuse(ErrMedia, "131053", "the file could not be uploaded")
	}
	part.Write(data)
	w.Close()
	var answer struct{ ID string }
	err = c.ask(ctx, call{method: http.MethodPost, url: c.address(string(out.Account), "media"), account: out.Account,
		kind: w.FormDataContentType(), body: form.Bytes()}, &answer)
	if err == nil && answer.ID == "" {
		err = unreadable(false)
	}
	return answer.ID, err
}

// plain makes a file's name fit for a header; what the recipient sees stands
// in the message.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '/' {
			return '_'
		}
		return r
	}, name)
}

// Download gets a file that a contact sent, by the id in its handoff.Media,
// on behalf of the account that received it. WhatsApp keeps such files for a
// week. The platform gives the bytes to [desk.Bot.Attach] and the Media, with
// what is said there, to [desk.Bot.Receive].
//
// The file is at most [desk.MaxAttachment] bytes, comes from a host of
// Options.MediaHosts, and is what WhatsApp says it is: by hash, size and type
// as far as it says them, where a type is always said, and no text comes in
// place of a picture, sound or video. Else, and where WhatsApp has no such
// file (any more), ErrMedia. Nothing is sent to anybody, so trying again is
// always safe.
func (c *Client) Download(ctx context.Context, account handoff.AccountID, id string) (handoff.Media, []byte, error) {
	if err := checkPath(id); err != nil {
		return handoff.Media{}, nil, err
	}
	if err := checkPath(string(account)); err != nil {
		return handoff.Media{}, nil, err
	}
	var at struct {
		URL    string
		Type   string      `json:"mime_type"`
		SHA256 string      `json:"sha256"`
		Size   json.Number `json:"file_size"`
	}
	where := c.address(id) + "?" + url.Values{"phone_number_id": {string(account)}}.Encode()
	if err := c.ask(ctx, call{method: http.MethodGet, url: where, account: account}, &at); err != nil {
		return handoff.Media{}, nil, fmt.Errorf("whatsapp: address of a file: %w", noFile(err))
	}
	size, err := at.Size.Int64()
	sized := err == nil
	if sized && size > desk.MaxAttachment {
		return handoff.Media{}, nil, refuse(ErrMedia, "131052", "the file is too large")
	}
	kind, _, err := mime.ParseMediaType(at.Type)
	if err != nil {
		return handoff.Media{}, nil, refuse(ErrMedia, "131052", "the file has no type")
	}
	if !c.trusted(at.URL) {
		return handoff.Media{}, nil, refuse(ErrMedia, "131052", "the file is at a host that is not trusted")
	}
	data, err := c.do(ctx, call{method: http.MethodGet, url: at.URL, account: account, most: desk.MaxAttachment})
	if err != nil {
		return handoff.Media{}, nil, fmt.Errorf("whatsapp: downloading a file: %w", noFile(err))
	}
	sum := sha256.Sum256(data)
	media := handoff.Media{ID: id, SHA256: hex.EncodeToString(sum[:]), Type: at.Type, Size: int64(len(data))}
	said := hexHash(at.SHA256)
	if len(data) == 0 || said != "" && said != media.SHA256 || sized && size != media.Size || textFor(kind, data) {
		return handoff.Media{}, nil, refuse(ErrMedia, "131052", "the file is not what WhatsApp said")
	}
	return media, data, nil
}

// noFile turns the refusal of a file's address or bytes into an ErrMedia: the
// id is wrong or old, or the file is larger than was said. What is not about
// the file, such as the token, and what may be otherwise at another time stays.
func noFile(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Temporary {
		return err
	}
	if e.Kind == nil || e.Kind == ErrMalformedRequest || e.Kind == ErrUnavailable {
		e.Kind = ErrMedia
	}
	return err
}

// textFor reports whether data is a text, such as the page of an error, where
// a file of another kind was to come.
func textFor(kind string, data []byte) bool {
	family, _, _ := strings.Cut(kind, "/")
	shown := family == "image" || family == "audio" || family == "video"
	return shown && kind != "image/svg+xml" && strings.HasPrefix(http.DetectContentType(data), "text/")
}

// trusted reports whether a file's address may get the token: it is at one of
// the hosts, over the same scheme as the API.
func (c *Client) trusted(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == c.base.Scheme && u.User == nil &&
		(u.Host == c.base.Host || slices.Contains(c.o.MediaHosts, u.Host))
}
