// Package problem holds the errors that a caller is meant to tell apart: what
// a person did wrong, may not do, or came too late for. It knows neither HTTP
// nor any language; messages are keys with arguments, translated where they
// are shown.
package problem

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var (
	// ErrNotFound means: there is no such thing, or not for this actor. The two
	// are never told apart (security.md AUT-3).
	ErrNotFound = errors.New("not found")
	// ErrDenied means: the actor may not do this.
	ErrDenied = errors.New("denied")
	// ErrConflict means: the thing changed since the actor looked at it.
	ErrConflict = errors.New("conflict")
	// ErrBadRequest means: no form of ours sends this (unknown or repeated
	// field, wrong encoding).
	ErrBadRequest = errors.New("bad request")
)

// Field is one thing wrong with one input: Name is the input's name, Key the
// message, Args its values (name, value, name, value …).
type Field struct {
	Name string
	Key  string
	Args []any
}

// InvalidError lists everything that is wrong with an input, in the order of
// the form.
type InvalidError struct{ Fields []Field }

func (e *InvalidError) Error() string {
	names := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		names[i] = f.Name + ": " + f.Key
	}
	return "invalid input: " + strings.Join(names, ", ")
}

// Invalid is an InvalidError with one field.
func Invalid(name, key string, args ...any) error {
	return &InvalidError{Fields: []Field{{Name: name, Key: key, Args: args}}}
}

// ConflictError is an ErrConflict that can say what happened in the meantime:
// a message key with arguments.
type ConflictError struct {
	Key  string
	Args []any
}

func (e *ConflictError) Error() string { return "conflict: " + e.Key }

// Is makes every ConflictError an ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// BusyError means: the machine cannot take this now; try again after RetryAfter.
type BusyError struct{ RetryAfter time.Duration }

func (e *BusyError) Error() string { return fmt.Sprintf("busy, retry after %s", e.RetryAfter) }

// ThrottledError means: this actor tried too often; try again after RetryAfter.
type ThrottledError struct{ RetryAfter time.Duration }

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("throttled, retry after %s", e.RetryAfter)
}

// Fields collects what is wrong with an input. The zero value is empty.
type Fields struct{ list []Field }

// Add notes that the input called name is wrong. The first finding for an
// input wins: one line a field is what a person can act on.
func (f *Fields) Add(name, key string, args ...any) {
	if !f.Has(name) {
		f.list = append(f.list, Field{Name: name, Key: key, Args: args})
	}
}

// AddError adds the fields of an InvalidError and reports whether err was one.
func (f *Fields) AddError(err error) bool {
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		return false
	}
	for _, x := range invalid.Fields {
		f.Add(x.Name, x.Key, x.Args...)
	}
	return true
}

// Has reports whether something is wrong with the input called name.
func (f *Fields) Has(name string) bool {
	for _, x := range f.list {
		if x.Name == name {
			return true
		}
	}
	return false
}

// Err is nil when nothing was added, else an InvalidError.
func (f *Fields) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	return &InvalidError{Fields: f.list}
}

// Line reads one line of text that a person typed: trimmed, in NFC, without
// control characters, at most max characters (code points).
func (f *Fields) Line(name, value string, max int, required bool) string {
	return f.text(name, value, max, required, false)
}

// Lines is Line for text that may span several lines; line ends become "\n".
func (f *Fields) Lines(name, value string, max int, required bool) string {
	value = strings.ReplaceAll(value, "\r\n", "\n")
	return f.text(name, value, max, required, true)
}

func (f *Fields) text(name, value string, max int, required, multi bool) string {
	if !utf8.ValidString(value) {
		f.Add(name, "problem.bad_characters")
		return ""
	}
	value = norm.NFC.String(strings.TrimSpace(value))
	for _, r := range value {
		if !printable(r) && (r != '\n' || !multi) && (r != '\t' || !multi) {
			f.Add(name, "problem.bad_characters")
			return value
		}
	}
	switch n := utf8.RuneCountInString(value); {
	case n == 0 && required:
		f.Add(name, "problem.required")
	case n > max:
		f.Add(name, "problem.too_long", "Max", max, "Length", n)
	}
	return value
}

// printable refuses what no person types and what could lie about a text's
// direction (bidirectional overrides), but keeps the marks that scripts need.
func printable(r rune) bool {
	switch {
	case unicode.IsControl(r), r == utf8.RuneError, r == '\u2028', r == '\u2029':
		return false
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return false
	}
	return true
}
