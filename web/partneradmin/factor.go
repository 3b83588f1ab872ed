package partneradmin

import (
	"net/http"

	"portal/internal/account"
	"portal/internal/id"
	"portal/internal/organisation"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/page"
	"portal/web/ui"
)

// lost is the form that takes a second factor away from one of a partner's people.
type lost struct {
	organisation.Profile
	People []account.Colleague
	Errors form.Errors
}

// withFactor are the people who have a second factor.
func withFactor(people []account.Colleague) []account.Colleague {
	var out []account.Colleague
	for _, c := range people {
		if c.SecondFactor {
			out = append(out, c)
		}
	}
	return out
}

func (l lost) options() []ui.Option {
	var options []ui.Option
	for _, c := range l.People {
		options = append(options, ui.Option{Value: c.ID.String(), Text: c.Name(), Hint: c.Email})
	}
	return options
}

func (d Deps) lost(r *http.Request) (l lost, err error) {
	if l.Profile, err = d.partner(r); err != nil {
		return l, err
	}
	people, err := d.people(r.Context(), l.ID)
	l.People = withFactor(people)
	return l, err
}

func (d Deps) askReset(w http.ResponseWriter, r *http.Request) error {
	l, err := d.lost(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, resetPage(l))
}

func (d Deps) reset(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "person")
	if err != nil {
		return err
	}
	l, err := d.lost(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	for _, c := range l.People {
		if c.ID.String() != v.Raw("person") || id.IsZero(c.ID) {
			continue
		}
		if err := d.Accounts.ResetFactor(ctx, page.Actor(ctx), c.ID); err != nil {
			return err
		}
		page.Flash(r, "second_factor.reset.done", "Name", c.Name())
		return page.Redirect(w, r, partnerURL(l.ID))
	}
	l.Errors, _ = form.Translate(ctx, problem.Invalid("person", "problem.choose"))
	return page.Render(w, r, http.StatusUnprocessableEntity, resetPage(l))
}
