package pg

import (
	"context"
	"errors"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/problem"
)

// Stale is the conflict of somebody whose page is older than the row: the audit
// log knows who was faster. It is a problem.ErrConflict, or the error of asking.
func Stale(ctx context.Context, q Querier, a authz.Actor, kind audit.Kind, of string) error {
	last, err := One[struct {
		ActorID   id.User
		ActorName string
	}](ctx, q, `
		select actor_id, actor_name from audit_log
		where subject_kind = @kind and subject_id = @id and result = 'done' order by seq desc limit 1`,
		Args{"kind": string(kind), "id": of})
	switch {
	case errors.Is(err, problem.ErrNotFound): // it came with the portal and nobody changed it
		return problem.ErrConflict
	case err != nil:
		return err
	case last.ActorID == a.User:
		return &problem.ConflictError{Key: "problem.changed_by_you"}
	}
	return &problem.ConflictError{Key: "problem.changed_by", Args: []any{"Name", last.ActorName}}
}
