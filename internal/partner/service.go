package partner

import (
	"context"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Service reads partners and decides on their requests. Self-registration is
// another service: nobody who registers is anybody yet.
type Service struct{ db *pg.DB }

// NewService keeps partners in db.
func NewService(db *pg.DB) *Service { return &Service{db: db} }

// Partners is one page of the partners in scope (PartnerList). It takes at most
// three statements, however many rows there are.
func (s *Service) Partners(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[Row], error) {
	return s.Listing(scope, q).Page(ctx)
}

// Listing is the list behind Partners, to be exported as a whole.
func (s *Service) Listing(scope authz.Scope, q list.Query) pg.Listing[Row] {
	return listing(s.db, scope, q)
}

// Partner is one partner in scope; problem.ErrNotFound if there is none or it
// is somebody else's (security.md AUT-3).
func (s *Service) Partner(ctx context.Context, scope authz.Scope, pid id.Partner) (Partner, error) {
	return partnerByID(ctx, s.db.Read(), scope, pid)
}

// Groups are all policy groups by name, also the deactivated ones that partners
// still belong to.
func (s *Service) Groups(ctx context.Context) ([]Group, error) {
	return groups(ctx, s.db.Read())
}

// Counts is how many requests stand where; see Counts.
func (s *Service) Counts(ctx context.Context) (Counts, error) {
	return counts(ctx, s.db.Read())
}

// Waiting is how many requests wait for a Partner Admin.
func (s *Service) Waiting(ctx context.Context) (int, error) {
	c, err := s.Counts(ctx)
	return c.Pending, err
}

// Oldest are the n requests that wait for a Partner Admin longest, the longest
// first.
func (s *Service) Oldest(ctx context.Context, n int) ([]Row, error) {
	return oldest(ctx, s.db.Read(), n)
}

// Review is everything that a Partner Admin weighs before deciding on one
// request. It shows other partners, so a scope that does not reach everybody
// finds nothing (security.md AUT-2).
func (s *Service) Review(ctx context.Context, scope authz.Scope, pid id.Partner) (Review, error) {
	if !scope.All {
		return Review{}, problem.ErrNotFound
	}
	return reviewOf(ctx, s.db.Read(), scope, pid)
}

// Standing is how the request of the actor's own partner stands;
// problem.ErrNotFound for people without a partner.
func (s *Service) Standing(ctx context.Context, a authz.Actor) (Standing, error) {
	return standingOf(ctx, s.db.Read(), a.Partner)
}
