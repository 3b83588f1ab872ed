package policygroup

import (
	"context"
	"errors"
	"net/http"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
)

// confirm says what deactivating will do, or what stands in its way. Where there
// is nothing to decide the group's page says how things stand.
func (h handlers) confirm(w http.ResponseWriter, r *http.Request) error {
	g, err := h.load(r)
	if err != nil {
		return err
	}
	if !policy.GroupStatuses.Can(g.Status, policy.GroupDeactivated) {
		return page.Redirect(w, r, showURL(g.ID))
	}
	use, err := h.policies.GroupUse(r.Context(), g.ID)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, confirmPage(g, use, ""))
}

// deactivate carries it out for the group that the page showed. What got in the
// way meanwhile is named instead.
func (h handlers) deactivate(w http.ResponseWriter, r *http.Request) error {
	return h.move(w, r, policy.GroupDeactivated, h.policies.DeactivateGroup)
}

func (h handlers) reactivate(w http.ResponseWriter, r *http.Request) error {
	return h.move(w, r, policy.GroupActive, h.policies.ReactivateGroup)
}

type moveFunc func(ctx context.Context, a authz.Actor, gid id.PolicyGroup, version int) error

func (h handlers) move(w http.ResponseWriter, r *http.Request, to policy.GroupStatus, do moveFunc) error {
	v, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	g, err := h.load(r)
	if err != nil {
		return err
	}
	err = do(r.Context(), h.actor(r), g.ID, v.Int("version"))
	var inUse *policy.GroupInUseError
	switch {
	case err == nil:
		return moved(w, r, g, to)
	case errors.As(err, &inUse):
		return page.Render(w, r, http.StatusConflict, confirmPage(g, policy.GroupUse{Blocking: inUse.Policies, Total: inUse.Total}, ""))
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, g, to, err)
	}
	return err
}

// late answers who came second. If the group is as wanted (a second click, a
// colleague), that is no error: both see the same page (security.md CON-2).
func (h handlers) late(w http.ResponseWriter, r *http.Request, g policy.Group, to policy.GroupStatus, conflict error) error {
	now, err := h.policies.Group(r.Context(), g.ID)
	if err != nil {
		return err
	}
	if now.Status == to {
		return moved(w, r, now, to)
	}
	if to != policy.GroupDeactivated {
		return conflict
	}
	use, err := h.policies.GroupUse(r.Context(), g.ID)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusConflict, confirmPage(now, use, reason(r.Context(), conflict)))
}

func moved(w http.ResponseWriter, r *http.Request, g policy.Group, to policy.GroupStatus) error {
	page.Flash(r, "policy_group.flash."+string(to), "Name", g.Name)
	return page.Redirect(w, r, showURL(g.ID))
}

// standing says how a policy that is in the way stands.
func standing(ctx context.Context, p policy.Ref) string {
	key := "policy_group.blocking." + string(p.Status)
	if p.Waiting && p.Status != policy.Inactive {
		key += "_waiting"
	}
	return i18n.T(ctx, key)
}

func kindText(ctx context.Context, k policy.Kind) string {
	if k == policydoc.KindDataShare {
		return i18n.T(ctx, "policy_group.kind.datashare")
	}
	return i18n.T(ctx, "policy_group.kind.auth")
}
