package partneradmin

import (
	"context"

	"portal/internal/account"
	"portal/internal/id"
	"portal/internal/organisation"
	"portal/internal/outlook"
	"portal/internal/partner"
	"portal/web/page"
)

// standing is what an admitted partner's page shows besides its registration.
type standing struct {
	organisation.Profile
	Deactivation *organisation.Deactivation // nil while it is active
	People       []account.Colleague
	Supply       outlook.Supply // of a provider of devices or chips
}

func (d Deps) standing(ctx context.Context, pid id.Partner) (s standing, err error) {
	scope := page.Actor(ctx).Scope()
	if s.Profile, err = d.Organisations.Profile(ctx, scope, pid); err != nil || !admitted(s.Status) {
		return s, err
	}
	if s.Status == partner.Deactivated {
		now, err := d.Organisations.Deactivation(ctx, scope, pid)
		if err != nil {
			return s, err
		}
		s.Deactivation = &now
	}
	if s.Supply, err = d.Outlook.Supply(ctx, pid, s.Type); err != nil {
		return s, err
	}
	s.People, err = d.people(ctx, pid)
	return s, err
}

// waiting are the changes that wait for a decision.
func (s standing) waiting() []organisation.Change {
	var out []organisation.Change
	for _, c := range s.Changes {
		if c.Status == organisation.Pending {
			out = append(out, c)
		}
	}
	return out
}
