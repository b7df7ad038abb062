package export

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/jung-kurt/gofpdf"
)

// paper is A4 in points.
const paperWidth, paperHeight = 595.28, 841.89

// pdf is the canvas that becomes a PDF file. Nothing else knows its writer,
// which holds the whole document until it is written.
type pdf struct {
	f    *gofpdf.Fpdf
	last style // in force on the present page
}

// newPDF begins a file. Its bytes depend on nothing but what is drawn and on
// title and created.
func newPDF(title, author string, created time.Time) *pdf {
	f := gofpdf.New("P", "pt", "A4", "")
	f.SetAutoPageBreak(false, 0)
	f.SetCompression(true)
	f.SetCatalogSort(true)
	if created.IsZero() {
		created = time.Unix(0, 0)
	}
	f.SetCreationDate(created.UTC())
	f.SetModificationDate(created.UTC())
	f.SetTitle(title, true)
	f.SetAuthor(author, true)
	f.SetCreator("handoff", true)
	f.AddUTF8FontFromBytes("text", "", regular().copyTTF())
	f.AddUTF8FontFromBytes("text", "B", bold().copyTTF())
	return &pdf{f: f}
}

func (p *pdf) addPage() { p.f.AddPage() }

func (p *pdf) pages() int { return p.f.PageCount() }

func (p *pdf) turnTo(page int) {
	p.f.SetPage(page)
	// What the page ended with is not what was drawn last.
	p.last = style{}
	p.f.SetFillColor(255, 255, 255)
}

func (p *pdf) text(x, baseline float64, s style, text string) {
	if text == "" {
		return
	}
	if s.bold != p.last.bold || s.size != p.last.size {
		face := ""
		if s.bold {
			face = "B"
		}
		p.f.SetFont("text", face, s.size)
	}
	if s.color != p.last.color || p.last.size == 0 {
		p.f.SetTextColor(int(s.color.r), int(s.color.g), int(s.color.b))
	}
	p.last = s
	p.f.Text(x, baseline, text)
}

func (p *pdf) fill(x, y, width, height float64, c color) {
	p.f.SetFillColor(int(c.r), int(c.g), int(c.b))
	p.f.Rect(x, y, width, height, "F")
}

func (p *pdf) bookmark(y float64, text string) { p.f.Bookmark(text, 0, y) }

// writeTo writes the file, at once.
func (p *pdf) writeTo(w io.Writer) error {
	if err := p.f.Output(withoutNames{w}); err != nil {
		return fmt.Errorf("export: write PDF: %w", err)
	}
	return nil
}

// emptyNames is the list of attached files that gofpdf writes for a document
// without any. Scanners for files in documents ask what is in it.
var emptyNames = []byte("/Names <<\n/EmbeddedFiles << /Names [\n  \n] >>\n>>\n")

// withoutNames puts spaces over emptyNames in a file that comes in one piece.
// Nothing moves, so the file's table of offsets stays right.
type withoutNames struct{ w io.Writer }

func (n withoutNames) Write(file []byte) (int, error) {
	at := bytes.LastIndex(file, emptyNames)
	if at < 0 {
		return n.w.Write(file)
	}
	written := 0
	for _, piece := range [][]byte{
		file[:at], bytes.Repeat([]byte{' '}, len(emptyNames)), file[at+len(emptyNames):],
	} {
		k, err := n.w.Write(piece)
		if written += k; err != nil {
			return written, err
		}
	}
	return written, nil
}
