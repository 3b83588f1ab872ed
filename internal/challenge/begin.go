package challenge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/throttle"
)

// NewChallenge is what Begin needs to know.
type NewChallenge struct {
	Purpose Purpose
	Address email.Address     // the stored address, or the one to be proved
	User    id.User           // whose link it is; zero for a registration
	NetKey  string            // throttle.NetKey of the visitor
	Silent  bool              // nothing may be proved: the mail says why instead (REG-1)
	Lang    string            // of the mail: "en", "fr", "ar"
	Params  map[string]string // further values in the mail's text; never secrets
	Mail    mail.Kind         // instead of the purpose's own, with its code or link; "": its own
}

// Begin makes a challenge and puts its mail into the outbox, both in tx.
//
// Limits (security.md REG-6) are counted under a lock. Too many challenges from
// one network are a *problem.ThrottledError, which says nothing about any
// address. Too many for one address look like any other answer (REG-1): the
// challenge is silent, and its mail is noted as withheld. Invitations come from
// staff and are not limited.
func (e *Engine) Begin(ctx context.Context, tx *pg.Tx, n NewChallenge) (id.Challenge, error) {
	if _, ok := lifetimes[n.Purpose]; !ok {
		return id.Challenge{}, fmt.Errorf("challenge: unknown purpose %q", n.Purpose)
	}
	key := n.Address.Canonical()
	withhold := false
	if n.Purpose != Invite {
		if err := lock(ctx, tx, key, n.NetKey); err != nil {
			return id.Challenge{}, err
		}
		if err := checkNet(ctx, tx, n.NetKey); err != nil {
			return id.Challenge{}, err
		}
		u, err := usage(ctx, tx, key)
		if err != nil {
			return id.Challenge{}, err
		}
		withhold = u.Challenges >= throttle.AddressChallenges || u.Mails >= throttle.AddressMails
	}
	cid := id.New[id.Challenge]()
	_, err := tx.Exec(ctx, `
		insert into challenges (id, purpose, email, email_key, user_id, net_key, silent, created_at, sent_at)
		values (@id, @purpose, @email, @key, @user, @net, @silent, @now, @now)`,
		pg.Args{
			"id": cid, "purpose": string(n.Purpose), "email": n.Address.String(), "key": key, "user": id.OrNull(n.User),
			"net": n.NetKey, "silent": n.Silent || withhold, "now": tx.Now(),
		})
	if err != nil {
		return id.Challenge{}, fmt.Errorf("begin challenge: %w", err)
	}
	m := mail.Message{Kind: cmp.Or(n.Mail, n.Purpose.mail(n.Silent)), To: n.Address.String(), Lang: n.Lang, Params: n.Params, Challenge: cid}
	return cid, post(ctx, tx, m, 1, withhold)
}

