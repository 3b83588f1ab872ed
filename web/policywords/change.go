package policywords

import (
	"strconv"
	"strings"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

// change chooses the message by what happened: something came, something went,
// or something took another's place.
func (t teller) change(c policydoc.Change) written {
	key := "policy_delta." + c.Aspect + "." + happened(c)
	limits := t.limits(c)
	if len(limits.Names) > 0 && i18n.Has(t.lang, key+"_limited") {
		key += "_limited"
	}
	if !i18n.Has(t.lang, key) {
		return t.sentence("policy_delta.unknown", 0, []policydoc.Arg{{Name: "Name", Names: []policydoc.Name{{Name: c.Aspect}}}})
	}
	count := 0
	if c.Aspect == policydoc.AspectTimes {
		count = max(number(c.To), 0)
		if c.To == "" {
			count = number(c.From)
		}
	}
	return t.sentence(key, count, []policydoc.Arg{t.item(c), t.side("From", c, c.From), t.side("To", c, c.To), limits})
}

func happened(c policydoc.Change) string {
	switch {
	case c.From == "":
		return "gained"
	case c.To == "":
		return "lost"
	case c.Class == policydoc.Widens:
		return "widened"
	case c.Class == policydoc.Narrows:
		return "narrowed"
	}
	return "changed"
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// item is the attribute that the change belongs to, with its source if that has
// another name.
func (t teller) item(c policydoc.Change) policydoc.Arg {
	arg := policydoc.Arg{Name: "Item"}
	values := policydoc.Values(c.Subject)
	if len(values) == 0 {
		return arg
	}
	n := t.named(policydoc.Attributes, values[0][0])
	if len(values[0]) > 1 && values[0][1] != values[0][0] {
		source := t.word(policydoc.Attributes, values[0][1])
		n = text(t.fill("policy_delta.item_of_source", "Name", t.word(n.Family, n.Name), "Source", source), c.Special)
	}
	arg.Names = []policydoc.Name{n}
	return arg
}

func (t teller) named(f policydoc.Family, name string) policydoc.Name {
	return policydoc.Name{Family: f, Name: name, Special: t.v.Special(f, name)}
}

// textKind is the kind of a name that is already in words.
const textKind = "text"

func text(s string, special bool) policydoc.Name {
	return policydoc.Name{Kind: textKind, Name: s, Special: special}
}

// side is what a change comes from or goes to, as names.
func (t teller) side(arg string, c policydoc.Change, s string) policydoc.Arg {
	out := policydoc.Arg{Name: arg, Joined: policydoc.All}
	values := policydoc.Values(s)
	if c.Aspect == policydoc.AspectAttribute || c.Aspect == policydoc.AspectSource {
		values = values[:min(1, len(values))]
	}
	if c.Aspect == policydoc.AspectEntry {
		for _, e := range grouped(values, "source") {
			out.Names = append(out.Names, text(t.joined(t.limited(e, "")), false))
		}
		return out
	}
	for _, v := range values {
		if n := t.value(c.Aspect, v); !gathered(out.Names, n) {
			out.Names = append(out.Names, n)
		}
	}
	return out
}

// gathered puts a kind of what the last name is of behind it.
func gathered(names []policydoc.Name, n policydoc.Name) bool {
	if len(names) == 0 || len(n.Subs) == 0 {
		return false
	}
	last := &names[len(names)-1]
	if last.Name != n.Name || last.Lang != n.Lang || last.Kind != n.Kind || len(last.Subs) == 0 {
		return false
	}
	last.Subs = append(last.Subs, n.Subs...)
	return true
}

// value is one value of a change as a name. A value with fewer fields than its
// aspect has now was kept long ago: the missing ones are empty.
func (t teller) value(aspect string, fields []string) policydoc.Name {
	for len(fields) < 4 {
		fields = append(fields, "")
	}
	fixed := map[string]func(string) (string, bool){
		policydoc.AspectTokenType: policydoc.TokenTypeKey, policydoc.AspectShareType: policydoc.ShareTypeKey,
		policydoc.AspectEncryption: policydoc.EncryptionKey,
	}
	switch aspect {
	case policydoc.AspectWay, policydoc.AspectRequired:
		n := t.named(policydoc.AuthTypes, fields[0])
		if fields[1] != "" {
			sub := t.named(policydoc.SubTypes, fields[1])
			n.Subs, n.Special = []policydoc.Name{sub}, n.Special || sub.Special
		}
		return n
	case policydoc.AspectAttribute, policydoc.AspectSource:
		return t.named(policydoc.Attributes, fields[0])
	case policydoc.AspectPart:
		return t.part(fields[0], fields[1], fields[2])
	case policydoc.AspectFormat, policydoc.AspectLanguage:
		return t.limit(fields, false)
	case policydoc.AspectOrigin:
		return t.named(policydoc.Sources, fields[0])
	case policydoc.AspectTokenType, policydoc.AspectShareType, policydoc.AspectEncryption:
		if key, known := fixed[aspect](fields[0]); known {
			return text(lowerFirst(i18n.In(t.lang, key)), false)
		}
	case policydoc.AspectMinutes:
		return text(t.duration(fields[0]), false)
	case policydoc.AspectTimes:
		return text(fields[0], false)
	}
	return policydoc.Name{Name: fields[0]}
}

func (t teller) part(typ, sub, lang string) policydoc.Name {
	if typ == "" && lang == "" {
		return text(i18n.In(t.lang, "policy_delta.whole"), false)
	}
	n := t.named(policydoc.FilterTypes, typ)
	n.Lang = lang
	if sub != "" {
		n.Subs = []policydoc.Name{{Name: sub}}
	}
	return n
}

// limit is a value that limits an entry of shared data. Alone it stands for
// itself, among others it says of what kind it is.
func (t teller) limit(fields []string, among bool) policydoc.Name {
	var n policydoc.Name
	switch fields[0] {
	case "source":
		n = t.named(policydoc.Attributes, fields[1])
	case "part":
		n = t.part(fields[1], fields[2], fields[3])
	case "format":
		n = t.named(policydoc.Formats, fields[1])
		if fields[1] == "" {
			return text(i18n.In(t.lang, "policy_delta.as_recorded"), false)
		}
	case "language":
		n = t.named(policydoc.Languages, fields[1])
		if fields[1] == "" {
			return text(i18n.In(t.lang, "policy_delta.any_language"), false)
		}
	}
	if among {
		n.Kind = fields[0]
	}
	return n
}

// limits is what limits an attribute, or a source, that came.
func (t teller) limits(c policydoc.Change) policydoc.Arg {
	arg := policydoc.Arg{Name: "Limits", Joined: policydoc.Row}
	values := policydoc.Values(c.To)
	if len(values) < 2 || c.Aspect != policydoc.AspectAttribute && c.Aspect != policydoc.AspectSource {
		return arg
	}
	own, values := values[0][0], values[1:]
	if entries := grouped(values, "entry"); len(entries) > 1 {
		for _, e := range entries {
			arg.Names = append(arg.Names, text(t.joined(t.limited(e[1:], "")), c.Special))
		}
		return arg
	}
	if len(grouped(values, "source")) > 1 {
		own = "" // where there are several, each is named
	}
	arg.Names = t.limited(values, own)
	return arg
}

// grouped cuts values before each one of a tag.
func grouped(values [][]string, tag string) [][][]string {
	var out [][][]string
	for i, v := range values {
		if i == 0 || v[0] == tag {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], v)
	}
	return out
}

// limited is limits as names: the parts gathered in one, and nothing of a source
// that has the attribute's own name.
func (t teller) limited(values [][]string, own string) []policydoc.Name {
	var names, parts []policydoc.Name
	for _, v := range values {
		for len(v) < 4 {
			v = append(v, "")
		}
		switch {
		case v[0] == "source" && v[1] == own:
		case v[0] != "part":
			names = append(names, t.limit(v, true))
		default:
			if n := t.part(v[1], v[2], v[3]); !gathered(parts, n) {
				parts = append(parts, n)
			}
		}
	}
	if len(parts) > 0 {
		var b strings.Builder
		t.list(&b, nil, parts, policydoc.All)
		names = append(names, text(t.fill("policy_says.limit.part", "Name", b.String()), false))
	}
	return names
}

func (t teller) joined(names []policydoc.Name) string {
	var b strings.Builder
	t.list(&b, nil, names, policydoc.Row)
	return b.String()
}
