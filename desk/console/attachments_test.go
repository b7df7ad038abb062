package console_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// path fills in the ids of acme.
func (w *world) path(s string) string {
	for name, id := range w.ids[acme] {
		s = strings.ReplaceAll(s, "{"+name+"}", id)
	}
	return s
}

// key are the headers of a bot's API key.
func (w *world) key(bot handoff.BotID) []string {
	return []string{"Authorization", "Bearer " + w.keys[bot]}
}

// upload sends a file with its name percent-encoded.
func (w *world) upload(data []byte, mediaType, name string, headers ...string) answer {
	w.t.Helper()
	return w.do("POST", "/attachments", string(data),
		append([]string{"Handoff-Upload", "1", "Content-Type", mediaType, "Handoff-Filename", name}, headers...)...)
}

// sends lets ana upload a file and send it, and gives the message.
func (w *world) sends(data []byte, mediaType, name string) handoff.Message {
	w.t.Helper()
	a := w.upload(data, mediaType, name, "As", "ana@acme")
	require.Equal(w.t, http.StatusCreated, a.Status, a.Body)
	a = w.do("POST", w.path("/conversations/{id}/messages"),
		`{"content":{"kind":"document","media":`+a.Body+`}}`, "As", "ana@acme")
	require.Equal(w.t, http.StatusCreated, a.Status, a.Body)
	var m handoff.Message
	a.into(w.t, &m)
	return m
}

// arrives lets the platform pass on a contact's file, whatever is said of it.
func (w *world) arrives(contact string, kind handoff.Kind, data []byte, mediaType, name string) desk.Received {
	w.t.Helper()
	b := w.desk.Bot(acme)
	media, err := b.Attach(w.t.Context(), data)
	require.NoError(w.t, err)
	media.Type, media.Name = mediaType, name
	r, err := b.Receive(w.t.Context(), handoff.Inbound{Channel: "web", Account: "main", Addresses: []string{contact},
		Provider: "file-" + media.SHA256[:8] + name, Content: handoff.Content{Kind: kind, Media: &media}})
	require.NoError(w.t, err)
	return r
}

