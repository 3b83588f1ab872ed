package policy

import (
	"context"
	"errors"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// CreateGroup adds an active group. Permission: authz.PolicyGroupManage. A name
// that exists, in any case of letters, is an error of the field "name". The
// same form sent again returns the group that it made (security.md CON-3); with
// other words in it, it is a conflict.
func (s *Service) CreateGroup(ctx context.Context, a authz.Actor, in GroupInput) (Group, error) {
	var g Group
	err := s.db.Change(ctx, a, authz.PolicyGroupManage, func(tx *pg.Tx) (audit.Event, error) {
		in, err := in.check()
		if err != nil {
			return audit.Event{}, err
		}
		if id.IsZero(in.ID) {
			in.ID = id.New[id.PolicyGroup]()
		}
		g = Group{
			ID: in.ID, Name: in.Name, Description: in.Description, Status: GroupActive, Version: 1,
			CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
		}
		detail := audit.Diff(nil, "description", "", g.Description)
		return g.event(audit.GroupCreated, 0, detail...), insertGroup(ctx, tx, g, a.User)
	})
	if errors.Is(err, errReplayed) {
		return s.replayedGroup(ctx, a, g)
	}
	return g, wrap("create group", groupTaken(err))
}

func insertGroup(ctx context.Context, tx *pg.Tx, g Group, by id.User) error {
	n, err := tx.Exec(ctx, `
		insert into policy_groups (id, name, description, status, version, created_at, created_by, updated_at)
		values (@id, @name, @description, @status, @version, @now, @by, @now)
		on conflict (id) do nothing`,
		pg.Args{
			"id": g.ID, "name": g.Name, "description": g.Description, "status": g.Status, "version": g.Version,
			"now": g.CreatedAt, "by": id.OrNull(by),
		})
	if err == nil && n == 0 {
		return errReplayed
	}
	return err
}

// replayedGroup is what a form that was sent before made, if it said the same.
func (s *Service) replayedGroup(ctx context.Context, a authz.Actor, sent Group) (Group, error) {
	g, err := s.Group(ctx, sent.ID)
	if err != nil {
		return Group{}, err
	}
	by, err := pg.Value[id.User](ctx, s.db.Read(), `select created_by from policy_groups where id = @id`, pg.Args{"id": sent.ID})
	if err != nil {
		return Group{}, wrap("create group", err)
	}
	if by != a.User || g.Name != sent.Name || g.Description != sent.Description {
		return Group{}, &problem.ConflictError{Key: "policy_rule.already_sent"}
	}
	return g, nil
}

// EditGroup changes name and description, in every state of the group. version
// is the row version that the person saw; a stale one is a problem.ErrConflict
// that says who was faster (security.md CON-1). Permission:
// authz.PolicyGroupManage. An edit that changes nothing leaves no trace.
func (s *Service) EditGroup(ctx context.Context, a authz.Actor, gid id.PolicyGroup, version int, in GroupInput) (Group, error) {
	var g Group
	err := s.db.Change(ctx, a, authz.PolicyGroupManage, func(tx *pg.Tx) (audit.Event, error) {
		old, err := groupForUpdate(ctx, tx, a, gid, version)
		if err != nil {
			return audit.Event{}, err
		}
		in, err := in.check()
		if err != nil {
			return audit.Event{}, err
		}
		g = old
		g.Name, g.Description = in.Name, in.Description
		if g == old {
			return audit.Event{}, pg.ErrNothing
		}
		detail := audit.Diff(nil, "name", old.Name, g.Name)
		detail = audit.Diff(detail, "description", old.Description, g.Description)
		err = updateGroup(ctx, tx, &g)
		return g.event(audit.GroupEdited, old.Version, detail...), err
	})
	return g, wrap("edit group", groupTaken(err))
}

// DeactivateGroup takes a group out of use: no policy can be made or put into
// force under it. While policies of it are in force or unfinished it refuses
// with a *GroupInUseError. Permission: authz.PolicyGroupManage.
func (s *Service) DeactivateGroup(ctx context.Context, a authz.Actor, gid id.PolicyGroup, version int) error {
	return wrap("deactivate group", s.moveGroup(ctx, a, gid, version, GroupDeactivated, audit.GroupDeactivated))
}

// ReactivateGroup puts a group into use again; its policies stay as they are.
// Permission: authz.PolicyGroupManage.
func (s *Service) ReactivateGroup(ctx context.Context, a authz.Actor, gid id.PolicyGroup, version int) error {
	return wrap("reactivate group", s.moveGroup(ctx, a, gid, version, GroupActive, audit.GroupReactivated))
}

func (s *Service) moveGroup(ctx context.Context, a authz.Actor, gid id.PolicyGroup, version int, to GroupStatus, action audit.Action) error {
	return s.db.Change(ctx, a, authz.PolicyGroupManage, func(tx *pg.Tx) (audit.Event, error) {
		g, err := groupForUpdate(ctx, tx, a, gid, version)
		if err != nil {
			return audit.Event{}, err
		}
		if err := GroupStatuses.Check(g.Status, to); err != nil {
			return audit.Event{}, err
		}
		if to == GroupDeactivated {
			if err := unused(ctx, tx, gid); err != nil {
				return audit.Event{}, err
			}
		}
		g.Status = to
		err = updateGroup(ctx, tx, &g)
		return g.event(action, version), err
	})
}

// groupForUpdate locks a group and refuses a stale page.
func groupForUpdate(ctx context.Context, tx *pg.Tx, a authz.Actor, gid id.PolicyGroup, version int) (Group, error) {
	g, err := pg.One[Group](ctx, tx, `select `+groupColumns+` from policy_groups g where g.id = @id for update`, pg.Args{"id": gid})
	if err == nil && g.Version != version {
		err = pg.Stale(ctx, tx, a, audit.PolicyGroup, gid.String())
	}
	return g, err
}

func updateGroup(ctx context.Context, tx *pg.Tx, g *Group) error {
	seen := g.Version
	g.Version, g.UpdatedAt = seen+1, tx.Now()
	return pg.Exec1(ctx, tx, `
		update policy_groups set name = @name, description = @description, status = @status,
			version = @version, updated_at = @now
		where id = @id and version = @seen`,
		pg.Args{
			"id": g.ID, "name": g.Name, "description": g.Description, "status": g.Status,
			"version": g.Version, "seen": seen, "now": g.UpdatedAt,
		})
}
