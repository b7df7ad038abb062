package export

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// finisher takes the file as gofpdf writes it, in one piece, and passes it on
// with what gofpdf doesn't write: what is on the pages, the texts that glyphs
// show, pictures in an order that doesn't change, and the language. A list of
// attached files, which gofpdf writes for a document without any, is left out.
type finisher struct {
	w   io.Writer
	pdf *pdf
}

func (f *finisher) Write(file []byte) (int, error) {
	objects, root, err := parseObjects(file)
	if err != nil {
		return 0, err
	}
	objects[root] = f.catalog(objects[root])
	f.nameFonts(objects)
	objects = f.addImages(f.addBodies(objects))
	if err := writeObjects(f.w, objects, root); err != nil {
		return 0, err
	}
	return len(file), nil
}

// resources is the number of the object that names fonts and images.
const resources = 2

// parseObjects finds the objects of a file by their numbers, and which of them
// is the catalog; the one before it has title and dates.
func parseObjects(file []byte) (objects [][]byte, root int, err error) {
	broken := errors.New("gofpdf wrote a file of an unknown form")
	tail := bytes.LastIndex(file, []byte("startxref\n"))
	if tail < 0 {
		return nil, 0, broken
	}
	number, _, _ := strings.Cut(string(file[tail+len("startxref\n"):]), "\n")
	table, err := strconv.Atoi(number)
	if err != nil || table < 0 || table > tail {
		return nil, 0, broken
	}
	var count int
	if _, err := fmt.Sscanf(string(file[table:min(tail, table+40)]), "xref\n0 %d\n", &count); err != nil || count < 4 {
		return nil, 0, broken
	}
	type place struct{ number, offset int }
	places := make([]place, count)
	entries := file[table+bytes.IndexByte(file[table:], '\n')+1:]
	entries = entries[bytes.IndexByte(entries, '\n')+1:]
	for n := range places {
		if len(entries) < 20*(n+1) {
			return nil, 0, broken
		}
		offset, err := strconv.Atoi(string(entries[20*n : 20*n+10]))
		if err != nil || offset > table {
			return nil, 0, broken
		}
		places[n] = place{n, offset}
	}
	places = append(places[1:], place{0, table})
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.offset, b.offset) })
	objects = make([][]byte, count)
	for i, p := range places[:count-1] {
		head := fmt.Appendf(nil, "%d 0 obj\n", p.number)
		object, ok := bytes.CutPrefix(file[p.offset:places[i+1].offset], head)
		if !ok {
			return nil, 0, broken
		}
		objects[p.number] = object
	}
	return objects, count - 1, nil
}

var emptyNames = []byte("/Names <<\n/EmbeddedFiles << /Names [\n  \n] >>\n>>\n")

func (f *finisher) catalog(old []byte) []byte {
	return bytes.Replace(old, emptyNames, fmt.Appendf(nil,
		"/Lang (%s)\n/ViewerPreferences <</DisplayDocTitle true>>\n", f.pdf.language), 1)
}

// addBodies adds what is on the pages. gofpdf's own part of each, with the
// margins, stays before it.
func (f *finisher) addBodies(objects [][]byte) [][]byte {
	page := 0
	for n, object := range objects {
		at := contents.FindSubmatchIndex(object)
		if at == nil {
			continue
		}
		objects[n] = fmt.Appendf(nil, "%s/Contents [%s 0 R %d 0 R]%s", object[:at[2]], object[at[4]:at[5]], len(objects), object[at[3]:])
		objects = append(objects, stream("", f.pdf.bodies[page]))
		page++
	}
	return objects
}

var (
	contents     = regexp.MustCompile(`^<</Type /Page\n[^>]*(/Contents (\d+) 0 R)`)
	fontObject   = regexp.MustCompile(`^<</Type /Font\n/Subtype /Type0\n/BaseFont /utf8(f\d\d+)\n/Encoding /Identity-H\n/DescendantFonts \[\d+ 0 R\]\n/ToUnicode (\d+) 0 R>>`)
	baseFont     = regexp.MustCompile(`/utf8(f\d\d+)\b`)
	fontResource = regexp.MustCompile(`/F[0-9a-f]{40} (\d+) 0 R`)
)

