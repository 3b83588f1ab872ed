// Package ui draws the pieces that every page is made of: the frame with its menu,
// forms and fields, lists, the policy editor, tags and panels. Pages give it words and
// values; it knows no partner, no policy and no permission, and reads nothing from a database.
package ui

import (
	"context"
	"strconv"

	"portal/web/form"
	"portal/web/i18n"
)

// Shell is what surrounds every page of one request: who looks at it, in which language,
// with which menu. Middleware puts it in the context; pages do not touch it.
type Shell struct {
	Lang, Dir          string // "ar", "rtl"; empty: taken from the context's language
	Path, Query        string // of the request
	FormToken          string // WEB-1: bound to the session, sent with every form
	SignedIn           bool
	UserName, UserRole string // as shown in the account menu
	Nav                []NavGroup
	Flash              *Flash
	Notices            []string // banners on every page, already translated
	LanguageLinks      []LanguageLink
	Searched           string // what stands in the search box
	Shortcuts          bool   // "/" jumps to it
	BuildID            string
	PublicLinks        []Link // at the foot of the pages for visitors
}

// NavGroup is a titled part of the menu; without a title its items stand at the top level.
type NavGroup struct {
	Title string
	Items []NavItem
}

// NavItem is one line of the menu. Icon is a name of Icon; Count 0 shows nothing.
type NavItem struct {
	Label, Href, Icon string
	Current           bool
	Count             int
}

// Flash says once, after a redirect, what happened and where to go next.
type Flash struct{ Text, Href, LinkText string }

// LanguageLink is a language that the page can be shown in; Name is the language's own.
type LanguageLink struct {
	Code, Name string
	Current    bool
	Href       string // of a page that is the same for everybody: nothing is remembered
}

// Link is an address with its words.
type Link struct{ Href, Text string }

// Meta is what a page says about itself.
type Meta struct {
	Title        string // same words as the h1, without the portal's name
	Back         *Link
	Errors       form.Errors // any: the title starts with "Error:"
	Editor       bool        // the page has an Editor
	Studio       bool        // the page has an Editor that keeps up with a form beside it
	Hasher       bool        // the page computes the hash of a file
	Narrow, Wide bool        // a form's or a wide list's width
}

type shellKey struct{}

// WithShell gives the pages of a request their surroundings.
func WithShell(ctx context.Context, s *Shell) context.Context {
	return context.WithValue(ctx, shellKey{}, s)
}

// ShellOf returns the surroundings of a request; never nil, so that an error page can always be drawn.
func ShellOf(ctx context.Context) *Shell {
	if s, ok := ctx.Value(shellKey{}).(*Shell); ok && s != nil {
		return s
	}
	return &Shell{}
}

func lang(ctx context.Context) string {
	if s := ShellOf(ctx); s.Lang != "" {
		return s.Lang
	}
	return i18n.Lang(ctx)
}

func dir(ctx context.Context) string {
	if s := ShellOf(ctx); s.Dir != "" {
		return s.Dir
	}
	return i18n.Dir(ctx)
}

func title(ctx context.Context, m Meta) string {
	switch {
	case m.Title == "":
		return i18n.T(ctx, "ui.product")
	case m.Errors.Any():
		return i18n.T(ctx, "ui.title_error", "Title", m.Title)
	default:
		return i18n.T(ctx, "ui.title", "Title", m.Title)
	}
}

func width(m Meta) string {
	switch {
	case m.Narrow:
		return "narrow"
	case m.Wide:
		return "wide"
	default:
		return ""
	}
}

func script(m Meta) string {
	switch {
	case m.Studio:
		return "studio.js"
	case m.Editor:
		return "editor.js"
	case m.Hasher:
		return "hash.js"
	default:
		return "app.js"
	}
}

// Number is a whole number for a Cell or a Row: Latin digits in every language.
func Number(n int) string { return itoa(n) }

// back is the address of the page itself.
func back(s *Shell) string {
	if s.Query == "" {
		return s.Path
	}
	return s.Path + "?" + s.Query
}

func itoa(n int) string { return strconv.Itoa(n) }
