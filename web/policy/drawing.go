package policy

import (
	"context"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
)

// drawing is a picture with what its page needs to put it into words.
type drawing struct {
	policy.Picture
	policy  policy.Policy
	words   *policydoc.Vocabulary
	subject policy.Version // that the picture is about; versions never change
	past    bool           // the decision was taken
}

// key is a message, or what takes its place once the decision was taken: then
// today is another day.
func (d drawing) key(message string) string {
	if d.past {
		return message + ".was"
	}
	return message
}

// changesTitle stands over what changes: a restored version changes nothing yet.
func (d drawing) changesTitle(ctx context.Context) string {
	if d.Action == policy.Restore {
		return i18n.T(ctx, d.key("policy_decision.restore.would_change"))
	}
	return i18n.T(ctx, d.key("policy_decision.changes"))
}

// oneClass reports whether every change does the same, and so does the decision
// as a whole: then the heading over the changes says it.
func (d drawing) oneClass() bool {
	for _, c := range d.Changes {
		if c.Class != d.Class {
			return false
		}
	}
	return len(d.Changes) > 0
}