// lock makes those who count the same address or network wait for each other.
func lock(ctx context.Context, tx *pg.Tx, emailKey, netKey string) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended(@email, 1)), pg_advisory_xact_lock(hashtextextended(@net, 2))`,
		pg.Args{"email": emailKey, "net": netKey})
	return err
}

func checkNet(ctx context.Context, tx *pg.Tx, netKey string) error {
	since := tx.Now().Add(-throttle.NetChallengesWindow)
	n, err := pg.One[struct {
		Count  int
		Oldest *time.Time
	}](ctx, tx, `select count(*), min(created_at) as oldest from challenges
		where net_key = @net and created_at > @since and purpose <> 'invite'`, pg.Args{"net": netKey, "since": since})
	if err != nil {
		return err
	}
	if n.Count < throttle.NetChallenges {
		return nil
	}
	return &problem.ThrottledError{RetryAfter: max(time.Second, value(n.Oldest).Sub(since))}
}

// used is what was sent to an address within the last day.
type used struct{ Challenges, Mails int }

func usage(ctx context.Context, tx *pg.Tx, emailKey string) (used, error) {
	return pg.One[used](ctx, tx, `select count(*) as challenges, coalesce(sum(sends), 0) as mails from challenges
		where email_key = @email and created_at > @since and purpose <> 'invite'`,
		pg.Args{"email": emailKey, "since": tx.Now().Add(-throttle.AddressWindow)})
}

// post puts the mail of send number send into the outbox. A withheld one is
// stored too, as a mail that will not go out: every class of address costs the
// same work (security.md REG-1), and an admin can see that there were too many.
func post(ctx context.Context, tx *pg.Tx, m mail.Message, send int, withhold bool) error {
	params := maps.Clone(m.Params)
	if params == nil {
		params = map[string]string{}
	}
	params["Send"] = strconv.Itoa(send)
	m.Params = params
	if !withhold {
		return mail.Enqueue(ctx, tx, m)
	}
	text, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("withhold mail %s: %w", m.Kind, err)
	}
	_, err = tx.Exec(ctx, `
		insert into mail_outbox (id, kind, recipient, lang, params, challenge_id, status, not_before, last_error, created_at)
		values (@id, @kind, @recipient, @lang, @params, @challenge, 'failed', @now, 'withheld: too many mails to this address in 24 hours', @now)`,
		pg.Args{
			"id": id.New[id.Message](), "kind": string(m.Kind), "recipient": m.To, "lang": m.Lang,
			"params": string(text), "challenge": m.Challenge, "now": tx.Now(),
		})
	if err != nil {
		return fmt.Errorf("withhold mail %s: %w", m.Kind, err)
	}
	return nil
}

// Resend mails the next code or link of a challenge; earlier ones stop working.
// It never gives attempts back (security.md REG-6). The outcome is OK, TooSoon,
// NoMoreSends, Expired, UsedUp or AlreadyUsed. Unknown is problem.ErrNotFound.
func (e *Engine) Resend(ctx context.Context, cid id.Challenge) (Outcome, error) {
	outcome := OK
	err := e.db.Housekeep(ctx, "resend", func(tx *pg.Tx) error {
		r, err := pg.One[row](ctx, tx, `select `+columns+` from challenges where id = @id for update`, pg.Args{"id": cid})
		if err != nil {
			return err
		}
		if outcome = r.state().CanResend(tx.Now()); outcome != OK {
			return nil
		}
		return resend(ctx, tx, r)
	})
	return outcome, err
}

func resend(ctx context.Context, tx *pg.Tx, r row) error {
	withhold := false
	if Purpose(r.Purpose) != Invite {
		if err := lockAddress(ctx, tx, r.EmailKey); err != nil {
			return err
		}
		u, err := usage(ctx, tx, r.EmailKey)
		if err != nil {
			return err
		}
		withhold = u.Mails >= throttle.AddressMails
	}
	err := pg.Exec1(ctx, tx, `update challenges set sends = sends + 1, sent_at = @now, handed_at = null
		where id = @id and sends = @sends`, pg.Args{"id": r.ID, "sends": r.Sends, "now": tx.Now()})
	if err != nil {
		return err
	}
	m, err := lastMail(ctx, tx, r)
	if err != nil {
		return err
	}
	return post(ctx, tx, m.Message, r.Sends+1, withhold || m.withheld)
}

func lockAddress(ctx context.Context, tx *pg.Tx, emailKey string) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended(@email, 1))`, pg.Args{"email": emailKey})
	return err
}

// earlier is the mail that the last send of a challenge put into the outbox.
type earlier struct {
	mail.Message
	withheld bool
}

// lastMail finds the language and values of the mail to repeat, in the outbox
// itself: no second copy of them can differ. A challenge whose first mail was
// withheld stays without mails.
func lastMail(ctx context.Context, tx *pg.Tx, r row) (mailed earlier, err error) {
	last, err := pg.One[struct {
		Kind, Lang, Params string
		Withheld           bool
	}](ctx, tx, `select kind, lang, params::text as params, last_error like 'withheld:%' as withheld from mail_outbox
		where recipient = @email and challenge_id = @id order by position desc limit 1`, pg.Args{"email": r.Email, "id": r.ID})
	switch {
	case errors.Is(err, problem.ErrNotFound): // the outbox was cleared meanwhile
		last.Kind, last.Lang, last.Params = string(Purpose(r.Purpose).mail(r.Silent)), "en", "{}"
	case err != nil:
		return earlier{}, err
	}
	var params map[string]string
	if err := json.Unmarshal([]byte(last.Params), &params); err != nil {
		return earlier{}, fmt.Errorf("mail of challenge: %w", err)
	}
	return earlier{
		Message:  mail.Message{Kind: mail.Kind(last.Kind), To: r.Email, Lang: last.Lang, Params: params, Challenge: r.ID},
		withheld: last.Withheld && r.Silent,
	}, nil
}
