package approval

import (
	"context"
	"strconv"
	"strings"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
)

// maxNames is how many things a mail names; of more it says how many there are.
const maxNames = 20

// maxOwnWords is how much a provider's person can write into a mail to colleagues,
// in characters and on one line (security.md INJ-2).
const maxOwnWords = 200

// News is what a mail tells of one thing, or of many of one provider.
type News struct {
	Names        []string // what people call the things
	Organisation string   // whose they are
	Reason       string
	Path         string // the page that the mail opens, without a query
}

// params are News as mailtpl takes them: What is the kind, Names hold a line each,
// Count is how many things there are.
func (k Kind) params(n News) map[string]string {
	var names []string
	for _, name := range n.Names[:min(len(n.Names), maxNames)] {
		names = append(names, strings.Join(strings.Fields(name), " "))
	}
	return map[string]string{
		"What": string(k.Kind), "Names": strings.Join(names, "\n"), "Count": strconv.Itoa(len(n.Names)),
		"Organisation": n.Organisation, "Reason": n.Reason, "Path": n.Path,
	}
}

// TellStaff mails everybody who may decide that things wait, in the change that
// sent them: one mail to each, however many things there are.
func (k Kind) TellStaff(ctx context.Context, tx *pg.Tx, n News) error {
	return account.TellStaff(ctx, tx, k.Decide, mail.ApprovalWaiting, id.User{}, k.params(n))
}

// TellProvider mails a provider's people what the actor did with things of theirs:
// what is one of the kinds ApprovalApproved, ApprovalReturned, ApprovalRejected,
// ApprovalDeactivated and ApprovalReactivated. Words of staff go as they are.
func (k Kind) TellProvider(ctx context.Context, tx *pg.Tx, a authz.Actor, provider id.Partner, what mail.Kind, n News) error {
	if !a.Staff() {
		words := []rune(strings.Join(strings.Fields(n.Reason), " "))
		n.Reason = string(words[:min(len(words), maxOwnWords)])
	}
	return account.TellPartner(ctx, tx, provider, what, k.params(n))
}
