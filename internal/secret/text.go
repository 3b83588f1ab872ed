package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what every secret prints as.
const Redacted = "REDACTED"

// Text is a secret from the configuration: a database password, an SMTP
// password, a master key in text form. It prints as REDACTED in every format,
// log and encoding (security.md OPS-9); only Reveal gives the value.
type Text struct{ value *string } // a pointer: printers that look into unexported fields show an address at most

// NewText wraps a secret.
func NewText(value string) Text { return Text{&value} }

// Reveal returns the value. Call it only where the secret is put to use.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// IsZero tells whether nothing is held.
func (t Text) IsZero() bool { return t.Reveal() == "" }

// String returns REDACTED.
func (t Text) String() string { return Redacted }

// Format writes REDACTED for every verb and flag.
func (t Text) Format(f fmt.State, _ rune) { redact(f) }

// LogValue returns REDACTED.
func (t Text) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalJSON returns "REDACTED".
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalText returns REDACTED.
func (t Text) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// String returns REDACTED.
func (k Keys) String() string { return Redacted }

// Format writes REDACTED for every verb and flag.
func (k Keys) Format(f fmt.State, _ rune) { redact(f) }

// LogValue returns REDACTED.
func (k Keys) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalJSON returns "REDACTED".
func (k Keys) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalText returns REDACTED.
func (k Keys) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

func redact(f fmt.State) { _, _ = io.WriteString(f, Redacted) }
