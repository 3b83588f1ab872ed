package policy

import (
	"context"

	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/ui"
)

// part is a titled part of a document made readable.
type part struct {
	Title string
	Rows  []ui.Row
}

// readable tells what a document says, in the reader's language; nothing for a
// document with errors, because half a policy must not look like a whole one.
func readable(ctx context.Context, kind policydoc.Kind, document string) []part {
	s, ok := policydoc.Summarize(kind, []byte(document))
	switch {
	case !ok:
		return nil
	case kind == policydoc.KindDataShare:
		return shareParts(ctx, s.Share)
	default:
		return authParts(ctx, s.Auth)
	}
}

func authParts(ctx context.Context, s policydoc.AuthSummary) []part {
	var ways []string
	for _, t := range s.AuthTypes {
		way := named(ctx, policydoc.AuthTypeKey, t.Name)
		if len(t.SubTypes) > 0 {
			way = i18n.T(ctx, "policy.summary.with", "Item", way, "Parts", joined(ctx, mapped(ctx, policydoc.SubTypeKey, t.SubTypes)))
		}
		key := "policy.summary.optional"
		if t.Mandatory {
			key = "policy.summary.required"
		}
		ways = append(ways, i18n.T(ctx, key, "Item", way))
	}
	token := ui.Row{Label: i18n.T(ctx, "policy.summary.token"), Value: named(ctx, policydoc.TokenTypeKey, s.TokenType)}
	if key, known := policydoc.TokenTypeKey(s.TokenType); known {
		token.Note = i18n.T(ctx, key+".help")
	}
	return []part{{Rows: []ui.Row{
		{Label: i18n.T(ctx, "policy.summary.ways"), Multi: orElse(ways, i18n.T(ctx, "policy.summary.no_ways"))},
		{Label: i18n.T(ctx, "policy.summary.attributes"), Multi: orElse(mapped(ctx, policydoc.AttributeKey, s.Attributes), i18n.T(ctx, "policy.summary.no_attributes"))},
		{Label: i18n.T(ctx, "policy.summary.languages"), Multi: orElse(mapped(ctx, policydoc.LanguageKey, s.Languages), i18n.T(ctx, "policy.summary.no_languages"))},
		token,
	}}}
}

func shareParts(ctx context.Context, s policydoc.ShareSummary) []part {
	how := []ui.Row{
		{Label: i18n.T(ctx, "policy.summary.share_type"), Value: named(ctx, policydoc.ShareTypeKey, s.TypeOfShare)},
		{Label: i18n.T(ctx, "policy.summary.encryption"), Value: named(ctx, policydoc.EncryptionKey, s.EncryptionType)},
		{Label: i18n.T(ctx, "policy.summary.valid"), Value: i18n.T(ctx, "policy.summary.minutes", "Count", s.ValidMinutes)},
		{Label: i18n.T(ctx, "policy.summary.opened"), Value: i18n.T(ctx, "policy.summary.times", "Count", s.TransactionsLimit)},
		{Label: i18n.T(ctx, "policy.summary.domain"), Component: ui.Code(s.Domain)},
		{Label: i18n.T(ctx, "policy.summary.source"), Value: s.Source},
	}
	if s.Protocol != "" {
		how = append(how, ui.Row{Label: i18n.T(ctx, "policy.summary.protocol"), Component: ui.Code(s.Protocol)})
	}
	var data []ui.Row
	for _, a := range s.Attributes {
		data = append(data, ui.Row{Label: named(ctx, policydoc.AttributeKey, a.Name), Multi: sharedAttribute(ctx, a)})
	}
	return []part{
		{Title: i18n.T(ctx, "policy.summary.how"), Rows: how},
		{Title: i18n.T(ctx, "policy.summary.data"), Rows: data},
	}
}

func sharedAttribute(ctx context.Context, a policydoc.SharedAttribute) []string {
	lines := []string{i18n.T(ctx, "policy.summary.plain")}
	if a.Encrypted {
		lines[0] = i18n.T(ctx, "policy.summary.encrypted")
	}
	if a.Format != "" {
		lines = append(lines, i18n.T(ctx, "policy.summary.format", "Format", named(ctx, policydoc.FormatKey, a.Format)))
	}
	if a.Group != "" {
		lines = append(lines, i18n.T(ctx, "policy.summary.set", "Name", isolate(a.Group)))
	}
	for _, s := range a.Sources {
		lines = append(lines, i18n.T(ctx, "policy.summary.from", "Source", sourceWords(ctx, s)))
	}
	return lines
}

func sourceWords(ctx context.Context, s policydoc.Source) string {
	from := named(ctx, policydoc.AttributeKey, s.Attribute)
	var parts []string
	for _, f := range s.Filters {
		if f.Type != "" {
			parts = append(parts, named(ctx, policydoc.FilterTypeKey, f.Type))
		}
		for _, sub := range f.SubTypes {
			parts = append(parts, isolate(sub))
		}
		if f.Language != "" {
			parts = append(parts, named(ctx, policydoc.LanguageKey, f.Language))
		}
	}
	if len(parts) == 0 {
		return from
	}
	return i18n.T(ctx, "policy.summary.with", "Item", from, "Parts", joined(ctx, parts))
}

func orElse(words []string, none string) []string {
	if len(words) == 0 {
		return []string{none}
	}
	return words
}
