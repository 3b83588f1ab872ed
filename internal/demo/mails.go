package demo

import (
	"context"

	"portal/internal/mail"
)

// mails is a choice that somebody made: Paul does not want to hear of every policy
// that he wrote.
func (l *loader) mails(ctx context.Context) {
	l.do(func() error {
		return l.app.Accounts.SetPreferences(ctx, l.manager, map[mail.Topic]bool{mail.PolicyChanges: false})
	})
}
