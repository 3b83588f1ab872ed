package auditproof

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
)

// When the next head is due, once something was written (security.md AUD-5).
const (
	everyRows = 1000
	everyTime = time.Minute
)

// mailFrom is the hour of the day, in the portal's zone, from which the mail goes out.
const mailFrom = 7

// Sealer signs the end of the audit log and carries it outside the database.
type Sealer struct {
	DB   *pg.DB
	Keys secret.Keys
	File string // that every head of this replica is appended to; "": only the log has them
	Mail string // who gets a head a day; "": those who may read the audit log
	Zone *time.Location
}

// seal is the last head that was signed.
type seal struct {
	Seq      int64
	Hash     []byte
	SignedAt time.Time
	MailedOn *time.Time
}

// Run signs a head if one is due, and mails the day's. Of several replicas one does it
// at a time; the others come back later. Before it signs, it recomputes what was written
// since the last head: a log that does not follow from that is an error, and nothing is
// signed until somebody has looked. It is background work.
func (s *Sealer) Run(ctx context.Context) error {
	return s.DB.Housekeep(ctx, "sign the audit log", func(tx *pg.Tx) error {
		last, err := pg.One[seal](ctx, tx, `select seq, hash, signed_at, mailed_on from audit_seal for update skip locked`, nil)
		if errors.Is(err, problem.ErrNotFound) {
			return pg.ErrNothing // another replica is at it
		}
		if err != nil {
			return err
		}
		signed, err := s.signNext(ctx, tx, &last)
		if err != nil {
			return err
		}
		mailed, err := s.mailHead(ctx, tx, last)
		if err == nil && !signed && !mailed {
			return pg.ErrNothing
		}
		return err
	})
}

// signNext signs the end of the log if it is time, and hands the head out.
func (s *Sealer) signNext(ctx context.Context, tx *pg.Tx, last *seal) (bool, error) {
	end, err := pg.Value[int64](ctx, tx, `select seq from audit_head`, nil)
	if err != nil {
		return false, fmt.Errorf("the head of the audit log: %w", err)
	}
	c := pg.Chain{Rows: last.Seq, Hash: last.Hash}
	switch {
	case end < last.Seq:
		return false, &pg.BrokenChainError{Seq: end + 1, Why: fmt.Sprintf("rows up to %d were signed and are missing", last.Seq), Rows: end}
	case end == last.Seq || end-last.Seq < everyRows && tx.Now().Sub(last.SignedAt) < everyTime:
		return false, nil
	}
	if err := c.Follow(ctx, tx, nil); err != nil {
		return false, err
	}
	if c.Rows < end {
		return false, &pg.BrokenChainError{Seq: c.Rows + 1, Why: "rows at the end are missing", Rows: c.Rows}
	}
	h := sign(s.Keys, c, tx.Now())
	slog.InfoContext(ctx, "audit head", "head", h.Line())
	if s.File != "" {
		if err := Append(s.File, h); err != nil {
			return false, fmt.Errorf("the file for the heads of the audit log: %w", err)
		}
	}
	last.Seq, last.Hash, last.SignedAt = c.Rows, c.Hash, tx.Now()
	_, err = tx.Exec(ctx, `update audit_seal set seq = @seq, hash = @hash, signed_at = @now`,
		pg.Args{"seq": last.Seq, "hash": last.Hash, "now": tx.Now()})
	return true, err
}

// mailHead mails the last head that was signed, once a day.
func (s *Sealer) mailHead(ctx context.Context, tx *pg.Tx, last seal) (bool, error) {
	now := tx.Now().In(s.Zone)
	today := pg.Day(now)
	if last.Seq == 0 || now.Hour() < mailFrom || last.MailedOn != nil && !last.MailedOn.Before(today) {
		return false, nil
	}
	if _, err := tx.Exec(ctx, `update audit_seal set mailed_on = @today`, pg.Args{"today": today}); err != nil {
		return false, err
	}
	h := sign(s.Keys, pg.Chain{Rows: last.Seq, Hash: last.Hash}, last.SignedAt)
	params := map[string]string{"Head": h.Line(), "Path": "/audit"}
	if s.Mail != "" {
		return true, mail.Enqueue(ctx, tx, mail.Message{Kind: mail.AuditHead, To: s.Mail, Lang: "en", Params: params})
	}
	return true, account.TellStaff(ctx, tx, authz.AuditRead, mail.AuditHead, id.User{}, params)
}

// fits says what is wrong between a head and a row; "" if the row is the one it signed.
func (h Head) fits(l *pg.Link) string {
	if h.Hash != hex.EncodeToString(l.Hash) {
		return "the head signed on " + h.Time.UTC().Format(time.RFC3339) + " has another hash for it"
	}
	return ""
}
