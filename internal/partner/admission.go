package partner

import (
	"context"
	"errors"
	"slices"
	"strings"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// The limits of a decision's texts, in characters. They equal the constraints
// of partner_reviews and partner_review_fields.
const (
	MaxReason = 2000
	MaxLine   = 500
)

// errReplayed ends a transaction that would repeat what the same person did
// already: a second click on the same button.
var errReplayed = errors.New("replayed")

// ruling is one way to decide on a request.
type ruling struct {
	verdict Verdict
	to      Status
	action  audit.Action
	mail    mail.Kind
	reason  string
	lines   []FieldLine
}

// Approve admits a partner that waits: it is Active from then on and gets a
// mail. version is the row version that the actor looked at.
//
// It needs authz.PartnerDecide. Errors: problem.ErrNotFound; a
// *problem.ConflictError when somebody decided meanwhile, the partner sent
// something newer, or its policy group was deactivated (security.md CON-2,
// CON-4). Sending the same decision twice is no error.
func (s *Service) Approve(ctx context.Context, a authz.Actor, pid id.Partner, version int) error {
	return s.decide(ctx, a, pid, version, ruling{
		verdict: VerdictApproved, to: Active,
		action: audit.RegistrationApproved, mail: mail.RegistrationApproved,
	})
}

// RequestChanges gives a request back to the partner: lines say which answers
// to change (Askable, each at most once, 1 to MaxLine characters), note what no
// field fits (up to MaxReason); one of the two is needed (product.md (c) 8).
// Lines without a message are left out.
//
// Permission and errors are Approve's; *problem.InvalidError names the inputs
// "note" and "line_<field>".
func (s *Service) RequestChanges(ctx context.Context, a authz.Actor, pid id.Partner, version int, lines []FieldLine, note string) error {
	r := ruling{verdict: VerdictReturned, to: ChangesRequested, action: audit.RegistrationReturned, mail: mail.RegistrationReturned}
	var f problem.Fields
	seen := map[string]bool{}
	for _, l := range lines {
		name := "line_" + l.Field
		if !slices.Contains(Askable, l.Field) || seen[l.Field] {
			f.Add(name, "admission.problem.unknown_field")
			continue
		}
		seen[l.Field] = true
		if l.Message = f.Lines(name, l.Message, MaxLine, false); l.Message != "" {
			r.lines = append(r.lines, l)
		}
	}
	r.reason = f.Lines("note", note, MaxReason, false)
	if r.reason == "" && len(r.lines) == 0 {
		f.Add("note", "admission.problem.nothing_asked")
	}
	if err := f.Err(); err != nil {
		return s.db.DeniedFirst(ctx, a, authz.PartnerDecide, err)
	}
	return s.decide(ctx, a, pid, version, r)
}

// Reject turns a request down for good; reason (1 to MaxReason characters) is
// shown to the partner and mailed to it. Permission and errors are Approve's;
// *problem.InvalidError names the input "reason".
func (s *Service) Reject(ctx context.Context, a authz.Actor, pid id.Partner, version int, reason string) error {
	var f problem.Fields
	reason = f.Lines("reason", reason, MaxReason, true)
	if err := f.Err(); err != nil {
		return s.db.DeniedFirst(ctx, a, authz.PartnerDecide, err)
	}
	return s.decide(ctx, a, pid, version, ruling{
		verdict: VerdictRejected, to: Rejected,
		action: audit.RegistrationRejected, mail: mail.RegistrationRejected, reason: reason,
	})
}

// decide moves the partner, writes the decision and the mail, all or nothing.
// The guarded UPDATE lets one decision through; the key of partner_reviews
// would stop a second one even if it did not.
func (s *Service) decide(ctx context.Context, a authz.Actor, pid id.Partner, version int, r ruling) error {
	if err := Statuses.Check(PendingApproval, r.to); err != nil {
		return err
	}
	err := s.db.Change(ctx, a, authz.PartnerDecide, func(tx *pg.Tx) (audit.Event, error) {
		if r.to == Active {
			if err := groupStaysActive(ctx, tx, pid); err != nil {
				return audit.Event{}, err
			}
		}
		d, err := moveFromPending(ctx, tx, pid, version, r.to)
		if errors.Is(err, problem.ErrNotFound) {
			return audit.Event{}, tooLate(ctx, tx, a, pid, version, r)
		}
		if err != nil {
			return audit.Event{}, err
		}
		if err := insertDecision(ctx, tx, a, pid, d.Submission, r); err != nil {
			return audit.Event{}, err
		}
		if err := mail.Enqueue(ctx, tx, d.message(pid, r)); err != nil {
			return audit.Event{}, err
		}
		if r.to == Active {
			if err := webhook.Publish(ctx, tx, d.activated(pid)); err != nil {
				return audit.Event{}, err
			}
		}
		return d.event(pid, version, r), nil
	})
	if errors.Is(err, errReplayed) {
		return nil
	}
	return err
}

// tooLate says why a decision did not find its request any more. A second
// click of the same person on the same button is no conflict: it sees the page
// that the first one leads to (security.md CON-2).
func tooLate(ctx context.Context, q pg.Querier, a authz.Actor, pid id.Partner, version int, r ruling) error {
	p, err := partnerByID(ctx, q, authz.Scope{All: true}, pid)
	if err != nil {
		return err
	}
	if p.Status == PendingApproval && p.Submission > 1 {
		return &problem.ConflictError{Key: "admission.conflict.sent_again", Args: []any{"When", p.SubmittedAt}}
	}
	all, err := decisions(ctx, q, pid)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return problem.ErrConflict
	}
	last := all[0]
	same := last.DecidedByID == a.User && last.Verdict == r.verdict && last.Reason == r.reason && slices.Equal(last.Lines, r.lines)
	if same && p.Version == version+1 {
		return errReplayed
	}
	return &problem.ConflictError{
		Key:  "admission.conflict." + string(last.Verdict),
		Args: []any{"Name", last.DecidedByName, "When", last.DecidedAt},
	}
}

