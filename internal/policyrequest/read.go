package policyrequest

import (
	"context"
	"errors"
	"slices"
	"time"

	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
)

// Submission is what a partner said one of the times it asked.
type Submission struct {
	Number          int
	Answers         Answers
	SubmittedBy     id.User
	SubmittedByName string
	SubmittedAt     time.Time
}

// FieldLine asks to change one answer: Field is one of Answers.Fields, Message
// says what about it.
type FieldLine struct{ Field, Message string }

// Decision is what a Partner Admin said to one submission.
type Decision struct {
	Submission    int
	Verdict       Status // Approved, ChangesRequested or Rejected
	Reason        string // to reject: why; to ask for changes: what no field fits
	DecidedByID   id.User
	DecidedByName string
	DecidedAt     time.Time
	Lines         []FieldLine `db:"-"` // in the order of the form
}

// Line is what was asked about a field, "" if nothing was.
func (d Decision) Line(field string) string {
	for _, l := range d.Lines {
		if l.Field == field {
			return l.Message
		}
	}
	return ""
}

// Standing is how a request stands, for both sides.
type Standing struct {
	Request
	Words       *policydoc.Vocabulary
	Special     []string     // attributes of the version in force that need special care
	Answers     Answers      // of the last submission
	Submissions []Submission // newest first
	Decisions   []Decision   // newest first
	Extensions  []Extension  // newest first
}

// Last is the newest decision, nil before the first one.
func (s Standing) Last() *Decision {
	if len(s.Decisions) == 0 {
		return nil
	}
	return &s.Decisions[0]
}

// Extension is the question for a later last day that waits, or the last one that
// was answered; nil if there never was one.
func (s Standing) Extension() *Extension {
	if len(s.Extensions) == 0 {
		return nil
	}
	return &s.Extensions[0]
}

// Open are the fields that the partner may change now: those asked for; all once
// something was asked that no field fits (product.md (c) 8); and always what the
// version in force needs and nobody has said yet.
func (s Standing) Open() []string {
	last := s.Last()
	if s.Status != ChangesRequested || last == nil {
		return nil
	}
	var open []string
	for _, field := range AnswersFor(s.Special, func(string) string { return "" }).Fields() {
		if last.Reason != "" || last.Line(field) != "" || s.Answers.Value(field) == "" {
			open = append(open, field)
		}
	}
	if len(open) == 0 { // what was asked about needs no answer any more
		return s.Askable()
	}
	return open
}

// Askable are the answers that an admin can ask to change: those that the version
// in force still needs.
func (s Standing) Askable() []string {
	return slices.DeleteFunc(s.Answers.Fields(), func(field string) bool {
		return field != FieldReason && !slices.Contains(s.Special, AttributeOf(field))
	})
}

// Changes is in what the last submission differs from the one before; nothing for
// a first one.
func (s Standing) Changes() []Diff {
	if len(s.Submissions) < 2 {
		return nil
	}
	return differences(s.Submissions[1].Answers, s.Submissions[0].Answers)
}

// Request is one request in scope; problem.ErrNotFound if there is none or it is
// somebody else's (security.md AUT-3).
func (s *Service) Request(ctx context.Context, scope authz.Scope, rid id.PolicyRequest) (Request, error) {
	return requestByID(ctx, s.db.Read(), scope, rid)
}

// Standing is one request in scope with what was said about it.
// problem.ErrNotFound as for Request.
func (s *Service) Standing(ctx context.Context, scope authz.Scope, rid id.PolicyRequest) (Standing, error) {
	q := s.db.Read()
	r, err := requestByID(ctx, q, scope, rid)
	if err != nil {
		return Standing{}, err
	}
	return standingOf(ctx, q, r)
}

func standingOf(ctx context.Context, q pg.Querier, r Request) (Standing, error) {
	st := Standing{Request: r}
	var err error
	if st.Words, err = vocabulary.Load(ctx, q); err != nil {
		return Standing{}, err
	}
	st.Special = Special(st.Words, r.Kind, r.Document)
	if st.Submissions, err = submissions(ctx, q, r.ID); err != nil {
		return Standing{}, err
	}
	st.Answers = st.Submissions[0].Answers
	if st.Decisions, err = decisions(ctx, q, r.ID); err != nil {
		return Standing{}, err
	}
	st.Extensions, err = extensions(ctx, q, r.ID)
	return st, err
}

// Review is everything that a Partner Admin weighs before deciding.
type Review struct {
	Standing
	Certificate certificate.Held // that counts now, else the one that says best why none does
	Others      []Row            // the partner's other requests that are open or granted, at most 50
	Comparable  Comparable
	Keys        int // of the grant, that are active
}

// maxOthers is how many other requests of a partner its review names.
const maxOthers = 50

// Review reads it. It shows other partners, so a scope that does not reach
// everybody finds nothing (security.md AUT-2).
func (s *Service) Review(ctx context.Context, scope authz.Scope, rid id.PolicyRequest) (Review, error) {
	if !scope.All {
		return Review{}, problem.ErrNotFound
	}
	st, err := s.Standing(ctx, scope, rid)
	if err != nil {
		return Review{}, err
	}
	q, r := s.db.Read(), Review{Standing: st}
	if r.Certificate, err = certificate.Standing(ctx, q, st.PartnerID, s.db.Now()); err != nil {
		return Review{}, err
	}
	others, err := s.grants(ctx, "r.partner_id = @partner and r.status in ('pending_approval', 'changes_requested', 'approved')", pg.Args{"partner": st.PartnerID})
	if err != nil {
		return Review{}, err
	}
	r.Others = slices.DeleteFunc(others, func(o Row) bool { return o.ID == rid })
	if r.Comparable, err = comparable(ctx, q, st, s.dayOf(s.db.Now())); err != nil {
		return Review{}, err
	}
	// The table is read here because keys know grants, and not the other way.
	r.Keys, err = pg.Value[int](ctx, q, `select count(*) from api_keys where request_id = @id and status = 'active'`, pg.Args{"id": rid})
	return r, err
}

// Version is a version of the request's policy by its number; "" for one that was
// never in force. It is what a page showed before another one came into force.
func (s *Service) Version(ctx context.Context, r Request, number int) (document string, err error) {
	document, err = pg.Value[string](ctx, s.db.Read(), `
		select v.document from policy_versions v where v.policy_id = @policy and v.number = @number
			and exists (select 1 from policy_periods d where d.version_id = v.id)`, pg.Args{"policy": r.PolicyID, "number": number})
	if errors.Is(err, problem.ErrNotFound) {
		return "", nil
	}
	return document, err
}

// Uncertified tells of which partners of some requests no certificate counts now.
func (s *Service) Uncertified(ctx context.Context, requests []Request) (map[id.Partner]bool, error) {
	without, asked := map[id.Partner]bool{}, map[id.Partner]bool{}
	for _, r := range requests {
		if asked[r.PartnerID] {
			continue
		}
		asked[r.PartnerID] = true
		_, err := certificate.Counting(ctx, s.db.Read(), r.PartnerID, s.db.Now())
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return nil, err
		}
		without[r.PartnerID] = err != nil
	}
	return without, nil
}
