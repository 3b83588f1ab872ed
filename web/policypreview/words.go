package policypreview

import (
	"context"
	"slices"
	"strings"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/policywords"
)

// maxListed is how many things a line names before it counts the rest.
const maxListed = 20

// listed names things one after the other.
func listed[T any](ctx context.Context, things []T, word func(T) string) string {
	var words []string
	for _, t := range things[:min(len(things), maxListed)] {
		words = append(words, word(t))
	}
	text := strings.Join(words, i18n.T(ctx, "policy_preview.separator"))
	if rest := len(things) - len(words); rest > 0 {
		return i18n.T(ctx, "policy_preview.and_more", "List", text, "Count", rest)
	}
	return text
}

// unbroken keeps "(e-KYC)" on one line. Labels themselves keep the hyphen that
// people type, so that they can be searched for.
var unbroken = strings.NewReplacer("e-KYC", "e\u2011KYC")

// wayText names a way with its kind of biometrics.
func wayText(ctx context.Context, v *policydoc.Vocabulary, w policy.Use) string {
	way := unbroken.Replace(policywords.Label(ctx, v, policydoc.AuthTypes, w.Type))
	if w.SubType == "" {
		return way
	}
	return i18n.T(ctx, "policy_preview.way_kind", "Way", way, "Kind", policywords.Label(ctx, v, policydoc.SubTypes, w.SubType))
}

// reasonText is a reason as a sentence.
func reasonText(ctx context.Context, v *policydoc.Vocabulary, r policy.Reason) string {
	item := ""
	switch {
	case r.Family == policydoc.AuthTypes:
		item = wayText(ctx, v, policy.Use{Type: r.Item, SubType: r.Kind})
	case r.Item != "":
		item = policywords.Label(ctx, v, r.Family, r.Item)
	}
	return i18n.T(ctx, r.Code.Key(), "Item", item)
}

// told is a reason with the sentence of the policy that it rests on.
type told struct {
	policy.Reason
	Text     string
	Sentence string // "" if no sentence says it, or a reason before this one has told it
}

// tell puts reasons into words.
func tell(ctx context.Context, v *policydoc.Vocabulary, m policydoc.Meaning, reasons []policy.Reason) []told {
	all, words := policydoc.Sentences(m, v), policywords.Sentences(ctx, v, m)
	seen := map[int]bool{}
	var out []told
	for _, r := range reasons {
		t := told{Reason: r, Text: reasonText(ctx, v, r)}
		i := slices.IndexFunc(all, func(s policydoc.Sentence) bool { return restsOn(r, s) })
		if i >= 0 && !seen[i] {
			seen[i], t.Sentence = true, words[i].Text
		}
		out = append(out, t)
	}
	return out
}

// restsOn reports whether a sentence says what a reason tells: the one about its
// line and item, or, where no line says it, the one about everything else.
func restsOn(r policy.Reason, s policydoc.Sentence) bool {
	if r.Line > 0 {
		return slices.Contains(s.Lines, r.Line) && mentions(s, r)
	}
	switch r.Code {
	case policy.WayNotAllowed:
		return s.ID == "auth.refused"
	case policy.LanguageNotGranted:
		return s.ID == "auth.languages"
	case policy.LanguageOpen:
		return s.ID == "auth.any_language"
	case policy.AttributeNotGranted:
		return s.Part == policydoc.Gets && (strings.HasSuffix(s.ID, ".data") || strings.HasSuffix(s.ID, ".nothing"))
	default:
		return false
	}
}

func mentions(s policydoc.Sentence, r policy.Reason) bool {
	return slices.ContainsFunc(s.Args, func(a policydoc.Arg) bool {
		return slices.ContainsFunc(a.Names, func(n policydoc.Name) bool { return n.Family == r.Family && n.Name == r.Item })
	})
}

// valueLine is one line of what a partner receives of an attribute.
type valueLine struct {
	Data string // recorded, in its own direction and language
	Lang string // of Data, for the html element; "" if unknown
	Text string // in the page's language, in place of data
	Note string
}

// htmlLang are the tags of the languages that the made-up people's data is in.
var htmlLang = map[string]string{"eng": "en", "fra": "fr", "ara": "ar"}

