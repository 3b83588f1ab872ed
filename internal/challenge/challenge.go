// Package challenge proves that somebody reads an e-mail address: by a code to
// type (registration) or by a link to follow (password reset, invitation). It
// counts sends and attempts in the database, so that any number of replicas
// keep one set of limits.
//
// It refuses to know what a proof opens. Whoever acts on one re-reads it there
// and then, by Consume or ConsumeLink in the transaction of the act
// (security.md REG-8).
package challenge

import (
	"context"
	"time"

	"github.com/google/uuid"

	"portal/internal/code"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/throttle"
)

// Purpose is what a proof is for. A challenge of one purpose never serves
// another (security.md REG-8).
type Purpose string

// The purposes.
const (
	Register Purpose = "register" // a code, typed by a visitor
	Reset    Purpose = "reset"    // a link to set a new password
	Invite   Purpose = "invite"   // a link to set a first password
	// NewAddress is a code, typed by a signed-in person who wants another address.
	NewAddress Purpose = "new_address"
)

// lifetime is how long a code or link works: from the moment the mail server
// took the mail, and from the creation of the challenge at most (REG-5).
type lifetime struct{ fromHandOff, atMost time.Duration }

var lifetimes = map[Purpose]lifetime{
	Register: {CodeLifetime, LongestLifetime},
	Reset:    {ResetLifetime, LongestLifetime},
	Invite:   {InviteLifetime, InviteLifetime},

	NewAddress: {CodeLifetime, LongestLifetime},
}

// How long codes and links live (design README, decision 4; security.md REG-5).
const (
	CodeLifetime    = 10 * time.Minute // from hand-off to the mail server
	ResetLifetime   = 30 * time.Minute // from hand-off to the mail server
	LongestLifetime = time.Hour        // from creation, whatever happens in between
	InviteLifetime  = 72 * time.Hour   // from creation
)

// kinds are the mails of a purpose: the one with the code or link, and the one
// for a silent challenge, which has neither.
type kinds struct{ open, silent mail.Kind }

var mails = map[Purpose]kinds{
	Register: {mail.RegistrationCode, mail.AlreadyRegistered},
	Reset:    {mail.PasswordReset, mail.PasswordResetUnknown},
	Invite:   {mail.StaffInvitation, mail.StaffInvitation},

	NewAddress: {mail.NewAddressCode, mail.AlreadyRegistered},
}

func (p Purpose) mail(silent bool) mail.Kind {
	if silent {
		return mails[p].silent
	}
	return mails[p].open
}

// Outcome is how an attempt or a resend ended.
type Outcome int

// The outcomes.
const (
	OK          Outcome = iota + 1
	Wrong               // not the code; a link that nobody sent
	Expired             // too old; a code may be sent again, see State
	UsedUp              // five wrong codes; only a new challenge helps
	AlreadyUsed         // proved before, or acted upon
	TooSoon             // of Resend: less than a minute since the last one
	NoMoreSends         // of Resend: five codes were sent
)

// String is the outcome's name in messages and tests.
func (o Outcome) String() string {
	names := [...]string{"", "ok", "wrong", "expired", "used_up", "already_used", "too_soon", "no_more_sends"}
	if o < OK || int(o) >= len(names) {
		return "unknown"
	}
	return names[o]
}

// Engine begins and checks challenges.
type Engine struct {
	db    *pg.DB
	codes code.Codes
	match func(challenge uuid.UUID, send int, typed string) bool // code.Codes.Match; tests count its calls
}

// New makes an Engine whose codes and links are derived by codes.
func New(db *pg.DB, codes code.Codes) *Engine {
	return &Engine{db: db, codes: codes, match: codes.Match}
}

// State is where a challenge stands, for its page and for those who act on it.
// It tells nothing about whether the address has an account (security.md REG-1).
type State struct {
	ID           id.Challenge
	Purpose      Purpose
	Email        string // the stored address, to which mails go
	EmailKey     string // its canonical form
	Sends        int
	AttemptsLeft int
	CreatedAt    time.Time
	SentAt       time.Time
	ResendAt     time.Time // zero: no more sends
	ExpiresAt    time.Time
	VerifiedAt   time.Time // zero: not yet
	ConsumedAt   time.Time // zero: not yet
}

