package policydoc

import (
	"strings"
	"unicode/utf8"
)

// showable is the text of a node that comes back from a browser's text field as
// it went in.
func showable(n *node) (string, bool) {
	if n == nil || n.kind != textNode || len(n.text) > MaxTextBytes {
		return "", false
	}
	for _, r := range n.text {
		// A lone surrogate reads as U+FFFD and could not be written again.
		if r < 0x20 && r != '\t' || r >= 0x7F && r <= 0x9F || r == utf8.RuneError && n.bad {
			return "", false
		}
	}
	return n.text, true
}

// showableNames are the texts of a list that JoinNames and SplitNames keep.
func showableNames(n *node) ([]string, bool) {
	if n.kind != listNode {
		return nil, false
	}
	names := make([]string, 0, len(n.items))
	size := 0
	for _, item := range n.items {
		name, ok := showable(item)
		if !ok || name == "" || name != strings.TrimSpace(name) {
			return nil, false
		}
		if size += len(name) + len(", "); size > MaxTextBytes {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

// JoinNames writes a list of names into one text field: "Left Thumb, Right
// Thumb". A comma or backslash in a name gets a backslash before it.
func JoinNames(names []string) string {
	escaped := make([]string, len(names))
	for i, n := range names {
		escaped[i] = nameEscape.Replace(n)
	}
	return strings.Join(escaped, ", ")
}

var nameEscape = strings.NewReplacer(`\`, `\\`, `,`, `\,`)

// SplitNames reads what JoinNames writes, and what people type: spaces around a
// name do not count, nor does a comma with nothing before it.
func SplitNames(s string) []string {
	var names []string
	var b strings.Builder
	next := func() {
		if name := strings.TrimSpace(b.String()); name != "" {
			names = append(names, name)
		}
		b.Reset()
	}
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == ',':
			next()
		default:
			b.WriteRune(r)
		}
	}
	if escaped {
		b.WriteByte('\\')
	}
	next()
	return names
}

// maxRaw is how many characters of a value are shown that a form cannot show.
const maxRaw = 400

// excerptRaw makes a piece of the document's text fit to be shown, as clip does,
// but longer and with its lines.
func excerptRaw(raw []byte) string {
	var b strings.Builder
	n := 0
	for _, r := range string(raw[:min(len(raw), utf8.UTFMax*(maxRaw+2))]) {
		if n == maxRaw {
			return b.String() + "…"
		}
		if _, odd := oddRune(r); odd && r != '\n' && r != '\t' && r != '\r' || r == utf8.RuneError {
			r = '�'
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
