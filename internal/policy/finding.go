package policy

import (
	"bytes"
	"encoding/json"
	"strings"

	"portal/internal/policydoc"
)

// Finding is what the page of a decision said of the document, kept with the
// decision: facts, put into words when read.
type Finding struct {
	Code   string          `json:"code"`
	Level  policydoc.Level `json:"level"`
	Line   int             `json:"line"`
	Column int             `json:"column"`
	Length int             `json:"length"`
	Key    string          `json:"key"` // message
	Args   Args            `json:"args,omitempty"`
}

// Args are the arguments of a message, see policydoc.Finding. What was a whole
// number is one again when it is read back: plurals are counted by it.
type Args []any

// UnmarshalJSON reads whole numbers as int.
func (a *Args) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var list []any
	if err := d.Decode(&list); err != nil {
		return err
	}
	for i, v := range list {
		if n, ok := v.(json.Number); ok {
			whole, err := n.Int64()
			if err != nil {
				return err
			}
			list[i] = int(whole)
		}
	}
	*a = list
	return nil
}

func findingsOf(r policydoc.Report) []Finding {
	var out []Finding
	for _, f := range r.Findings {
		out = append(out, Finding{f.Code, f.Level, f.Line, f.Column, f.Length, f.Key, storable(f.Args)})
	}
	return out
}

// storable are arguments as the database can keep them: its JSON knows no
// character NUL, which a faulty document may name.
func storable(args []any) Args {
	if len(args) == 0 {
		return nil
	}
	out := make(Args, len(args))
	for i, v := range args {
		if s, ok := v.(string); ok {
			v = strings.ReplaceAll(s, "\x00", "\uFFFD")
		}
		out[i] = v
	}
	return out
}

// Report is what the page said of the document, as the page of a document wants
// it: without fixes, which nobody applies to a decision.
func (p Picture) Report() policydoc.Report {
	var r policydoc.Report
	for _, f := range p.Findings {
		r.Findings = append(r.Findings, policydoc.Finding{
			Code: f.Code, Level: f.Level, Line: f.Line, Column: f.Column, Length: f.Length, Key: f.Key, Args: f.Args,
		})
		if f.Level == policydoc.Error {
			r.Errors++
		} else {
			r.Notes++
		}
	}
	return r
}
