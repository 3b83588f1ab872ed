package policy

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// archived is what an import reads of a bundle. Everything else in it is for
// people, and may change its shape without making old bundles unreadable.
type archived struct {
	Kind        Kind   `json:"kind"`
	Name        string `json:"name"`
	Description string `json:"description"`
	ReviewOn    string `json:"review_on"`
	Versions    []struct {
		Number   int           `json:"number"`
		Status   VersionStatus `json:"status"`
		Document string        `json:"document"`
	} `json:"versions"`
	at int // of the version that is taken
}

// formatStart is how a bundle begins, whole or not.
var formatStart = regexp.MustCompile(`^\s*\{\s*"format"\s*:\s*"(policy-bundle/[0-9]+)"`)

// bundleFormat is the format of a text that is a bundle or was one before it was
// damaged; "" for any other text.
func bundleFormat(text []byte) string {
	var b struct {
		Format string `json:"format"`
	}
	if m := formatStart.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	if json.Unmarshal(text, &b) == nil && strings.HasPrefix(b.Format, bundleFormats) {
		return b.Format
	}
	return ""
}

// parseBundle reads a bundle; false if there is no policy to be taken out of it.
func parseBundle(text []byte) (archived, bool) {
	var b archived
	if !utf8.Valid(text) || json.Unmarshal(text, &b) != nil || !b.Kind.Valid() {
		return b, false
	}
	b.at = -1
	for i, v := range b.Versions {
		if v.Number < 1 {
			return b, false
		}
		if b.at < 0 || b.rank(i) > b.rank(b.at) || b.rank(i) == b.rank(b.at) && v.Number > b.Versions[b.at].Number {
			b.at = i
		}
	}
	return b, b.at >= 0 && strings.TrimSpace(b.Versions[b.at].Document) != ""
}

// rank orders what an importer takes over: the version in force, else the one
// that waits, else the newest.
func (b archived) rank(i int) int {
	switch b.Versions[i].Status {
	case VersionActive:
		return 2
	case VersionInactive:
		return 1
	case VersionDeactivated, VersionSuperseded, VersionReplaced, VersionDiscarded:
	}
	return 0
}

func (b archived) input() Input {
	in := Input{Kind: b.Kind, Name: b.Name, Description: b.Description, Document: b.Versions[b.at].Document}
	if on, err := time.Parse(time.DateOnly, b.ReviewOn); err == nil {
		in.ReviewOn = on
	}
	return in
}

func (b archived) taken() *Taken {
	t := &Taken{Number: b.Versions[b.at].Number, Others: len(b.Versions) - 1}
	for i, v := range b.Versions {
		if v.Status == VersionInactive && i != b.at {
			t.Waiting = v.Number
		}
	}
	return t
}