func encoded(f func(*bytes.Buffer) error) []byte {
	var b bytes.Buffer
	if err := f(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

var dots = image.NewGray(image.Rect(0, 0, 3, 2))

func aPNG() []byte  { return encoded(func(b *bytes.Buffer) error { return png.Encode(b, dots) }) }
func aJPEG() []byte { return encoded(func(b *bytes.Buffer) error { return jpeg.Encode(b, dots, nil) }) }
func aGIF() []byte  { return encoded(func(b *bytes.Buffer) error { return gif.Encode(b, dots, nil) }) }

// hugePNG says that it is very large, in a few bytes.
func hugePNG() []byte {
	b := aPNG()
	binary.BigEndian.PutUint32(b[16:], 60_000)
	binary.BigEndian.PutUint32(b[20:], 60_000)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func zipped(names ...string) []byte {
	return encoded(func(b *bytes.Buffer) error {
		z := zip.NewWriter(b)
		for _, name := range names {
			content := "x"
			if name, content, _ = strings.Cut(name, "="); content == "" {
				content = "x"
			}
			f, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(content)),
				CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content))})
			if err != nil {
				return err
			}
			if _, err := f.Write([]byte(content)); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// htmlInJPEG is a picture with a page in its comment.
func htmlInJPEG() []byte {
	comment := "<html><script>alert(1)</script></html>"
	b := []byte{0xff, 0xd8, 0xff, 0xfe, 0, byte(len(comment) + 2)}
	return append(append(b, comment...), aJPEG()[2:]...)
}

func webp(chunk string, body ...byte) []byte {
	b := []byte("RIFF\x00\x00\x00\x00WEBPVP8" + chunk + "\x00\x00\x00\x00")
	return append(append(b, body...), make([]byte, 16)...)
}

func ole(stream string) []byte {
	b := []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	for _, u := range utf16.Encode([]rune(stream)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func mp3() []byte { // two frames of 128 kbit/s, 44100 Hz
	frame := append([]byte{0xff, 0xfb, 0x90, 0}, make([]byte, 413)...)
	return append(frame, frame...)
}

func aac() []byte { // two frames of 16 bytes
	frame := append([]byte{0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc}, make([]byte, 9)...)
	return append(frame, frame...)
}

func ogg(codec string) []byte {
	return append(append([]byte("OggS\x00"), make([]byte, 23)...), codec...)
}

const (
	docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	odt  = "application/vnd.oasis.opendocument.text"
)

func TestAFileIsTakenForWhatItsBytesAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gifar := append(aGIF(), zipped("META-INF/MANIFEST.MF", "A.class")...)
	for i, c := range []struct {
		data          []byte
		claimed, name string
		is, called    string
	}{
		{aPNG(), "image/png", "a.png", "image/png", "a.png"},
		{aPNG(), "text/html", "a.html", "image/png", "a.html.png"},
		{aJPEG(), "image/jpeg", "a.JPEG", "image/jpeg", "a.JPEG"},
		{aJPEG(), "application/x-msdownload", "photo.jpg.exe", "image/jpeg", "photo.jpg.exe.jpg"},
		{aGIF(), "image/gif", "", "image/gif", "file.gif"},
		{gifar, "application/java-archive", "a.jar", "image/gif", "a.jar.gif"},
		{htmlInJPEG(), "text/html", "a.html", "image/jpeg", "a.html.jpg"},
		{webp("L", 0x2f, 2, 0, 0, 0), "image/webp", "a.webp", "image/webp", "a.webp"},
		{webp("X", 0, 0, 0, 0, 9, 0, 0, 9, 0, 0), "image/webp", "a.webp", "image/webp", "a.webp"},
		{webp(" ", 0, 0, 0, 0x9d, 1, 0x2a, 9, 0, 9, 0), "image/webp", "a.webp", "image/webp", "a.webp"},
		{mp3(), "", "a.mp3", "audio/mpeg", "a.mp3"},
		{append([]byte("ID3\x03"), make([]byte, 40)...), "", "a.mp3", "audio/mpeg", "a.mp3"},
		{aac(), "", "a", "audio/aac", "a.aac"},
		{ogg("OpusHead"), "audio/ogg; codecs=opus", "a.opus", "audio/ogg", "a.opus"},
		{[]byte("RIFF\x24\x00\x00\x00WAVEfmt "), "", "a.wav", "audio/wav", "a.wav"},
		{[]byte("\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00isomM4A "), "", "a.m4a", "audio/mp4", "a.m4a"},
		{[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42"), "video/mp4", "a.mp4", "video/mp4", "a.mp4"},
		{[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42"), "audio/mp4", "a.mp4", "audio/mp4", "a.mp4"},
		{[]byte("\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm"), "video/webm", "a.webm", "video/webm", "a.webm"},
		{[]byte("\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm"), "audio/webm;codecs=opus", "a.webm", "audio/webm", "a.webm"},
		{[]byte("%PDF-1.7\n<script>"), "text/html", "a.pdf", "application/pdf", "a.pdf"},
		{zipped("[Content_Types].xml", "word/document.xml"), "", "a.docx", docx, "a.docx"},
		{zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), docx, "a.docx", "application/zip", "a.docx.zip"},
		{zipped("mimetype="+odt, "content.xml"), "", "a.odt", odt, "a.odt"},
		{zipped("META-INF/MANIFEST.MF"), "application/java-archive", "a.jar", "application/zip", "a.jar.zip"},
		{ole("WordDocument"), "", "a.doc", "application/msword", "a.doc"},
		{ole("Workbook"), "", "a.xls", "application/vnd.ms-excel", "a.xls"},
		{[]byte("a;b\n1;2\n"), "application/vnd.ms-excel", "a.csv", "text/csv", "a.csv"},
		{[]byte("a text <script>alert(1)</script>"), "text/html", "a.html", "text/plain", "a.html.txt"},
		{[]byte("caf\xe9 in an old encoding"), "text/plain", "a.txt", "text/plain", "a.txt"},
	} {
		who := []string{"ana@acme", "bruno@acme", "carla@acme"}[i%3] // each may upload so many
		a := w.upload(c.data, c.claimed, c.name, "As", who)
		require.Equal(t, http.StatusCreated, a.Status, "%s as %s: %s", c.name, c.claimed, a.Body)
		var m handoff.Media
		a.into(t, &m)
		require.Equal(t, c.is, m.Type, c.name)
		require.Equal(t, c.called, m.Name, c.name)
		require.True(t, m.Stored)
		require.EqualValues(t, len(c.data), m.Size)
	}
}

func TestAnIDThatCannotBeIsBadInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, caller := range [][]string{{"As", "adm@acme"}, {"Authorization", "Bearer " + w.keys[acme]}} {
		for _, path := range []string{"/conversations/%00/messages/x/attachment", "/conversations/x/messages/%00/attachment"} {
			require.Equal(t, "invalid", w.do("GET", path, "", caller...).Code(), path)
		}
	}
}

func TestAnArchiveOfVeryManyFilesIsNotLookedInto(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := []string{"[Content_Types].xml", "word/document.xml"}
	for len(names) <= 4096 {
		names = append(names, "file-"+strconv.Itoa(len(names)))
	}
	for most, is := range map[int]string{4096: docx, 4097: "application/zip"} {
		var m handoff.Media
		w.upload(zipped(names[:most]...), docx, "a.docx", "As", "ana@acme").into(t, &m)
		require.Equal(t, is, m.Type)
	}
}

// refused are files that no agent may upload.
var refused = map[string][]byte{
	"a.html":   []byte("<!doctype html><script>alert(1)</script>"),
	"b.txt":    []byte("\xef\xbb\xbf \n<html onload=alert(1)>"),
	"a.svg":    []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
	"b.svg":    []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
	"c.svg":    []byte("<!-- a --><svg onload=alert(1)>"),
	"a.xml":    []byte(`<?xml version="1.0"?><a/>`),
	"a.exe":    []byte("MZ\x90\x00\x03\x00\x00\x00"),
	"a.jpg":    []byte("\xff\xd8\xff\xe0 <script>alert(1)</script>"),
	"a.gif":    []byte("GIF89a<svg"),
	"a.png":    []byte("\x89PNG\r\n\x1a\n<script>"),
	"a.webp":   []byte("RIFF\x00\x00\x00\x00WEBPVP8 <script>alert(1)</script>"),
	"b.webp":   []byte("RIFF\x00\x00\x00\x00WEBPVP8"),
	"a.mkv":    []byte("\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska"),
	"a.ogv":    ogg("\x80theora"),
	"a.mov":    []byte("\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  "),
	"a.msi":    ole("SummaryInformation"),
	"a.doc":    ole("WordDocument _VBA_PROJECT"),
	"a.zip":    []byte("PK\x03\x04 not an archive"),
	"nul.txt":  []byte("a\x00b"),
	"esc.txt":  []byte("a\x1b[2Jb"),
	"frame.js": []byte("\xff\xfb\x90\x00alert(1)"),
}

func TestWhatIsNotOnTheListIsRefusedOfAgentsAndNeverShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, data := range refused {
		a := w.upload(data, "image/png", name, "As", "ana@acme")
		require.Equal(t, http.StatusUnsupportedMediaType, a.Status, name)
		require.Equal(t, "unsupported_media_type", a.Code(), name)

		a = w.upload(data, "image/png", name, w.key(acme)...)
		require.Equal(t, http.StatusCreated, a.Status, "what contacts sent is kept: %s", name)
		var m handoff.Media
		a.into(t, &m)
		require.Equal(t, "application/octet-stream", m.Type, name)
		require.Equal(t, name+".bin", m.Name)

		r := w.arrives("first", handoff.KindImage, data, "image/png", name)
		a = w.do("GET", fmt.Sprintf("/conversations/%s/messages/%s/attachment?inline=1", r.Conversation.ID, r.Message.ID), "", "As", "ana@acme")
		require.Equal(t, http.StatusOK, a.Status, name)
		require.Equal(t, "application/octet-stream", a.Header.Get("Content-Type"), name)
		require.Equal(t, `attachment; filename="`+name+`.bin"; filename*=UTF-8''`+name+".bin", a.Header.Get("Content-Disposition"))
		requireBoxed(t, a)
	}
	for _, c := range []struct {
		data   []byte
		status int
		code   string
	}{
		{nil, 422, "invalid"},
		{hugePNG(), 422, "invalid"},
		{webp("X", 0, 0, 0, 0, 255, 255, 255, 255, 255, 255), 422, "invalid"},
		{make([]byte, desk.MaxAttachment+1), 413, "too_large"},
	} {
		a := w.upload(c.data, "image/png", "a.png", "As", "carla@acme")
		require.Equal(t, c.status, a.Status, a.Body)
		require.Equal(t, c.code, a.Code())
	}
	a := w.upload(hugePNG(), "image/png", "a.png", w.key(acme)...)
	require.Equal(t, http.StatusCreated, a.Status)
	require.Contains(t, a.Body, `"type":"application/octet-stream"`)
	a = w.do("POST", "/attachments", "hello", "As", "ana@acme", "Content-Type", "text/plain")
	require.Equal(t, http.StatusUnsupportedMediaType, a.Status, "a form of another site can send this")
}

// requireBoxed looks for what keeps a file from acting in the console's name.
func requireBoxed(t *testing.T, a answer) {
	t.Helper()
	require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	csp := a.Header.Get("Content-Security-Policy")
	require.Contains(t, csp, "default-src 'none'")
	require.True(t, strings.HasSuffix(csp, "; sandbox"), csp)
	require.NotContains(t, csp, "script-src")
	require.Equal(t, "private, no-cache", a.Header.Get("Cache-Control"))
	require.Equal(t, "same-origin", a.Header.Get("Cross-Origin-Resource-Policy"))
}

func TestOnlyPicturesSoundAndVideoAreShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		data     []byte
		name, is string
		shown    bool
	}{
		{aPNG(), "a.png", "image/png", true},
		{htmlInJPEG(), "a.jpg", "image/jpeg", true},
		{mp3(), "a.mp3", "audio/mpeg", true},
		{[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42"), "a.mp4", "video/mp4", true},
		{[]byte("%PDF-1.7"), "a.pdf", "application/pdf", false},
		{[]byte("text"), "a.txt", "text/plain; charset=utf-8", false},
		{[]byte("caf\xe9"), "b.txt", "text/plain", false},
		{zipped("a"), "a.zip", "application/zip", false},
	} {
		m := w.sends(c.data, "", c.name)
		file := w.path("/conversations/{id}/messages/") + string(m.ID) + "/attachment"
		for _, query := range []string{"", "?inline=0", "?inline=1"} {
			a := w.do("GET", file+query, "", "As", "ana@acme")
			require.Equal(t, http.StatusOK, a.Status)
			require.Equal(t, c.is, a.Header.Get("Content-Type"), c.name)
			require.Equal(t, string(c.data), a.Body)
			how, _, _ := strings.Cut(a.Header.Get("Content-Disposition"), ";")
			if c.shown && query == "?inline=1" {
				require.Equal(t, "inline", how, c.name)
			} else {
				require.Equal(t, "attachment", how, c.name)
			}
			requireBoxed(t, a)
		}
		a := w.do("GET", file, "", "As", "ana@acme", "Range", "bytes=1-3")
		require.Equal(t, http.StatusPartialContent, a.Status)
		require.Equal(t, string(c.data[1:4]), a.Body)
	}
}

func TestNoNameOfAFileReachesBeyondItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for sent, kept := range map[string]string{
		"..%2f..%2fetc%2fpasswd":               "passwd.txt",
		"..%5C..%5Cwindows%5Cwin.ini":          "win.ini.txt",
		"%252e%252e%252fa.txt":                 "%2e%2e%2fa.txt",
		"a%00.txt":                             "a.txt",
		"a%0D%0ASet-Cookie:%20x=y.txt":         "aSet-Cookie x=y.txt",
		"invoice%E2%80%AEtxt.exe":              "invoicetxt.exe.txt", // would read invoiceexe.txt
		"a%E2%80%8B%EF%BB%BF.txt":              "a.txt",
		"%22%3B%20filename%3Dx.html":           "; filename=x.html.txt",
		"...":                                  "file.txt",
		"":                                     "file.txt",
		".htaccess":                            "htaccess.txt",
		"a.txt%20.%20.":                        "a.txt",
		"or%C3%A7amento%20n%C2%BA%201.txt":     "orçamento nº 1.txt",
		"%E5%A0%B1%E5%91%8A%F0%9F%98%80.txt":   "報告😀.txt",
		"%FF%FE.txt":                           "_.txt",
		strings.Repeat("%C3%A9", 300) + ".txt": strings.Repeat("é", 73) + ".txt",
		"a." + strings.Repeat("x", 300):        "a." + strings.Repeat("x", 144) + ".txt",
	} {
		m := w.sends([]byte("text"), "text/plain", sent)
		require.Equal(t, kept, m.Media.Name, sent)
		a := w.do("GET", w.path("/conversations/{id}/messages/")+string(m.ID)+"/attachment", "", "As", "ana@acme")
		require.Len(t, a.Header.Values("Content-Disposition"), 1)
		require.Empty(t, a.Header.Get("Set-Cookie"))
		require.Regexp(t, `^attachment; filename="[ -!#-\[\]-~]+"; filename\*=UTF-8''[A-Za-z0-9._%-]+$`, a.Header.Get("Content-Disposition"))
	}
	a := w.upload([]byte("text"), "text/plain", "%zz", "As", "ana@acme")
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Contains(t, a.Body, "Handoff-Filename")
}

func TestAFileIsAuthorisedOnEachRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.sends(aPNG(), "image/png", "a.png")
	file := w.path("/conversations/{id}/messages/") + string(m.ID) + "/attachment"
	a := w.do("GET", file, "", "As", "ana@acme")
	tag := a.Header.Get("ETag")
	require.Equal(t, `"`+m.Media.SHA256+`"`, tag)
	a = w.do("GET", file, "", "As", "ana@acme", "If-None-Match", tag)
	require.Equal(t, http.StatusNotModified, a.Status)
	require.Empty(t, a.Body)
	a = w.do("GET", file, "", w.key(acme)...)
	require.Equal(t, http.StatusOK, a.Status, "the platform may have it")

	for who, status := range map[string]int{"": 401, "bruno@acme": 404, "carla@acme": 404, "dora@acme": 403, "adm@other": 404, "adm@acme": 200} {
		a := w.do("GET", file, "", "As", who)
		require.Equal(t, status, a.Status, who)
	}
	a = w.do("GET", file, "", w.key(other)...)
	require.Equal(t, http.StatusNotFound, a.Status)

	c, err := w.desk.Bot(acme).Conversation(t.Context(), m.Conversation)
	require.NoError(t, err)
	note := m
	note.ID, note.Private, note.Delivery = "note", true, ""
	require.NoError(t, w.desk.Store().Commit(t.Context(), storage.Batch{ID: storage.NewBatchID(m.At), Ops: []storage.Op{storage.AppendMessage{Message: note, Expect: c.Version}}}))
	private := w.path("/conversations/{id}/messages/note/attachment")
	require.Equal(t, http.StatusOK, w.do("GET", private, "", "As", "ana@acme").Status)
	require.Equal(t, http.StatusNotFound, w.do("GET", private, "", w.key(acme)...).Status, "a private note's")

	require.NoError(t, w.seat(acme, "ana").ReturnToBot(t.Context(), handoff.ConversationID(w.ids[acme]["id"])))
	a = w.do("GET", file, "", "As", "ana@acme", "If-None-Match", tag)
	require.Equal(t, http.StatusNotFound, a.Status, "what one no longer sees is gone, also for who has a copy")
}

func TestFilesOfEarlierConversationsComeWithThePresentOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.arrives("second", handoff.KindImage, aPNG(), "image/png", "a.png")
	b := w.desk.Bot(acme)
	_, err := b.End(t.Context(), old.Conversation.ID)
	require.NoError(t, err)
	now := w.receive(acme, "second", "again")
	_, err = b.HandOff(t.Context(), now.Conversation.ID, desk.HandOff{Queue: handoff.QueueID(w.ids[acme]["queue"])}, "")
	require.NoError(t, err)

	file := fmt.Sprintf("/history/%s/messages/%s/attachment", old.Conversation.ID, old.Message.ID)
	mine := "/conversations/" + string(now.Conversation.ID)
	a := w.do("GET", mine+file+"?inline=1", "", "As", "ana@acme")
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	require.Equal(t, "image/png", a.Header.Get("Content-Type"))
	requireBoxed(t, a)
	for path, who := range map[string]string{
		mine + file:                          "bruno@acme",
		w.path("/conversations/{id}") + file: "ana@acme", // of another contact
		"/conversations/" + string(old.Conversation.ID) + "/messages/" + string(old.Message.ID) + "/attachment": "ana@acme",
	} {
		require.Equal(t, http.StatusNotFound, w.do("GET", path, "", "As", who).Status, path)
	}
}

func TestNobodySendsAFileThatTheyHaveNotUploaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mine handoff.Media
	w.upload(aPNG(), "image/png", "a.png", "As", "carla@acme").into(t, &mine)
	send := func(content any) answer {
		body, err := json.Marshal(map[string]any{"content": content})
		require.NoError(t, err)
		return w.do("POST", w.path("/conversations/{id}/messages"), string(body), "As", "ana@acme")
	}
	require.Equal(t, 422, send(handoff.Content{Kind: "image", Media: &mine}).Status, "carla's, whose hash is known")

	w.upload(aPNG(), "image/png", "a.png", "As", "ana@acme").into(t, &mine)
	for what, change := range map[string]func(m *handoff.Media){
		"a link":         func(m *handoff.Media) { m.URL = "http://169.254.169.254/" },
		"a channel's id": func(m *handoff.Media) { m.ID = "1" },
		"not stored":     func(m *handoff.Media) { m.Stored = false },
		"another type":   func(m *handoff.Media) { m.Type = "text/html" },
		"another kind":   func(m *handoff.Media) { m.Type = "audio/mpeg" },
		"another size":   func(m *handoff.Media) { m.Size++ },
		"another hash":   func(m *handoff.Media) { m.SHA256 = strings.Repeat("a", 64) },
		"a path":         func(m *handoff.Media) { m.SHA256 = "../../etc/passwd" },
	} {
		m := mine
		change(&m)
		a := send(handoff.Content{Kind: "image", Media: &m})
		require.Equal(t, 422, a.Status, what)
		require.Equal(t, "invalid", a.Code(), what)
	}
	require.Equal(t, 201, send(handoff.Content{Kind: "image", Media: &mine}).Status)
}