// decided is the partner right after the decision, and who is told of it.
type decided struct {
	Organisation string
	Type         Type
	PublicID     string
	Submission   int
	Version      int
	OwnerID      id.User
	FirstName    string
	Email        string
	Lang         string
}

// message tells the partner. Fields names the answers that are to be changed,
// in the order of their messages in Reason; the text has no words of its own.
func (d decided) message(pid id.Partner, r ruling) mail.Message {
	var fields, texts []string
	for _, l := range r.lines {
		fields, texts = append(fields, l.Field), append(texts, l.Message)
	}
	if r.reason != "" {
		texts = append(texts, r.reason)
	}
	return mail.Message{Kind: r.mail, To: d.Email, User: d.OwnerID, Lang: d.Lang, Params: map[string]string{
		"Organisation": d.Organisation, "PublicID": d.PublicID, "Name": d.FirstName, "Partner": pid.String(), "ID": pid.String(),
		"Reason": strings.Join(texts, "\n"), "Fields": strings.Join(fields, ","),
	}}
}

// activated tells other systems of a new partner.
func (d decided) activated(pid id.Partner) webhook.Event {
	return webhook.Event{Type: webhook.PartnerActivated, Partner: pid, Data: map[string]any{
		"partner": d.PublicID, "organisation": d.Organisation, "type": d.Type,
	}}
}

func (d decided) event(pid id.Partner, version int, r ruling) audit.Event {
	detail := audit.Diff(nil, "status", string(PendingApproval), string(r.to))
	for _, l := range r.lines {
		detail = append(detail, audit.Change{Field: l.Field, After: l.Message})
	}
	why := "reason"
	if r.verdict == VerdictReturned {
		why = "note"
	}
	detail = audit.Diff(detail, why, "", r.reason)
	return audit.Event{
		Action: r.action, Partner: pid, Before: version, After: d.Version, Detail: detail,
		Subject: audit.Subject{Kind: audit.Partner, ID: pid.String(), Name: d.Organisation},
	}
}
