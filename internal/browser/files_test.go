package browser_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/internal/browser"
)

// A file is pasted, or dropped anywhere on the conversation, and sent.
func TestAFileIsPastedOrDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bia := w.available("bia")
	w.asks("5511987650001", "Zeca", "Hello", desk.HandOff{Queue: sales})
	bia.Click(".row", "Zeca")
	bia.Sees(".message", "Hello")
	bia.Click(".composer textarea", "")
	dot := base64.StdEncoding.EncodeToString(png)
	hold := func(name string) {
		bia.Until(`(globalThis.held = (() => {
			const dt = new DataTransfer();
			dt.items.add(new File([Uint8Array.from(atob('` + dot + `'), (c) => c.charCodeAt(0))], '` + name + `', { type: 'image/png' }));
			return dt;
		})()).files.length === 1`)
	}
	hold("pasted.png")
	bia.Until(`(document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: held, bubbles: true, cancelable: true })), true)`)
	bia.Sees(".attached--ready", "pasted.png")
	bia.Type("Pasted")
	bia.Key("\r")
	w.sent("Pasted")

	hold("dropped.png")
	bia.Until(`(() => {
		const at = document.querySelector('desk-conversation .timeline');
		at.dispatchEvent(new DragEvent('dragover', { dataTransfer: held, bubbles: true, cancelable: true }));
		const shown = document.querySelector('desk-conversation.dropping') !== null;
		at.dispatchEvent(new DragEvent('drop', { dataTransfer: held, bubbles: true, cancelable: true }));
		return shown;
	})()`)
	bia.Sees(".attached--ready", "dropped.png")
	bia.SeesNo("desk-conversation.dropping", "")
	bia.Type("Dropped")
	bia.Key("\r")
	w.sent("Dropped")
	sent := w.network.Taken()
	require.Equal(t, handoff.KindImage, sent[len(sent)-1].Message.Kind)
	require.Equal(t, "dropped.png", sent[len(sent)-1].Message.Media.Name)
}

// What a customer recorded is played in the conversation.
func TestSoundAndVideoPlayInTheConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bia := w.available("bia")
	w.asks("5511987650001", "Zeca", "Listen", desk.HandOff{Queue: sales})
	bia.Click(".row", "Zeca")
	bia.Sees(".message", "Listen")
	plays := func(what string) {
		bia.Until(`(async () => {
			const el = document.querySelector('.message ` + what + `');
			el.muted = true;
			await el.play();
			return el.currentTime > 0 || el.ended;
		})()`)
		bia.Until(`document.querySelector('.message ` + what + `').duration > 0`)
	}
	w.writes("5511987650001", "", w.kept(handoff.KindAudio, "audio/wav", "hum.wav", hum()))
	bia.Sees(".message audio", "")
	plays("audio")

	film := browser.Read[string](bia, `new Promise((done, failed) => {
		const canvas = document.createElement('canvas');
		canvas.width = canvas.height = 16;
		const pen = canvas.getContext('2d');
		const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: 'video/webm;codecs=vp8' });
		const parts = [];
		recorder.ondataavailable = (e) => parts.push(e.data);
		recorder.onerror = failed;
		recorder.onstop = async () => {
			const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
			done(btoa(String.fromCharCode(...bytes)));
		};
		recorder.start(100);
		let n = 0;
		const draw = () => {
			pen.fillStyle = n % 2 ? 'red' : 'blue';
			pen.fillRect(0, 0, 16, 16);
			if (n++ < 15 || !parts.some((part) => part.size)) setTimeout(draw, 40);
			else recorder.stop();
		};
		draw();
	})`)
	data, err := base64.StdEncoding.DecodeString(film)
	require.NoError(t, err)
	w.writes("5511987650001", "", w.kept(handoff.KindVideo, "video/webm", "lamp.webm", data))
	bia.Sees(".message video", "")
	plays("video")
}

