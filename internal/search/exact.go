package search

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/thing"
)

// exact are the queries that find things by what only one has: columns kind, id
// and owner (the partner whose it is; null: nobody's). They read the tables of
// other areas by their keys alone; whether the reader may know of the row is
// judged by its kind and owner, so none of them needs a filter of its own.
const (
	byID = `
		select 'partner' as kind, id, id as owner from partners where id = @id
		union all select 'policy', id, null from policies where id = @id
		union all select 'policy_group', id, null from policy_groups where id = @id
		union all select 'policy_request', id, partner_id from policy_requests where id = @id
		union all select 'term', id, null from vocabulary_terms where id = @id
		union all select 'user', id, null from users where id = @id and partner_id is null`
	byPublicID = `select 'partner' as kind, id, id as owner from partners where lower(public_id) = lower(@text)`
)

var publicID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,36}$`)

// Exact is the one thing that a text names exactly: by its id or a partner's ID.
// ok is false where nothing is, or nothing that the actor may see, or more than
// one thing.
func (s *Service) Exact(ctx context.Context, a authz.Actor, text string) (hit thing.Thing, ok bool, err error) {
	var sql string
	args := pg.Args{}
	if tid, err := id.Parse[id.Thing](strings.ToLower(text)); err == nil {
		sql, args["id"] = byID, tid
	} else if publicID.MatchString(text) {
		sql, args["text"] = byPublicID, text
	} else {
		return hit, false, nil
	}
	found, err := pg.All[struct {
		Kind  audit.Kind
		ID    id.Thing
		Owner *id.Partner
	}](ctx, s.db.Read(), sql, args)
	if err != nil {
		return hit, false, fmt.Errorf("search exactly: %w", err)
	}
	n := 0
	for _, f := range found {
		if thing.Sees(a, f.Kind, f.Owner) {
			hit = thing.Thing{Kind: f.Kind, ID: f.ID.String()}
			n++
		}
	}
	return hit, n == 1, nil
}
