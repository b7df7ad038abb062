// Package web holds the pages of the console: one HTML shell, ES modules,
// style sheets, catalogues of strings and icons, embedded as they are
// written. There is no build step.
//
// index.html is an html/template with two values: Static, the relative path
// under which Files are served, without a slash at its end, and Lang, the
// language to begin with. Everything else is served as it is.
package web

import (
	"embed"
	"io/fs"
)

//go:embed index.html manifest.webmanifest app styles locales icons
var files embed.FS

// Files is the tree of the pages. It is read-only and safe for concurrent
// use.
var Files fs.FS = files