// nameFonts gives the fonts the names by which pages know them, those by
// which readers list them, and the texts of their codes.
func (f *finisher) nameFonts(objects [][]byte) {
	names := map[string]string{} // by number
	for n, object := range objects {
		// Streams hold anything, and are left alone.
		if !bytes.HasPrefix(object, []byte("<</Type /Font")) {
			continue
		}
		if m := fontObject.FindSubmatch(object); m != nil {
			names[strconv.Itoa(n)] = string(m[1])
			texts, _ := strconv.Atoi(string(m[2]))
			objects[texts] = stream("", compressed(f.face(string(m[1])).toUnicode()))
		}
		objects[n] = baseFont.ReplaceAllFunc(object, func(name []byte) []byte {
			return fmt.Appendf(nil, "/HANDOF+%s", f.face(string(name[len("/utf8"):])).font.Name())
		})
	}
	objects[resources] = fontResource.ReplaceAllFunc(objects[resources], func(entry []byte) []byte {
		number := string(fontResource.FindSubmatch(entry)[1])
		return []byte("/" + names[number] + " " + number + " 0 R")
	})
}

func (f *finisher) face(name string) *face {
	i, _ := strconv.Atoi(name[1:])
	return f.pdf.order[i]
}

// maxShown is how many units of UTF-16 a code may stand for.
const maxShown = 200

// toUnicode tells which text each code shows.
func (f *face) toUnicode() []byte {
	var out bytes.Buffer
	out.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for from := 0; from < len(f.texts); from += 100 {
		to := min(from+100, len(f.texts))
		fmt.Fprintf(&out, "%d beginbfchar\n", to-from)
		for i, text := range f.texts[from:to] {
			fmt.Fprintf(&out, "<%04X> <", from+i+1)
			units := utf16.Encode([]rune(text))
			for _, u := range units[:min(len(units), maxShown)] {
				fmt.Fprintf(&out, "%04X", u)
			}
			out.WriteString(">\n")
		}
		out.WriteString("endbfchar\n")
	}
	out.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return out.Bytes()
}

// addImages adds the document's images to its objects.
func (f *finisher) addImages(objects [][]byte) [][]byte {
	var named strings.Builder
	named.WriteString("/XObject <<\n")
	for _, image := range f.pdf.images.all {
		n := len(objects)
		fmt.Fprintf(&named, "/%s %d 0 R\n", image.name, n)
		dict := fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceRGB ", image.width, image.height)
		if image.alpha == nil {
			objects = append(objects, stream(dict+"/Filter /DCTDecode ", image.data))
			continue
		}
		mask := fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /FlateDecode ", image.width, image.height)
		objects = append(objects,
			stream(fmt.Sprintf("%s/Filter /FlateDecode /SMask %d 0 R ", dict, n+1), image.data), stream(mask, image.alpha))
	}
	objects[resources] = bytes.Replace(objects[resources], []byte("/XObject <<\n"), []byte(named.String()), 1)
	return objects
}

func stream(dict string, data []byte) []byte {
	if dict == "" {
		dict = "/Filter /FlateDecode "
	}
	object := fmt.Appendf(make([]byte, 0, len(dict)+len(data)+64), "<<%s/Length %d>>\nstream\n", dict, len(data))
	return append(append(object, data...), "\nendstream\nendobj\n"...)
}

// writeObjects writes a file of them: what they are, where they stand.
func writeObjects(w io.Writer, objects [][]byte, root int) error {
	id := sha256.New()
	out := &counter{w: io.MultiWriter(w, id)}
	out.write([]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"))
	offsets := make([]int, len(objects))
	for n := 1; n < len(objects); n++ {
		offsets[n] = out.n
		out.write(fmt.Appendf(nil, "%d 0 obj\n", n))
		out.write(objects[n])
	}
	table := out.n
	tail := fmt.Appendf(nil, "xref\n0 %d\n0000000000 65535 f \n", len(objects))
	for _, offset := range offsets[1:] {
		tail = fmt.Appendf(tail, "%010d 00000 n \n", offset)
	}
	sum := id.Sum(nil)[:16]
	tail = fmt.Appendf(tail, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R /ID [<%x> <%x>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(objects), root, root-1, sum, sum, table)
	out.write(tail)
	return out.err
}

// counter keeps its first error and writes nothing after it.
type counter struct {
	w   io.Writer
	n   int
	err error
}

func (c *counter) write(b []byte) {
	if c.err != nil {
		return
	}
	n, err := c.w.Write(b)
	c.n, c.err = c.n+n, err
}
