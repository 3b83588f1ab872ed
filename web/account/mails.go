package account

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/mail"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

func (s *screens) mails(w http.ResponseWriter, r *http.Request) error {
	choice, err := s.accounts.Preferences(r.Context(), page.Actor(r.Context()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, mailsPage(choice))
}

// choose saves what differs from the page that was shown: what another window or
// the link of a mail has changed meanwhile stays.
func (s *screens) choose(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "topic[]", "shown")
	if err != nil {
		return err
	}
	shown, ticked := strings.Fields(v.Raw("shown")), v.All("topic")
	wanted := map[mail.Topic]bool{}
	for _, t := range mail.Topics {
		if on := slices.Contains(ticked, string(t)); on != slices.Contains(shown, string(t)) {
			wanted[t] = on
		}
	}
	if err := s.accounts.SetPreferences(r.Context(), page.Actor(r.Context()), wanted); err != nil {
		return err
	}
	page.Flash(r, "notifications.saved")
	return page.Redirect(w, r, showURL)
}

// topics are the boxes of a choice.
func topics(ctx context.Context, choice []account.Preference) []ui.Option {
	var out []ui.Option
	for _, p := range choice {
		key := "notifications.topic." + string(p.Topic)
		out = append(out, ui.Option{Value: string(p.Topic), Text: i18n.T(ctx, key), Hint: i18n.T(ctx, key+"_hint"), Selected: p.On})
	}
	return out
}

// shown are the topics that are on, for the form to remember.
func shown(choice []account.Preference) string {
	var on []string
	for _, p := range choice {
		if p.On {
			on = append(on, string(p.Topic))
		}
	}
	return strings.Join(on, " ")
}

// chosen says in a few words which mails reach the reader.
func chosen(ctx context.Context, choice []account.Preference) string {
	off := 0
	for _, p := range choice {
		if !p.On {
			off++
		}
	}
	switch {
	case len(choice) == 0:
		return i18n.T(ctx, "notifications.essential_only")
	case off == 0:
		return i18n.T(ctx, "notifications.all_on")
	}
	return i18n.T(ctx, "notifications.row_off", "Count", off)
}

// essentials are what reaches a reader in any case.
func essentials(ctx context.Context) []string {
	out := []string{i18n.T(ctx, "notifications.essential.security")}
	if page.Actor(ctx).Staff() {
		out = append(out, i18n.T(ctx, "notifications.essential.staff"))
	} else {
		out = append(out, i18n.T(ctx, "notifications.essential.decisions"))
	}
	if page.May(ctx, authz.CertificateUpload) || page.May(ctx, authz.TrustStoreManage) {
		out = append(out, i18n.T(ctx, "notifications.essential.last_days"))
	}
	return out
}
