// Package i18n finds the words of a page in the reader's language. Messages
// stand in messages/<area>.<language>.json under flat keys; go-i18n chooses the
// plural form. It knows no page.
package i18n

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed messages/*.json
var files embed.FS

// Language is one that the portal speaks.
type Language struct {
	Code string // "en"
	Name string // in the language itself
	Dir  string // "ltr" or "rtl"
}

// Languages are all of them; the first is the default.
var Languages = []Language{
	{Code: "en", Name: "English", Dir: "ltr"},
	{Code: "fr", Name: "Français", Dir: "ltr"},
	{Code: "ar", Name: "العربية", Dir: "rtl"},
}

// Known reports whether the portal speaks a language.
func Known(code string) bool {
	for _, l := range Languages {
		if l.Code == code {
			return true
		}
	}
	return false
}

// catalog is one language's messages: those without arguments as they are,
// the others through go-i18n.
type catalog struct {
	lang      Language
	plain     map[string]string
	plural    map[string]bool
	localizer *i18n.Localizer
}

var catalogs, keys = load()

func load() (map[string]*catalog, map[string]map[string]bool) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	all := map[string]*catalog{}
	known := map[string]map[string]bool{}
	for _, l := range Languages {
		all[l.Code] = &catalog{lang: l, plain: map[string]string{}, plural: map[string]bool{}}
		known[l.Code] = map[string]bool{}
	}
	names, err := fs.Glob(files, "messages/*.json")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		f, err := bundle.LoadMessageFileFS(files, name)
		if err != nil {
			panic(fmt.Sprintf("i18n: %s: %v", name, err))
		}
		code := f.Tag.String()
		if all[code] == nil {
			panic("i18n: " + name + " is in no language of the portal")
		}
		for _, m := range f.Messages {
			known[code][m.ID] = true
			switch {
			case m.One+m.Two+m.Few+m.Many+m.Zero != "":
				all[code].plural[m.ID] = true
			case !strings.Contains(m.Other, "{{"):
				all[code].plain[m.ID] = m.Other
			}
		}
	}
	for code, c := range all {
		c.localizer = i18n.NewLocalizer(bundle, code)
	}
	return all, known
}

// Has reports whether a key has a message in a language.
func Has(code, key string) bool { return keys[code][key] }

// Keys are the keys of a language.
func Keys(code string) map[string]bool { return keys[code] }

// T is the message under key in the language of ctx. args are names and values
// in turn; "Count" chooses the plural. A missing message shows as [key], which
// the tests look for.
func T(ctx context.Context, key string, args ...any) string {
	return in(Lang(ctx)).text(key, args)
}

// In is T for a known language: for mails, which have no reader's request.
func In(code, key string, args ...any) string { return in(code).text(key, args) }

func in(code string) *catalog {
	if c := catalogs[code]; c != nil {
		return c
	}
	return catalogs[Languages[0].Code]
}

func (c *catalog) text(key string, args []any) string {
	if s, ok := c.plain[key]; ok {
		return s
	}
	cfg := i18n.LocalizeConfig{MessageID: key}
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		name, _ := args[i].(string)
		data[name] = args[i+1]
		if name == "Count" && c.plural[key] {
			cfg.PluralCount = args[i+1]
		}
	}
	cfg.TemplateData = data
	s, tag, err := c.localizer.LocalizeWithTag(&cfg)
	if err != nil || tag.String() != c.lang.Code {
		return "[" + key + "]"
	}
	return s
}

type localeKey struct{}

type locale struct {
	lang Language
	zone *time.Location
}

func localeOf(ctx context.Context) locale {
	l, ok := ctx.Value(localeKey{}).(locale)
	if !ok {
		return locale{lang: Languages[0], zone: time.UTC}
	}
	return l
}

// WithLang sets the language of a context; an unknown one is the default.
func WithLang(ctx context.Context, code string) context.Context {
	l := localeOf(ctx)
	l.lang = in(code).lang
	return context.WithValue(ctx, localeKey{}, l)
}

// WithZone sets the time zone in which a context shows dates.
func WithZone(ctx context.Context, zone *time.Location) context.Context {
	l := localeOf(ctx)
	l.zone = zone
	return context.WithValue(ctx, localeKey{}, l)
}

// Lang and Dir are for the html element.
func Lang(ctx context.Context) string { return localeOf(ctx).lang.Code }

// Dir is "ltr" or "rtl".
func Dir(ctx context.Context) string { return localeOf(ctx).lang.Dir }

var matcher = language.NewMatcher([]language.Tag{language.English, language.French, language.Arabic})

// Negotiate is the language that a browser asks for, as far as we speak it.
func Negotiate(r *http.Request) string {
	header := r.Header.Get("Accept-Language")
	if len(header) > 256 {
		header = ""
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return Languages[0].Code
	}
	_, i, _ := matcher.Match(tags...)
	return Languages[i].Code
}

// Isolate keeps a name in its own direction inside a sentence, so that a Latin
// one in an Arabic sentence, or the other way round, does not turn it around.
func Isolate(s string) string { return "\u2068" + s + "\u2069" }
