package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/secret"
)

// Preference is one topic of mails and whether its reader wants it.
type Preference struct {
	Topic mail.Topic
	On    bool
}

// audience is who ever gets mails of a topic: somebody who holds one of these.
var audience = map[mail.Topic][]authz.Permission{
	mail.NewRequests:   {authz.PartnerDecide},
	mail.PolicyChanges: {authz.PolicyRequestSend, authz.PolicyWrite},
	mail.PolicyReviews: {authz.PolicyActivate},
	mail.EndingsEarly:  {authz.CertificateUpload, authz.TrustStoreManage},
	mail.EndingsDaily:  {authz.CertificateUpload, authz.TrustStoreManage},
	mail.WeeklySummary: {authz.PartnerDecide},
	mail.AuditHeads:    {authz.AuditRead},
}

// offered are the topics that reach somebody.
func offered(a authz.Actor) []mail.Topic {
	var out []mail.Topic
	for _, t := range mail.Topics {
		for _, p := range audience[t] {
			if a.May(p) {
				out = append(out, t)
				break
			}
		}
	}
	return out
}

// Preferences are the topics that the actor can switch off, in the order in which
// they are offered. People whose partner is not admitted have none: all that
// reaches them is essential.
func (s *Service) Preferences(ctx context.Context, a authz.Actor) ([]Preference, error) {
	off, err := pg.Values[mail.Topic](ctx, s.db.Read(), `select topic from mail_optouts where user_id = @user`, pg.Args{"user": a.User})
	if err != nil {
		return nil, err
	}
	var out []Preference
	for _, t := range offered(a) {
		out = append(out, Preference{Topic: t, On: Reader{Off: off}.Wants(t)})
	}
	return out, nil
}

// SetPreferences switches topics of the actor's mails on and off
// (authz.AccountEdit). Only the topics named change, so two windows, or a window
// and the link of a mail, do not undo each other; one that is no business of the
// actor's is left alone. Choosing what is chosen already is no error.
func (s *Service) SetPreferences(ctx context.Context, a authz.Actor, wanted map[mail.Topic]bool) error {
	return s.db.Change(ctx, a, authz.AccountEdit, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockByID(ctx, tx, a.User)
		if err != nil {
			return audit.Event{}, err
		}
		var detail []audit.Change
		for _, t := range offered(a) {
			on, named := wanted[t]
			if !named {
				continue
			}
			changed, err := choose(ctx, tx, p.ID, t, on)
			if err != nil {
				return audit.Event{}, err
			}
			detail = append(detail, changed...)
		}
		if len(detail) == 0 {
			return audit.Event{}, pg.ErrNothing
		}
		return p.event(audit.NotificationsChanged, detail), nil
	})
}

// choose stores one choice; nothing is returned where it stood already.
func choose(ctx context.Context, tx *pg.Tx, user id.User, t mail.Topic, on bool) ([]audit.Change, error) {
	sql, change := `delete from mail_optouts where user_id = @user and topic = @topic`, audit.Change{Field: "mails", After: string(t)}
	args := pg.Args{"user": user, "topic": string(t)}
	if !on {
		sql = `insert into mail_optouts (user_id, topic, chosen_at) values (@user, @topic, @now) on conflict do nothing`
		change.Before, change.After = change.After, ""
		args["now"] = tx.Now()
	}
	n, err := tx.Exec(ctx, sql, args)
	if err != nil || n == 0 {
		return nil, err
	}
	return []audit.Change{change}, nil
}

const (
	// unsubscribePurpose names the key under which links of mails are signed.
	unsubscribePurpose = "unsubscribe"
	// maxToken is more than any link's secret is long.
	maxToken = 128
)

// UnsubscribeToken is the secret in the link of a mail that switches its topic
// off for its reader: the reader's id, the topic and their MAC. It needs no row
// and never ends, since it can do nothing else, and a mail may be read years
// later.
func UnsubscribeToken(keys secret.Keys, user id.User, t mail.Topic) string {
	mac := keys.MAC(unsubscribePurpose, user.UUID[:], []byte(t))
	return user.String() + "." + string(t) + "." + base64.RawURLEncoding.EncodeToString(mac)
}

// Subscription is what the link of a mail can switch off.
type Subscription struct {
	Topic mail.Topic
	On    bool
	user  id.User
}

// Subscription reads such a link, without using it: programs that check mails
// open links too. ok is false for one that the portal never made; that an account
// is gone looks like one that has switched off already, so nothing is told of
// accounts.
func (s *Service) Subscription(ctx context.Context, token string) (sub Subscription, ok bool, err error) {
	user, t, ok := s.readUnsubscribe(token)
	if !ok {
		return Subscription{}, false, nil
	}
	on, err := pg.Value[bool](ctx, s.db.Read(), `select exists (select 1 from users u where u.id = @user
		and not exists (select 1 from mail_optouts o where o.user_id = u.id and o.topic = @topic))`, pg.Args{"user": user, "topic": string(t)})
	return Subscription{Topic: t, On: on, user: user}, true, err
}

// readUnsubscribe takes a token apart; ok is false unless UnsubscribeToken made it,
// letter for letter, under this key or an earlier one.
func (s *Service) readUnsubscribe(token string) (user id.User, t mail.Topic, ok bool) {
	parts := strings.Split(token, ".")
	if len(token) > maxToken || len(parts) != 3 {
		return id.User{}, "", false
	}
	user, err := id.Parse[id.User](parts[0])
	if err != nil {
		return id.User{}, "", false
	}
	t = mail.Topic(parts[1])
	match := 0
	for _, keys := range s.keys.Each() {
		match |= subtle.ConstantTimeCompare([]byte(token), []byte(UnsubscribeToken(keys, user, t)))
	}
	return user, t, match == 1
}

// Unsubscribe switches off what Subscription read (authz.SignIn, as a visitor: the
// link alone is the permission, whoever is signed in in this browser). Doing it
// again is no error.
func (s *Service) Unsubscribe(ctx context.Context, a authz.Actor, sub Subscription) error {
	if !sub.On {
		return nil
	}
	return s.db.Change(ctx, authz.VisitorAt(a.IP, a.RequestID), authz.SignIn, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockByID(ctx, tx, sub.user)
		if err != nil {
			return audit.Event{}, err
		}
		detail, err := choose(ctx, tx, p.ID, sub.Topic, false)
		if err == nil && len(detail) == 0 {
			err = pg.ErrNothing
		}
		return p.event(audit.MailsSwitchedOff, detail), err
	})
}
