package vocabulary

import (
	"context"
	"errors"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/policydoc"
)

// ErrLowers refuses an edit after which a term no longer stands for special data:
// the person has to see first which policies use it.
var ErrLowers = errors.New("the edit lowers the sensitivity of special data")

// Lower is Edit by somebody who has seen what lowering does: changes that touch
// the term no longer need a second person for its sake, and its data may leave
// unencrypted without a word. So every other Partner Admin and Policy Manager is
// told by mail. Permission: authz.VocabularyManage.
func (s *Service) Lower(ctx context.Context, a authz.Actor, tid id.Term, version int, about About) (Term, error) {
	return s.edit(ctx, a, tid, version, about, true)
}

func (a About) loweredBy(to About) bool {
	return a.Sensitivity == policydoc.Special && to.Sensitivity != policydoc.Special
}

// tell mails all active staff who decide on policies, but not the one who lowers.
func tell(ctx context.Context, tx *pg.Tx, by authz.Actor, t Term) error {
	return account.TellStaff(ctx, tx, authz.PolicyActivate, mail.TermLowered, by.User, map[string]string{"Actor": by.Name, "Term": t.Name, "ID": t.ID.String()})
}
