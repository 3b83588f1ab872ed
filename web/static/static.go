// Package static serves the portal's stylesheet, scripts and icon from the binary itself.
// Every file has its content's hash in its address, so browsers keep it for ever and never ask again.
// It knows nothing of pages: it is given files and answers with addresses.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

//go:embed css/*.css js/*.js img/*.svg
var sources embed.FS

// bundles lists the files a browser may load and the parts each is made of.
// A page loads one stylesheet and one script: the editor's script contains the common one, the studio's both.
var bundles = []struct {
	name, mime string
	parts      []string
}{
	{"app.css", "text/css; charset=utf-8", []string{"css/*.css"}},
	{"app.js", "text/javascript; charset=utf-8", []string{"js/app.js"}},
	{"editor.js", "text/javascript; charset=utf-8", []string{"js/app.js", "js/editor.js"}},
	{"studio.js", "text/javascript; charset=utf-8", []string{"js/app.js", "js/editor.js", "js/studio.js"}},
	{"hash.js", "text/javascript; charset=utf-8", []string{"js/app.js", "js/hash.js"}},
	{"favicon.svg", "image/svg+xml", []string{"img/favicon.svg"}},
}

// asset is one file as it goes over the wire, in the three forms a browser may ask for.
// The compressed ones are made when somebody first does: brotli takes longer than all else
// that the process does before its first page.
type asset struct {
	name, path, mime, etag string
	plain                  []byte
	gzip, brotli           func() []byte
}

// assets reads all files once, at first use.
var assets = sync.OnceValue(func() map[string]*asset {
	byName := make(map[string]*asset, len(bundles))
	for _, b := range bundles {
		a, err := build(b.name, b.mime, b.parts)
		if err != nil {
			panic(err) // the files are part of the binary: only a programming error comes here
		}
		byName[a.name] = a
	}
	return byName
})

// byPath finds the same files by their hashed address.
var byPath = sync.OnceValue(func() map[string]*asset {
	m := make(map[string]*asset, len(bundles))
	for _, a := range assets() {
		m[a.path] = a
	}
	return m
})

// Path returns the address of a file, such as "/static/app.3f2a….css" for "app.css".
// It panics for a name that does not exist, which any test of a page would show.
func Path(name string) string {
	a, ok := assets()[name]
	if !ok {
		panic(fmt.Sprintf("static: no file named %q", name))
	}
	return a.path
}

// Size is the weight of one file in bytes, plain and compressed.
type Size struct{ Plain, Gzip, Brotli int }

// Sizes returns the weight of every file by name, for the test that keeps pages light.
func Sizes() map[string]Size {
	sizes := make(map[string]Size, len(bundles))
	for name, a := range assets() {
		sizes[name] = Size{Plain: len(a.plain), Gzip: len(a.gzip()), Brotli: len(a.brotli())}
	}
	return sizes
}

func build(name, mime string, patterns []string) (*asset, error) {
	var plain bytes.Buffer
	for _, pattern := range patterns {
		files, err := fs.Glob(sources, pattern)
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("static: no file for %s: %w", pattern, err)
		}
		for _, file := range files { // Glob sorts: 00-layers.css comes first
			text, err := fs.ReadFile(sources, file)
			if err != nil {
				return nil, err
			}
			plain.WriteString(squeeze(path.Ext(file), string(text)))
		}
	}
	sum := sha256.Sum256(plain.Bytes())
	hash := hex.EncodeToString(sum[:8])
	ext := path.Ext(name)
	return &asset{
		name: name, mime: mime, etag: `"` + hash + `"`,
		path:  "/static/" + strings.TrimSuffix(name, ext) + "." + hash + ext,
		plain: plain.Bytes(), gzip: once(gzipped, plain.Bytes()), brotli: once(brotlied, plain.Bytes()),
	}, nil
}

// squeeze drops indentation and comment lines. Anything cleverer would need a parser,
// and compression makes the rest of a minifier's work worthless.
func squeeze(ext, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		comment := strings.HasPrefix(line, "//") && ext == ".js" ||
			strings.HasPrefix(line, "/*") && strings.HasSuffix(line, "*/")
		if line != "" && !comment {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// once packs a text when it is first asked for.
func once(pack func([]byte) ([]byte, error), plain []byte) func() []byte {
	return sync.OnceValue(func() []byte {
		packed, err := pack(plain)
		if err != nil {
			panic(err) // writing to memory fails only by a programming error
		}
		return packed
	})
}

func gzipped(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func brotlied(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, brotli.BestCompression)
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