// Verified reports whether the address is proved and the proof can still be
// acted upon at now.
func (s State) Verified(now time.Time) bool {
	return !s.VerifiedAt.IsZero() && s.ConsumedAt.IsZero() && now.Before(s.CreatedAt.Add(lifetimes[s.Purpose].atMost))
}

// Open is OK while a code can be tried at now, else why not.
func (s State) Open(now time.Time) Outcome {
	switch {
	case !s.VerifiedAt.IsZero() || !s.ConsumedAt.IsZero():
		return AlreadyUsed
	case s.AttemptsLeft == 0:
		return UsedUp
	case !now.Before(s.ExpiresAt):
		return Expired
	}
	return OK
}

// CanResend is OK if a new code may be sent at now, else why not.
func (s State) CanResend(now time.Time) Outcome {
	switch {
	case !s.VerifiedAt.IsZero() || !s.ConsumedAt.IsZero():
		return AlreadyUsed
	case s.AttemptsLeft == 0:
		return UsedUp
	case !now.Before(s.CreatedAt.Add(lifetimes[s.Purpose].atMost)):
		return Expired
	case s.ResendAt.IsZero():
		return NoMoreSends
	case now.Before(s.ResendAt):
		return TooSoon
	}
	return OK
}

// row is a challenge as it is stored.
type row struct {
	ID         id.Challenge
	Purpose    string
	Email      string
	EmailKey   string
	UserID     id.User
	Silent     bool
	Sends      int
	Attempts   int
	CreatedAt  time.Time
	SentAt     time.Time
	HandedAt   *time.Time
	VerifiedAt *time.Time
	ConsumedAt *time.Time
}

const columns = `id, purpose, email, email_key, user_id, silent, sends, attempts, created_at, sent_at, handed_at, verified_at, consumed_at`

func load(ctx context.Context, q pg.Querier, cid id.Challenge) (row, error) {
	return pg.One[row](ctx, q, `select `+columns+` from challenges where id = @id`, pg.Args{"id": cid})
}

// State reads where a challenge stands. Unknown is problem.ErrNotFound.
func (e *Engine) State(ctx context.Context, cid id.Challenge) (State, error) {
	r, err := load(ctx, e.db.Read(), cid)
	if err != nil {
		return State{}, err
	}
	return r.state(), nil
}

func (r row) state() State {
	s := State{
		ID: r.ID, Purpose: Purpose(r.Purpose), Email: r.Email, EmailKey: r.EmailKey, Sends: r.Sends,
		AttemptsLeft: throttle.Attempts - r.Attempts, CreatedAt: r.CreatedAt, SentAt: r.SentAt,
		VerifiedAt: value(r.VerifiedAt), ConsumedAt: value(r.ConsumedAt),
	}
	life := lifetimes[s.Purpose]
	s.ExpiresAt = r.CreatedAt.Add(life.atMost)
	if r.HandedAt != nil && r.HandedAt.Add(life.fromHandOff).Before(s.ExpiresAt) {
		s.ExpiresAt = r.HandedAt.Add(life.fromHandOff)
	}
	if r.Sends < throttle.SendsPerChallenge {
		s.ResendAt = r.SentAt.Add(throttle.ResendAfter)
	}
	return s
}

func value(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// HandedOff notes that the mail server took the mail of a challenge: its code's
// or link's life begins (security.md REG-5). The mail worker calls it in the
// transaction that marks the mail as sent.
func HandedOff(ctx context.Context, tx *pg.Tx, cid id.Challenge) error {
	_, err := tx.Exec(ctx, `update challenges set handed_at = @now where id = @id and consumed_at is null`,
		pg.Args{"id": cid, "now": tx.Now()})
	return err
}

// keep is how long a dead challenge stays: the limits of REG-6 look back a day.
const keep = 7 * 24 * time.Hour

// Purge removes challenges that can neither be used nor count towards a limit;
// a job calls it.
func Purge(ctx context.Context, db *pg.DB) error {
	return db.Housekeep(ctx, "purge challenges", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `delete from challenges where created_at < @before`, pg.Args{"before": tx.Now().Add(-keep)})
		return err
	})
}