// kept keeps a file, for a customer to send.
func (w *world) kept(kind handoff.Kind, mediaType, name string, data []byte) handoff.Content {
	w.t.Helper()
	media, err := w.bot.Attach(w.t.Context(), data)
	require.NoError(w.t, err)
	media.Type, media.Name = mediaType, name
	return handoff.Content{Kind: kind, Media: &media}
}

// hum is a second of a tone.
func hum() []byte {
	const rate = 8000
	var b bytes.Buffer
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, uint32(36+rate))
	b.WriteString("WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(rate), uint16(1), uint16(8)} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(rate))
	for i := range rate {
		b.WriteByte(byte(128 + 60*math.Sin(float64(i)*2*math.Pi*220/rate)))
	}
	return b.Bytes()
}

// An agent answers one message of several: it is quoted, here and there.
func TestAnAgentQuotesWhatTheyAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bia := w.available("bia")
	w.asks("5511987650001", "Zeca", "Do you have lamps?", desk.HandOff{Queue: sales})
	w.writes("5511987650001", "", handoff.Text("And chairs?"))
	bia.Click(".row", "Zeca")
	bia.Sees(".message", "And chairs?")
	bia.Key("q")
	bia.Sees(".composer__quote", "And chairs?")
	bia.Accessible("quote")
	bia.Click(".composer__quote button", "")
	bia.SeesNo(".composer__quote", "chairs")
	bia.Until(`(document.querySelector('.message__answer').click(), true)`)
	bia.Sees(".composer__quote", "Do you have lamps?")
	bia.Type("Yes, many")
	bia.Key("\r")
	bia.Sees(".message .quote", "Do you have lamps?")
	bia.SeesNo(".composer__quote", "lamps")
	w.sent("Yes, many")
	sent := w.network.Taken()
	first, err := w.bot.Messages(t.Context(), sent[len(sent)-1].Conversation, desk.MessageQuery{})
	require.NoError(t, err)
	require.Equal(t, first[0].Provider, sent[len(sent)-1].Message.Quotes)
}

// The pages keep the rules of accessibility in each language, the editors of
// the settings too.
func TestThePagesAreAccessibleInEveryLanguage(t *testing.T) {
	t.Parallel()
	w, id := filled(t)
	w.equip()
	for _, language := range []string{"pt-BR", "es"} {
		require.NoError(t, w.seat("ana").SetLocale(t.Context(), language, ""))
		tab := w.as("ana", "#/c/"+string(id))
		tab.Sees(".message", "Of course")
		tab.Until("document.documentElement.lang === '" + language + "'")
		tab.Accessible("conversation-" + language)
		for _, page := range [][2]string{ // and the element that it is
			{"panel", "desk-panel"}, {"waiting", "desk-waiting"}, {"admin/queues", "admin-queues"}, {"admin/agents/caio", "admin-agents"},
			{"admin/templates/hello", "admin-templates"}, {"admin/keys", "admin-keys"}, {"admin/canned/hello", "admin-canned"},
			{"admin/tags/sold", "admin-tags"}, {"admin/away", "admin-away"}, {"admin/profiles/lead", "admin-profiles"},
		} {
			place, element := page[0], page[1]
			tab.Go(w.url + "#/" + place)
			tab.Until("!document.querySelector('.list--loading, .skeleton') && document.querySelector('" + element + " h1')")
			tab.Accessible(place + "-" + language)
		}
	}
}

// Devices and password, for whoever signs in with one.
func TestTheSessionsPageIsAccessible(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	w.start(nil)
	email, temporary := w.person("bia")
	tab := browser.Open(t)
	tab.Go(w.url)
	tab.Fill("input[name=email]", email)
	tab.Fill("input[name=password]", temporary)
	tab.Click("button", "Sign in")
	tab.Fill("input[name=old]", temporary)
	tab.Fill("input[name=new]", "a long way to tipperary")
	tab.Click("button", "Save and go on")
	tab.Sees(".bar", "Acme")
	tab.Go(w.url + "#/admin/sessions")
	tab.Sees("main h1", "")
	tab.AccessibleInBoth("sessions")
}
