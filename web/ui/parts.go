package ui

import "github.com/a-h/templ"

// Row is one line of a Summary: a value, several values, or any component.
type Row struct {
	Label, Value string
	Multi        []string
	Component    templ.Component
	Change       *Link // Text may be empty: "Change"
	Note         string
}

// Status is the kind and the words of a Tag.
type Status struct{ Kind, Text string }

// Task is one line of a task list. Without Href it cannot be started yet.
type Task struct {
	Title, Hint, Href string
	Status            Status
	Done              bool
}

// Figure is a count with the words for what it counts; with More there is more
// than that. Note is a line below.
type Figure struct {
	Count      int
	More       bool
	Text, Note string
}

// HistoryDay is what happened on one day, newest first; Date is in words.
type HistoryDay struct {
	Date  string
	Items []HistoryItem
}

// HistoryItem is one sentence of an object's history; Note is what somebody wrote with it,
// Receipt the code that proves it.
type HistoryItem struct{ Time, Text, Note, Href, Receipt string }

// Finding is something to change in a document. Line and Column count characters from 1; Line 0: the whole text.
type Finding struct {
	Line, Column int
	Length       int    // in characters; 0: only a place
	Text         string // what to do, translated
	Path         string // where in the document, in words
	Level        string // "error" (if empty), "risk", "warning", "hint" or "info"
	LevelText    string // the level in words: colour is not the only sign
	Code         string // its stable name, "AP-201"
	Href         string // where the text can be changed, if not on this page

	// A fix that the server makes: FixText is what it does, translated. With
	// FixName it is a button named "fix" of the form around the list, with
	// FixName as its value; without, it is not shown.
	FixName, FixText string
}

// class is the finding's colour: the names of Tag, so that a screen needs to know one set of words.
func (f Finding) class() string {
	switch f.Level {
	case "risk", "warning", "warn":
		return "warn"
	case "hint", "info":
		return "info"
	default:
		return "bad"
	}
}

func (f Finding) icon() string {
	switch f.class() {
	case "warn":
		return "warn"
	case "info":
		return "info"
	default:
		return "error"
	}
}

func (f Finding) href(editorName string) string {
	if f.Href != "" {
		return f.Href
	}
	return "#field-" + editorName
}

func (r Row) empty() bool { return r.Value == "" && len(r.Multi) == 0 && r.Component == nil }
