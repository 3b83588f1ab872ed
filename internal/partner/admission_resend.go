package partner

import (
	"context"
	"errors"
	"slices"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Resubmit sends the actor's own request again after changes were asked for.
// answers are all answers; only those that Standing.Open names may differ from
// the present ones. version is the row version that the actor looked at.
//
// It needs authz.RegistrationEdit and reaches no partner but the actor's own.
// It writes a new submission, puts the request back into the queue and mails
// every Partner Admin. Errors: problem.ErrNotFound for people without a
// partner; *problem.InvalidError by field; problem.ErrBadRequest when a locked
// answer differs (security.md AUT-5); *problem.ConflictError when the request
// does not wait for the partner any more. Sending the same twice is no error.
func (s *Service) Resubmit(ctx context.Context, a authz.Actor, version int, answers Answers) error {
	err := s.db.Change(ctx, a, authz.RegistrationEdit, func(tx *pg.Tx) (audit.Event, error) {
		if err := lock(ctx, tx, a.Partner); err != nil {
			return audit.Event{}, err
		}
		st, err := standingOf(ctx, tx, a.Partner)
		if err != nil {
			return audit.Event{}, err
		}
		if st.Partner.Status != ChangesRequested || st.Partner.Version != version {
			return audit.Event{}, st.notOpen(version, answers)
		}
		checked := answers
		if err := st.accept(&checked); err != nil {
			return audit.Event{}, err
		}
		if err := st.sendAgain(ctx, tx, checked); err != nil {
			return audit.Event{}, err
		}
		return st.resent(checked), nil
	})
	if errors.Is(err, errReplayed) {
		return nil
	}
	return err
}

// Check says what Resubmit would say of answers, as far as that can be known
// without the database, and trims them.
func (s Standing) Check(answers *Answers) error {
	if s.Partner.Status != ChangesRequested {
		return s.notOpen(0, *answers)
	}
	return s.accept(answers)
}

// accept checks the open answers and refuses any change of the others.
func (s Standing) accept(answers *Answers) error {
	open, now := s.Open(), s.Partner.Answers()
	if len(open) == 0 {
		return problem.ErrBadRequest
	}
	for _, field := range Fields {
		if !slices.Contains(open, field) && answers.Value(field) != now.Value(field) {
			return problem.ErrBadRequest
		}
	}
	return answers.Check(open...)
}

// notOpen says why a request cannot be sent again now.
func (s Standing) notOpen(version int, answers Answers) error {
	p := s.Partner
	_ = answers.Check() // only to compare like with like
	switch {
	case p.Status == PendingApproval && p.Version == version+1 && answers == p.Answers():
		return errReplayed
	case p.Status == PendingApproval:
		return &problem.ConflictError{Key: "admission.conflict.already_sent", Args: []any{"When", p.SubmittedAt}}
	case p.Status == ChangesRequested:
		return &problem.ConflictError{Key: "admission.conflict.asked_again", Args: []any{"When", p.UpdatedAt}}
	default:
		return &problem.ConflictError{Key: "admission.conflict.closed", Args: []any{"When", p.UpdatedAt}}
	}
}

func (s Standing) sendAgain(ctx context.Context, tx *pg.Tx, answers Answers) error {
	if s.May("policy_group") && UsesPolicies(answers.Type) {
		if err := openGroup(ctx, tx, answers.PolicyGroupID); err != nil {
			return err
		}
	}
	if err := updateOwn(ctx, tx, s.Partner, answers); err != nil {
		return err
	}
	pid := s.Partner.ID.String()
	return tellAdmins(ctx, tx, map[string]string{
		"Organisation": answers.Organisation, "PublicID": answers.PublicID,
		"Type": string(answers.Type), "Partner": pid, "ID": pid,
	})
}

// resent is the event of sending again. What the log may not hold in full
// (security.md AUD-2) is named, not repeated: it stands in the submissions.
func (s Standing) resent(answers Answers) audit.Event {
	p := s.Partner
	name := func(gid string) string {
		if gid == p.Answers().PolicyGroupID {
			return p.PolicyGroup
		}
		return nameIn(s.Groups)(gid)
	}
	detail := audit.Diff(nil, "status", string(ChangesRequested), string(PendingApproval))
	for _, d := range differences(p.Answers(), answers, name) {
		if slices.Contains([]string{"address", "phone"}, d.Field) {
			d.Before, d.After = "", "…"
		}
		detail = append(detail, audit.Change{Field: d.Field, Before: d.Before, After: d.After})
	}
	return audit.Event{
		Action: audit.RegistrationResent, Partner: p.ID, Before: p.Version, After: p.Version + 1, Detail: detail,
		Subject: audit.Subject{Kind: audit.Partner, ID: p.ID.String(), Name: answers.Organisation},
	}
}
