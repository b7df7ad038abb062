package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/text/language"

	"github.com/handoffdesk/handoff/desk/console/web"
)

const (
	indexFile    = "index.html"
	manifestFile = "manifest.webmanifest"
)

// mediaTypes are those of the pages' files, whatever the machine's own table
// says.
var mediaTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".json": "application/json", ".webmanifest": "application/manifest+json",
	".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp",
	".ico": "image/vnd.microsoft.icon", ".woff2": "font/woff2", ".mp3": "audio/mpeg", ".ogg": "audio/ogg",
}

// pages are the files a browser loads, all read at the start.
type pages struct {
	files     map[string][]byte
	hash      string // of all files together: part of their addresses
	index     *htmltemplate.Template
	manifest  *template.Template
	languages []string
	matcher   language.Matcher
}

// shell is what the index and the manifest are told.
type shell struct {
	Static string // address of the files, relative
	Lang   string // BCP 47
}

// newPages reads the embedded files and those of the overlay over them.
func newPages(overlay fs.FS) (*pages, error) {
	p := &pages{files: map[string][]byte{}}
	for _, from := range []fs.FS{web.Files, overlay} {
		if from == nil {
			continue
		}
		if err := p.read(from); err != nil {
			return nil, fmt.Errorf("console: reading pages: %w", err)
		}
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		fmt.Fprintf(sum, "%s\x00%d\x00", name, len(p.files[name]))
		sum.Write(p.files[name])
	}
	p.hash = hex.EncodeToString(sum.Sum(nil)[:8])

	var err error
	if p.index, err = htmltemplate.New(indexFile).Parse(string(p.files[indexFile])); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if p.manifest, err = template.New(manifestFile).Parse(string(p.files[manifestFile])); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	for _, s := range []shell{{p.static(), "en"}} {
		if err := errors.Join(p.index.Execute(io.Discard, s), p.manifest.Execute(io.Discard, s)); err != nil {
			return nil, fmt.Errorf("console: %w", err)
		}
	}
	p.findLanguages()
	return p, nil
}

func (p *pages) read(from fs.FS) error {
	return fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".go" {
			return err
		}
		p.files[name], err = fs.ReadFile(from, name)
		return err
	})
}

// findLanguages finds those that the pages speak, English first: it is what
// somebody gets whose own is not among them.
func (p *pages) findLanguages() {
	p.languages = []string{"en"}
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		lang, ok := strings.CutSuffix(name, ".json")
		if dir, lang := path.Split(lang); ok && dir == "locales/" && lang != "en" {
			p.languages = append(p.languages, lang)
		}
	}
	var tags []language.Tag
	for _, l := range p.languages {
		tags = append(tags, language.Make(l))
	}
	p.matcher = language.NewMatcher(tags)
}

// language is what to greet somebody in who has not signed in yet.
func (p *pages) language(r *http.Request) string {
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return p.languages[0]
	}
	_, index, _ := p.matcher.Match(wanted...)
	return p.languages[index]
}

func (p *pages) static() string { return "static/" + p.hash }

func (p *pages) handle(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		if err := p.index.Execute(&b, shell{p.static(), p.language(r)}); err != nil {
			panic(err)
		}
		w.Header().Set("Vary", "Accept-Language")
		p.serve(w, r, indexFile, b.Bytes(), "no-cache")
	})
	mux.HandleFunc("GET /"+manifestFile, func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		if err := p.manifest.Execute(&b, shell{p.static(), p.language(r)}); err != nil {
			panic(err)
		}
		w.Header().Set("Vary", "Accept-Language")
		p.serve(w, r, manifestFile, b.Bytes(), "no-cache")
	})
	missing := func(w http.ResponseWriter, _ *http.Request) {
		newProblem(http.StatusNotFound, "not_found", "Not found").write(w)
	}
	mux.HandleFunc("GET /static/{hash}", missing) // else the mux would redirect
	mux.HandleFunc("GET /static/{hash}/{file...}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("file")
		data, ok := p.files[name]
		if !ok || r.PathValue("hash") != p.hash || name == indexFile || name == manifestFile {
			missing(w, r)
			return
		}
		p.serve(w, r, name, data, "public, max-age=31536000, immutable")
	})
}

// serve answers with a file, or says that the browser has it.
func (p *pages) serve(w http.ResponseWriter, r *http.Request, name string, data []byte, cache string) {
	sum := sha256.Sum256(data)
	etag := `"` + hex.EncodeToString(sum[:8]) + `"`
	h := w.Header()
	h.Set("Cache-Control", cache)
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	mt, ok := mediaTypes[path.Ext(name)]
	if !ok {
		mt = "application/octet-stream"
	}
	h.Set("Content-Type", mt)
	h.Set("Content-Length", fmt.Sprint(len(data)))
	if r.Method != http.MethodHead {
		w.Write(data)
	}
}
