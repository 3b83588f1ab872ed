//go:build e2e

package e2e

import (
	"testing"

	"portal/internal/authz"
	"portal/internal/pg"
)

func TestJ22DailyWork(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		p.Partner(authz.AuthPartner)
		name, err := pg.Value[string](t.Context(), p.App.DB.Read(), `select organisation from partners`, nil)
		if err != nil {
			t.Fatal(err)
		}

		// The search is one key away; without scripts it is a box like any other.
		b, _ := p.staff(authz.PartnerAdmin)
		b.open("/home")
		if !b.plain {
			b.keys("/")
			if f := ask[*focus](b, "focused"); f == nil || f.ID != "search" {
				t.Errorf("the key leads to %+v", f)
			}
		}
		b.enter("search", name)
		b.press("ui.search")
		b.heading("search.title.of", "Text", name)
		b.follow(name)
		b.heading(name)

		// Taking the request on, with a word for colleagues.
		b.press("assignment.take")
		b.see("assignment.taken", "Name", name)
		b.toggle("note.add")
		b.fill("note.text", "Their licence follows by post.")
		b.press("note.add")
		b.see("note.added")
		b.see("Their licence follows by post.")

		// It is at home what one took on, and in the list, which can be taken away.
		b.open("/home")
		b.see("assignment.title")
		b.open("/partners?assigned=me")
		b.see(name)
		b.see("ui.csv")

		// A colleague sees whose work it is, and decides all the same.
		other, _ := p.staff(authz.PartnerAdmin)
		other.open("/partners?assigned=nobody")
		other.miss(name)
		other.open("/partners")
		other.follow(name)
		other.see("Their licence follows by post.")
		other.follow("admission.approve.action")
		other.press("admission.approve.button")
		other.see("admission.approve.done", "Name", name)
		b.open("/home")
		b.miss("assignment.title")
	})
}
