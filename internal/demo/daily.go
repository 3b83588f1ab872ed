package demo

import (
	"context"

	"portal/internal/audit"
	"portal/internal/id"
	"portal/internal/pg"
)

// daily is what staff leave for each other: notes, and whose work something is.
func (l *loader) daily(ctx context.Context) {
	partner, policy := l.first(ctx, `partners where status = 'pending_approval'`), l.first(ctx, `policies where status = 'active'`)
	if l.err != nil {
		return
	}
	l.err = l.app.Notes.Add(ctx, l.admin, id.New[id.Note](), audit.Partner, partner,
		"Called them on Monday: the licence of the regulator follows by post. Please wait for it before deciding.")
	if l.err == nil {
		l.err = l.app.Notes.Add(ctx, l.manager, id.New[id.Note](), audit.Policy, policy,
			"The regulator wants to see this policy before its next change.")
	}
	if l.err == nil {
		l.err = l.app.Work.Assign(ctx, l.admin, audit.Partner, partner, l.admin.User, id.User{})
	}
}

// first is the oldest thing of a kind; from is constant SQL.
func (l *loader) first(ctx context.Context, from string) string {
	if l.err != nil {
		return ""
	}
	var found string
	found, l.err = pg.Value[string](ctx, l.app.DB.Read(), "select id::text from "+from+" order by created_at, id limit 1", nil)
	return found
}
