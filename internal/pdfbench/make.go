//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-fonts/dejavu/dejavusanscondensedbold"
	"github.com/jung-kurt/gofpdf"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export"
	"github.com/handoffdesk/handoff/export/emoji"
	"github.com/handoffdesk/handoff/export/fonts/cjk"
	"github.com/handoffdesk/handoff/export/fonts/noto"
)

// latin is what people write where all is in Portuguese, and mixed what they
// write where each has a script of their own.
var (
	latin = []string{
		"Bom dia! Recebi a segunda via do boleto, mas o código de barras não é aceito no aplicativo do banco.",
		"Vocês conseguem verificar se a data de vencimento está correta e enviar de novo, por favor?",
		"Claro, um momento.", "Acabei de enviar para o seu e-mail. Pode conferir se chegou?", "Chegou, muito obrigada pela ajuda!",
	}
	mixed = []string{
		"Bom dia! Recebi a segunda via 👍🏽 mas o código de barras não é aceito no aplicativo do banco.",
		"مرحبا، هل يوجد نقل من المطار إلى الفندق؟ رقم الرحلة 412 تصل الساعة 22:35.",
		"नमस्ते, क्या कमरे में चाय बनाने की सुविधा है? हम शुक्रवार को पहुँचेंगे।",
		"你好，请问酒店提供中文早餐菜单吗？我们一共四个人，星期五晚上十点半左右到达，谢谢！",
		"Здравствуйте! Во сколько завтрак? 😀 👨\u200d👩\u200d👧\u200d👦 🇧🇷 ❤️",
		"สวัสดีครับ ขอเตียงเสริมหนึ่งเตียงได้ไหมครับ ขอบคุณมากครับ",
		"שלום, האם אפשר לקבל מיטת תינוק לחדר? תודה רבה!", "안녕하세요, 조식에 김치가 나오나요? 감사합니다!",
	}
)

var start = time.Date(2026, 5, 8, 17, 2, 11, 0, time.UTC)

// talk is a transcript in which two say the texts in turn.
func talk(messages int, texts []string) export.Transcript {
	c := handoff.Conversation{Bot: "acme", ID: "c1", Contact: "p1", Channel: "whatsapp", State: handoff.StateEnded, StartedAt: start}
	return export.Transcript{Bot: "Bia", Contact: handoff.Contact{Name: "Maria Silva"}, Attendances: export.Values(export.Attendance{
		Conversation: c, Agents: map[handoff.AgentID]string{"ana": "Ana Souza"},
		Messages: func(yield func(handoff.Message, error) bool) {
			for i := range messages {
				m := handoff.Message{Bot: c.Bot, Conversation: c.ID, Number: int64(i + 1), At: start.Add(time.Duration(i) * time.Minute),
					Author: handoff.Actor{By: handoff.ByContact}, Content: handoff.Text(fmt.Sprintf("%d: %s", i, texts[i%len(texts)]))}
				if i%2 == 1 {
					m.Author, m.Delivery = handoff.Actor{By: handoff.ByAgent, Agent: "ana"}, handoff.Read
				}
				if !yield(m, nil) {
					return
				}
			}
		},
	})}
}

// exported makes a document with package export. What is only for other
// scripts is linked in, and used only where they are.
func exported(messages int, texts []string) error {
	o := export.Options{}
	if &texts[0] == &mixed[0] {
		o = export.Options{Emoji: emoji.Picture, Fonts: append(noto.Families(), cjk.Families()...)}
	}
	return export.WritePDF(context.Background(), io.Discard, talk(messages, texts), o)
}

// plain makes the same document as gofpdf's own cells make it.
func plain(messages int) error {
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
	for i := range messages {
		author, status := "Maria Silva", ""
		if i%2 == 1 {
			author, status = "Ana Souza", "✓✓ read"
		}
		f.SetFont("text", "", 8)
		f.CellFormat(54, 13.5, start.Add(time.Duration(i)*time.Minute).Format("15:04"), "", 0, "L", false, 0, "")
		f.SetFont("text", "B", 9.5)
		f.CellFormat(300, 13.5, author, "", 0, "L", false, 0, "")
		f.SetFont("text", "", 8)
		f.CellFormat(0, 13.5, status, "", 1, "R", false, 0, "")
		f.SetFont("text", "", 9.5)
		f.SetX(116)
		f.MultiCell(0, 13.5, fmt.Sprintf("%d: %s", i, latin[i%len(latin)]), "", "L", false)
		f.Ln(9)
	}
	return f.Output(io.Discard)
}
