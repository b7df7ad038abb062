package export_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-fonts/dejavu/dejavusanscondensedbold"
	"github.com/jung-kurt/gofpdf"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/export"
	"github.com/handoffdesk/handoff/export/emoji"
	"github.com/handoffdesk/handoff/export/fonts/cjk"
	"github.com/handoffdesk/handoff/export/fonts/noto"
)

var sizes = []int{1_000, 20_000}

// BenchmarkPDF also tells what the heap holds when the document is complete
// and not yet written, which is the most it ever holds.
func BenchmarkPDF(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("Latin/%d", n), func(b *testing.B) {
			benchmarkPDF(b, n, func() export.Transcript { return many(n) }, export.Options{})
		})
		b.Run(fmt.Sprintf("scripts/%d", n), func(b *testing.B) {
			o := export.Options{Emoji: emoji.Picture, Fonts: append(noto.Families(), cjk.Families()...)}
			benchmarkPDF(b, n, func() export.Transcript { return manyOf(n, everyday) }, o)
		})
	}
}

func benchmarkPDF(b *testing.B, n int, of func() export.Transcript, o export.Options) {
	before := liveHeap()
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, export.WritePDF(context.Background(), io.Discard, of(), o))
	}
	held := &heapAtWrite{}
	require.NoError(b, export.WritePDF(context.Background(), held, of(), o))
	reportHeap(b, held.live-before, n)
}

// everyday gives what people write where each has a script of their own.
func everyday(i int) string {
	return fmt.Sprintf("%d: %s", i, []string{
		"Bom dia! Recebi a segunda via 👍🏽 mas o código de barras não é aceito no aplicativo do banco.",
		"مرحبا، هل يوجد نقل من المطار إلى الفندق؟ رقم الرحلة 412 تصل الساعة 22:35.",
		"नमस्ते, क्या कमरे में चाय बनाने की सुविधा है? हम शुक्रवार को पहुँचेंगे।",
		"你好，请问酒店提供中文早餐菜单吗？我们一共四个人，星期五晚上十点半左右到达，谢谢！",
		"Здравствуйте! Во сколько завтрак? 😀 👨\u200d👩\u200d👧\u200d👦 🇧🇷 ❤️",
		"สวัสดีครับ ขอเตียงเสริมหนึ่งเตียงได้ไหมครับ ขอบคุณมากครับ",
		"שלום, האם אפשר לקבל מיטת תינוק לחדר? תודה רבה!", "안녕하세요, 조식에 김치가 나오나요? 감사합니다!",
	}[i%8])
}

// BenchmarkPlainGofpdf is the same document as gofpdf's own cells make it.
func BenchmarkPlainGofpdf(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			before := liveHeap()
			for b.Loop() {
				require.NoError(b, plainDocument(n).Output(io.Discard))
			}
			held := &heapAtWrite{}
			require.NoError(b, plainDocument(n).Output(held))
			reportHeap(b, held.live-before, n)
		})
	}
}

func BenchmarkText(b *testing.B) {
	for b.Loop() {
		require.NoError(b, export.WriteText(context.Background(), io.Discard, many(20_000), export.Options{}))
	}
}

func BenchmarkJSON(b *testing.B) {
	for b.Loop() {
		require.NoError(b, export.WriteJSON(context.Background(), io.Discard, many(20_000), export.Options{}))
	}
}

func plainDocument(n int) *gofpdf.Fpdf {
	f := gofpdf.New("P", "pt", "A4", "")
	f.SetMargins(62, 70, 62)
	f.SetAutoPageBreak(true, 66)
	f.AliasNbPages("{nb}")
	f.SetFooterFunc(func() {
		f.SetY(-40)
		f.SetFont("text", "", 8)
		f.CellFormat(0, 10, fmt.Sprintf("Page %d of {nb}", f.PageNo()), "", 0, "R", false, 0, "")
	})
	f.AddUTF8FontFromBytes("text", "", slices.Clone(dejavusanscondensed.TTF))
	f.AddUTF8FontFromBytes("text", "B", slices.Clone(dejavusanscondensedbold.TTF))
	f.SetFont("text", "", 9.5)
	f.AddPage()
	for m, err := range written(conversation(), n, phrase) {
		if err != nil {
			panic(err)
		}
		f.SetFont("text", "", 8)
		f.CellFormat(54, 13.5, m.At.Format("15:04"), "", 0, "L", false, 0, "")
		author, status := "Maria Silva", ""
		if m.Author == ana {
			author, status = "Ana Souza", "✓✓ read"
		}
		f.SetFont("text", "B", 9.5)
		f.CellFormat(300, 13.5, author, "", 0, "L", false, 0, "")
		f.SetFont("text", "", 8)
		f.CellFormat(0, 13.5, status, "", 1, "R", false, 0, "")
		f.SetFont("text", "", 9.5)
		f.SetX(116)
		f.MultiCell(0, 13.5, m.Text, "", "L", false)
		f.Ln(9)
	}
	return f
}

// heapAtWrite notes how much is alive when the first byte is written.
type heapAtWrite struct{ live uint64 }

func (h *heapAtWrite) Write(p []byte) (int, error) {
	if h.live == 0 {
		h.live = liveHeap()
	}
	return len(p), nil
}

func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func reportHeap(b *testing.B, live uint64, n int) {
	b.ReportMetric(float64(live)/(1<<20), "MiB-held")
	b.ReportMetric(float64(live)/float64(n), "B-held/message")
}

// BenchmarkSmallPDF is of what is exported most: a conversation of a page or
// two, in a process that has read its fonts.
func BenchmarkSmallPDF(b *testing.B) {
	for b.Loop() {
		require.NoError(b, export.WritePDF(context.Background(), io.Discard, everything(), all("en")))
	}
}
