package ui

import "strings"

// Field is one question of a form. Name is the input's name; its id is "field-" + Name.
type Field struct {
	Name, Label, Hint, Value string
	Error                    string // translated; set: the field is marked and described by it
	Type                     string // of Input: "text" if empty, "email", "tel", "url", "date", "number"…
	Autocomplete, InputMode  string
	Dir                      string // "auto" if empty; "ltr" for e-mail, phone, url and code
	Lang                     string // of what is typed, where it is not the page's: a code such as "ar"
	Optional                 bool   // adds "(optional)" to the label
	HideLabel                bool   // the h1 already asks the question: the label is for screen readers only
	MaxLength                int    // characters; shown under a TextArea. Never cuts what is typed
	Rows                     int    // of TextArea and Editor
	Width                    string // "", "short", "medium"
	Spellcheck               bool
}

// Option is one answer of Select, Radios or Checks.
type Option struct {
	Value, Text, Hint string
	Selected          bool
	Disabled          bool // of Radios and Checks: cannot be chosen now; Hint says why
}

func (f Field) id() string { return "field-" + f.Name }

// optionID makes the first choice the target of the error summary's link.
func (f Field) optionID(i int) string {
	if i == 0 {
		return f.id()
	}
	return f.id() + "-" + itoa(i+1)
}

func (f Field) hasHint() bool { return f.Hint != "" }

// describedBy lists the ids of hint, limit and error that exist.
func (f Field) describedBy(limit bool) string {
	var ids []string
	if f.hasHint() {
		ids = append(ids, "hint-"+f.Name)
	}
	if limit && f.MaxLength > 0 {
		ids = append(ids, "limit-"+f.Name)
	}
	if f.Error != "" {
		ids = append(ids, "error-"+f.Name)
	}
	return strings.Join(ids, " ")
}

func (f Field) inputType() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) direction() string {
	switch {
	case f.Dir != "":
		return f.Dir
	case f.Type == "" || f.Type == "text" || f.Type == "search":
		return "auto"
	default:
		return "ltr"
	}
}

func (f Field) rows(ifEmpty int) string {
	if f.Rows > 0 {
		return itoa(f.Rows)
	}
	return itoa(ifEmpty)
}

// needsChoice tells whether a drop-down must start with "choose": nothing is chosen for anybody.
func needsChoice(options []Option) bool {
	for _, o := range options {
		if o.Selected || o.Value == "" {
			return false
		}
	}
	return true
}

// Hidden2 is a hidden input of MenuPost.
type Hidden2 struct{ Name, Value string }

func panelIcon(kind string) string {
	switch kind {
	case "warning":
		return "warn"
	case "success":
		return "check"
	case "danger":
		return "error"
	default:
		return "info"
	}
}
