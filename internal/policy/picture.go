package policy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
)

// Drawn is a picture with what it was drawn from.
type Drawn struct {
	Picture
	Subject    Version  // as Service.Version has it, without its periods
	Against    *Version // what it is compared with; nil if that is nothing
	Vocabulary *policydoc.Vocabulary
	Report     policydoc.Report // on the subject; empty where the policy goes out of force
	stage      stage
}

// Draw draws what an action on a policy would do, for a person. number is the
// version to restore and is read for Restore only. Its page gives the
// Fingerprint back in Seen. A *problem.ConflictError tells that the policy's
// state does not allow the action; problem.ErrNotFound that there is no such
// policy, or no such version to restore. What only keeps the action from being
// carried out (findings, four eyes, a group out of use) does not keep it from
// being drawn.
func (s *Service) Draw(ctx context.Context, a authz.Actor, pid id.Policy, action Action, number int) (Drawn, error) {
	q := s.db.Read()
	p, err := pg.One[Policy](ctx, q, `select `+policyColumns+policyFrom+` where p.id = @id`, pg.Args{"id": pid})
	if err != nil {
		return Drawn{}, wrap("draw", err)
	}
	d, err := s.draw(ctx, q, a, p, action, number)
	return d, wrap("draw", err)
}

// Picture is Draw for those who need only the picture.
func (s *Service) Picture(ctx context.Context, a authz.Actor, pid id.Policy, action Action, number int) (Picture, error) {
	d, err := s.Draw(ctx, a, pid, action, number)
	return d.Picture, err
}

// draw is Draw inside and outside a transaction: both see the same.
func (s *Service) draw(ctx context.Context, q pg.Querier, a authz.Actor, p Policy, action Action, number int) (Drawn, error) {
	st, err := stageOf(ctx, q, p.ID, number)
	if err != nil {
		return Drawn{}, err
	}
	subject, err := st.subject(p, action, number)
	if err != nil {
		return Drawn{}, err
	}
	words, err := vocabulary.Load(ctx, q)
	if err != nil {
		return Drawn{}, err
	}
	d := Drawn{Subject: *subject, stage: st, Vocabulary: words, Picture: Picture{
		Action: action, Row: p.Version, Number: subject.Number, Document: digest(subject.Document),
		First: !st.ran, Own: subject.WrittenBy(a.User), Eyes: s.eyes,
	}}
	before, err := specialBefore(ctx, q, st.InForce)
	if err != nil {
		return Drawn{}, err
	}
	d.compare(p.Kind, before)
	if action != Deactivate {
		if d.Report, err = judge(ctx, q, words, p, subject.Document); err != nil {
			return Drawn{}, err
		}
		d.Findings = findingsOf(d.Report)
	}
	today := s.Today()
	if d.Partners, d.PartnersTotal, d.PartnersDigest, err = touched(ctx, q, p.ID, today, partnersUsing); err != nil {
		return Drawn{}, err
	}
	d.Pending, d.PendingTotal, d.PendingDigest, err = touched(ctx, q, p.ID, today, requestsPending)
	return d, err
}

func digest(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// compare fills in what changes, measured by what is in force. Taking a policy
// out of force loses all of it; where nothing is in force, all of it is gained.
func (d *Drawn) compare(kind Kind, before []string) {
	from, to := "", d.Subject.Document
	if d.Action == Deactivate {
		from, to = to, from
	} else if v := d.stage.InForce; v != nil {
		from = v.Document
		d.Against, d.Picture.Against, d.AgainstDocument = v, v.Number, digest(from)
	}
	a, aKnown := meaning(kind, from)
	b, bKnown := meaning(kind, to)
	known := aKnown && bKnown
	if known {
		d.Changes = policydoc.Compare(a, b, d.Vocabulary)
	} else { // nobody may say that the change is harmless
		a = policydoc.Meaning{Kind: kind}
	}
	d.judgeSpecial(kind, a, b, before)
	switch d.Class = d.Changes.Class(); {
	case d.Action == Deactivate: // nothing is required any more because nothing is allowed any more
		d.Class = policydoc.Narrows
	case !known || d.stage.InForce == nil:
		d.Class = policydoc.Widens
	}
}

// stage is the versions of a policy that a decision can be about.
type stage struct {
	Live
	chosen *Version // by its number
	ran    bool     // the policy was in force before
}

func stageOf(ctx context.Context, q pg.Querier, pid id.Policy, number int) (stage, error) {
	rows, err := pg.All[struct {
		Version
		Ran bool
	}](ctx, q, `
		select `+versionColumns+`, exists (select 1 from policy_periods r where r.policy_id = v.policy_id) as ran`+versionFrom+`
		where v.policy_id = @policy and (v.status in `+liveStates+` or v.number = @number)`,
		pg.Args{"policy": pid, "number": number})
	if err != nil {
		return stage{}, err
	}
	var st stage
	for i := range rows {
		v := &rows[i].Version
		st.ran = rows[i].Ran
		if v.Number == number {
			st.chosen = v
		}
		st.take(v)
	}
	return st, nil
}

// subject is the version that an action is about.
func (st stage) subject(p Policy, action Action, number int) (*Version, error) {
	if p.Status == Discarded {
		return nil, discarded()
	}
	switch action {
	case Activate:
		return st.Waiting, missing(st.Waiting, "policy_rule.nothing_waits")
	case Deactivate:
		return st.InForce, missing(st.InForce, "policy_rule.not_in_force")
	case Reactivate:
		return st.Deactivated, missing(st.Deactivated, "policy_rule.not_deactivated")
	case Restore:
		if st.chosen == nil {
			return nil, problem.ErrNotFound
		}
		return st.chosen, st.worthRestoring(number)
	}
	return nil, problem.ErrBadRequest
}

func missing(v *Version, key string) error {
	if v == nil {
		return &problem.ConflictError{Key: key}
	}
	return nil
}

// worthRestoring refuses to make a version that says what the newest says.
func (st stage) worthRestoring(number int) error {
	if v := st.Newest(); v != nil && sameDocument(v.Document, st.chosen.Document) {
		return &problem.ConflictError{Key: "policy_rule.nothing_to_restore", Args: []any{"Number", number, "Newest", v.Number}}
	}
	return nil
}