// valueLines put the values of an item into words: data as it is, pictures as
// what they are, biometrics piece by piece under their type.
func valueLines(ctx context.Context, v *policydoc.Vocabulary, item policy.Item) []valueLine {
	var lines []valueLine
	parts, order := map[policy.Part][]policy.Part{}, []policy.Value{}
	for _, value := range item.Values {
		switch {
		case value.Part != policy.Part{}:
			kind := policy.Part{Type: value.Part.Type}
			if parts[kind] == nil {
				order = append(order, policy.Value{Part: kind, Template: value.Template})
			}
			parts[kind] = append(parts[kind], value.Part)
		case value.Photo != policy.Photo{}:
			lines = append(lines, valueLine{Text: photoText(ctx, value)})
		case value.Example:
			lines = append(lines, valueLine{Text: i18n.T(ctx, "policy_preview.value.example", "Name", policywords.Label(ctx, v, policydoc.Attributes, value.Text))})
		default:
			line := valueLine{Data: value.Text, Lang: htmlLang[value.Language]}
			if value.Language != "" {
				line.Note = policywords.Label(ctx, v, policydoc.Languages, value.Language)
			}
			lines = append(lines, line)
		}
	}
	for _, first := range order {
		lines = append(lines, partsLine(ctx, v, first, parts[first.Part]))
	}
	return lines
}

func photoText(ctx context.Context, v policy.Value) string {
	if v.Template {
		return i18n.T(ctx, "policy_preview.value.photo_template")
	}
	return i18n.T(ctx, "policy_preview.value.photo", "Width", v.Photo.Width, "Height", v.Photo.Height)
}

// partsLine counts the pieces of one type, and names them where they are few.
func partsLine(ctx context.Context, v *policydoc.Vocabulary, first policy.Value, parts []policy.Part) valueLine {
	key := "policy_preview.value.images"
	if first.Template {
		key = "policy_preview.value.templates"
	}
	line := valueLine{Text: i18n.T(ctx, key, "What", policywords.Label(ctx, v, policydoc.FilterTypes, first.Part.Type), "Count", len(parts))}
	if parts[0].SubType != "" && len(parts) <= 5 {
		line.Note = listed(ctx, parts, func(p policy.Part) string { return partText(ctx, p.SubType) })
	}
	return line
}

// partKey is the last part of a message's key: "left_indexfinger".
var partKey = strings.NewReplacer(" ", "_")

// partText names a part of the body as filters do ("Left IndexFinger"); one that
// the portal has no words for stands for itself.
func partText(ctx context.Context, name string) string {
	key := "policy_preview.part." + strings.ToLower(partKey.Replace(name))
	if !i18n.Has(i18n.Lang(ctx), key) {
		return i18n.Isolate(name)
	}
	return i18n.T(ctx, key)
}

// notes tell what was done to the values on their way.
func notes(ctx context.Context, v *policydoc.Vocabulary, item policy.Item) []string {
	var out []string
	if item.Format != "" {
		key := "policy_preview.format.unused"
		if item.Formatted {
			key = "policy_preview.format"
		}
		out = append(out, i18n.T(ctx, key, "Name", policywords.Label(ctx, v, policydoc.Formats, item.Format)))
	}
	if len(item.Filters) > 0 {
		text := listed(ctx, item.Filters, func(f policydoc.Filter) string { return filterText(ctx, v, f) })
		out = append(out, i18n.T(ctx, "policy_preview.filters", "List", text))
	}
	return out
}

// filterText is what a filter lets through: "Fingerprints (left thumb)".
func filterText(ctx context.Context, v *policydoc.Vocabulary, f policydoc.Filter) string {
	what := ""
	if f.Type != "" {
		what = policywords.Label(ctx, v, policydoc.FilterTypes, f.Type)
	}
	if len(f.SubTypes) > 0 {
		kinds := listed(ctx, f.SubTypes, func(name string) string { return partText(ctx, name) })
		what = i18n.T(ctx, "policy_preview.filter.part", "Type", what, "Kinds", kinds)
	}
	if f.Language == "" {
		return what
	}
	language := policywords.Label(ctx, v, policydoc.Languages, f.Language)
	if what == "" {
		return i18n.T(ctx, "policy_preview.filter.language", "Language", language)
	}
	return i18n.T(ctx, "policy_preview.filter.both", "What", what, "Language", language)
}