func TestUploadsOfOneCallerAreLimitedInRate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var a answer
	for range 200 {
		if a = w.upload([]byte("text"), "", "a.txt", "As", "bruno@acme"); a.Status != http.StatusCreated {
			break
		}
	}
	require.Equal(t, http.StatusTooManyRequests, a.Status)
	require.Equal(t, "rate_limited", a.Code())
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	require.Equal(t, http.StatusCreated, w.upload([]byte("text"), "", "a.txt", "As", "ana@acme").Status, "others go on")
}

func TestNobodyHasManyFilesReadAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	upload := func(body io.Reader, as string) int {
		r := httptest.NewRequest(http.MethodPost, console.Base+"/attachments", body).WithContext(t.Context())
		r.Header.Set("As", as)
		r.Header.Set("Handoff-Upload", "1")
		rec := httptest.NewRecorder()
		w.console.ServeHTTP(rec, r)
		return rec.Code
	}
	var slow errgroup.Group
	var ends []*io.PipeWriter
	for range 4 {
		body, end := io.Pipe()
		ends = append(ends, end)
		slow.Go(func() error { upload(body, "ana@acme"); return nil })
		_, err := end.Write([]byte("%PDF-1.4")) // returns once it is being read
		require.NoError(t, err)
	}
	require.Equal(t, http.StatusTooManyRequests, upload(strings.NewReader("text"), "ana@acme"))
	require.Equal(t, http.StatusCreated, upload(strings.NewReader("text"), "bruno@acme"))
	for _, end := range ends {
		require.NoError(t, end.Close())
	}
	require.NoError(t, slow.Wait())
	require.Equal(t, http.StatusCreated, upload(strings.NewReader("text"), "ana@acme"))
}

func TestAFullStoreTakesNoMoreFiles(t *testing.T) {
	t.Parallel()
	w := newWorldOn(t, memory.New(nil), desk.Options{MaxStored: 100})
	file := bytes.Repeat([]byte("x"), 101)
	for _, by := range [][]string{{"As", "ana@acme"}, w.key(acme)} {
		a := w.upload(file, "text/plain", "x.txt", by...)
		require.Equal(t, http.StatusInsufficientStorage, a.Status, a.Body)
		require.Equal(t, "storage_full", a.Code())
		require.Equal(t, http.StatusCreated, w.upload(file[:10], "text/plain", "x.txt", by...).Status)
	}
}
