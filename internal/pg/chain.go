package pg

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/problem"
)

// chainFormat is the version of the rule by which a row is hashed. A new rule
// gets a new number; old rows keep theirs.
const chainFormat = 1

// entry is one stored row of the audit log.
type entry struct {
	Seq           int64
	At            time.Time
	ActorID       *uuid.UUID
	ActorName     string
	ActorRole     string
	Session       []byte
	IP            string `db:"ip"`
	RequestID     string
	Action        string
	Result        string
	SubjectKind   string
	SubjectID     string
	SubjectName   string
	PartnerID     *uuid.UUID
	VersionBefore int
	VersionAfter  int
	Detail        string
	Format        int
	Hash          []byte
}

// sum is hash_n = SHA-256(format ‖ length-prefixed fields ‖ hash_{n-1}) over
// the stored bytes (security.md AUD-4).
func (e *entry) sum(previous []byte) []byte {
	h := sha256.New()
	field := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	number := func(n int64) {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(n))
		field(b[:])
	}
	number(int64(e.Format))
	number(e.Seq)
	number(e.At.UnixMicro())
	field(uuidBytes(e.ActorID))
	for _, s := range []string{e.ActorName, e.ActorRole} {
		field([]byte(s))
	}
	field(e.Session)
	for _, s := range []string{e.IP, e.RequestID, e.Action, e.Result, e.SubjectKind, e.SubjectID, e.SubjectName} {
		field([]byte(s))
	}
	field(uuidBytes(e.PartnerID))
	number(int64(e.VersionBefore))
	number(int64(e.VersionAfter))
	field([]byte(e.Detail))
	field(previous)
	return h.Sum(nil)
}

func uuidBytes(u *uuid.UUID) []byte {
	if u == nil {
		return nil
	}
	return u[:]
}

// orNil makes the zero id a NULL.
func orNil[T id.Kind](v T) *uuid.UUID {
	if id.IsZero(v) {
		return nil
	}
	u := struct{ uuid.UUID }(v).UUID
	return &u
}

// appendEvents adds the next links, in as many statements for thousands as for
// one. The head row is locked here, at the end of the transaction, so that writers
// wait for each other only this long.
func appendEvents(ctx context.Context, tx *Tx, a authz.Actor, result audit.Result, events ...audit.Event) error {
	head, err := One[struct {
		Seq  int64
		Hash []byte
	}](ctx, tx, `select seq, hash from audit_head for update`, nil)
	if err != nil {
		return fmt.Errorf("audit head: %w", err)
	}
	entries := make([]entry, len(events))
	for i, ev := range events {
		if entries[i], err = entryOf(a, ev, result, tx.Now()); err != nil {
			return err
		}
		head.Seq++
		entries[i].Seq = head.Seq
		entries[i].Hash = entries[i].sum(head.Hash)
		head.Hash = entries[i].Hash
	}
	if err := insertEntries(ctx, tx, entries); err != nil {
		return fmt.Errorf("audit event: %w", err)
	}
	return nil
}

// entryOf is the row of an event, but for its place in the chain.
func entryOf(a authz.Actor, ev audit.Event, result audit.Result, at time.Time) (entry, error) {
	detail := ev.Detail
	if detail == nil {
		detail = []audit.Change{}
	}
	text, err := json.Marshal(detail)
	if err != nil {
		return entry{}, fmt.Errorf("audit detail: %w", err)
	}
	ip := ""
	if a.IP.IsValid() {
		ip = a.IP.String()
	}
	return entry{
		At: at, ActorID: orNil(a.User), ActorName: a.Name, ActorRole: string(a.Role()), Session: a.Session,
		IP: ip, RequestID: a.RequestID, Action: string(ev.Action), Result: string(result),
		SubjectKind: string(ev.Subject.Kind), SubjectID: ev.Subject.ID, SubjectName: ev.Subject.Name,
		PartnerID: orNil(ev.Partner), VersionBefore: ev.Before, VersionAfter: ev.After, Detail: string(text), Format: chainFormat,
	}, nil
}

// insertEntries stores the rows of one transaction: what they share once, the rest
// column by column.
func insertEntries(ctx context.Context, tx *Tx, entries []entry) error {
	first, last := entries[0], entries[len(entries)-1]
	args := Args{
		"last": last.Seq, "head": last.Hash, "at": first.At, "actor_id": first.ActorID, "actor_name": first.ActorName,
		"actor_role": first.ActorRole, "session": first.Session, "ip": first.IP, "request_id": first.RequestID,
		"result": first.Result, "format": first.Format,
		"seq":          column(entries, func(e entry) int64 { return e.Seq }),
		"action":       column(entries, func(e entry) string { return e.Action }),
		"subject_kind": column(entries, func(e entry) string { return e.SubjectKind }),
		"subject_id":   column(entries, func(e entry) string { return e.SubjectID }),
		"subject_name": column(entries, func(e entry) string { return e.SubjectName }),
		"partner_id":   column(entries, func(e entry) *uuid.UUID { return e.PartnerID }),
		"before":       column(entries, func(e entry) int { return e.VersionBefore }),
		"after":        column(entries, func(e entry) int { return e.VersionAfter }),
		"detail":       column(entries, func(e entry) string { return e.Detail }),
		"hash":         column(entries, func(e entry) []byte { return e.Hash }),
	}
	_, err := tx.Exec(ctx, `
		with head as (update audit_head set seq = @last, hash = @head)
		insert into audit_log (seq, at, actor_id, actor_name, actor_role, session, ip, request_id, action, result,
			subject_kind, subject_id, subject_name, partner_id, version_before, version_after, detail, format, hash)
		select e.seq, @at, @actor_id, @actor_name, @actor_role, @session, @ip, @request_id, e.action, @result,
			e.subject_kind, e.subject_id, e.subject_name, e.partner_id, e.version_before, e.version_after, e.detail, @format, e.hash
		from unnest(@seq::bigint[], @action::text[], @subject_kind::text[], @subject_id::text[], @subject_name::text[], @partner_id::uuid[],
			@before::integer[], @after::integer[], @detail::text[], @hash::bytea[])
			as e (seq, action, subject_kind, subject_id, subject_name, partner_id, version_before, version_after, detail, hash)`, args)
	return err
}

func column[T any](entries []entry, of func(entry) T) []T {
	values := make([]T, len(entries))
	for i, e := range entries {
		values[i] = of(e)
	}
	return values
}

// BrokenChainError tells of the first row of the audit log that does not fit its chain.
type BrokenChainError struct {
	Seq  int64
	Why  string
	Rows int64 // rows that were right before it
}

func (b *BrokenChainError) Error() string {
	return fmt.Sprintf("the audit log is broken at row %d: %s (%d rows before it are right)", b.Seq, b.Why, b.Rows)
}

// VerifyAudit recomputes the whole chain and compares it with its head. It
// returns how many rows are right; the first wrong one is a *BrokenChainError.
func (db *DB) VerifyAudit(ctx context.Context) (int64, error) {
	const batch = 5000
	var rows int64
	previous := make([]byte, sha256.Size)
	for {
		entries, err := All[entry](ctx, db.read, `
			select seq, at, actor_id, actor_name, actor_role, session, ip, request_id, action, result, subject_kind,
				subject_id, subject_name, partner_id, version_before, version_after, detail, format, hash
			from audit_log where seq > @after order by seq limit @batch`, Args{"after": rows, "batch": batch})
		if err != nil {
			return rows, err
		}
		for i := range entries {
			e := &entries[i]
			if e.Seq != rows+1 {
				return rows, &BrokenChainError{Seq: rows + 1, Why: "the row is missing", Rows: rows}
			}
			if string(e.sum(previous)) != string(e.Hash) {
				return rows, &BrokenChainError{Seq: e.Seq, Why: "its content or its predecessor was changed", Rows: rows}
			}
			previous, rows = e.Hash, rows+1
		}
		if len(entries) < batch {
			break
		}
	}
	return rows, db.verifyHead(ctx, rows, previous)
}

// verifyHead finds a tail that was cut off. Events that were added since the
// last batch are no fault: the head may only be ahead if the next row exists.
func (db *DB) verifyHead(ctx context.Context, rows int64, last []byte) error {
	head, err := One[struct {
		Seq  int64
		Hash []byte
		Next bool
	}](ctx, db.read, `select seq, hash, exists (select 1 from audit_log where seq = @next) as next from audit_head`, Args{"next": rows + 1})
	if errors.Is(err, problem.ErrNotFound) {
		return &BrokenChainError{Seq: rows, Why: "the head of the chain is missing", Rows: rows}
	}
	switch {
	case err != nil:
		return err
	case head.Seq > rows && !head.Next:
		return &BrokenChainError{Seq: rows + 1, Why: "rows at the end are missing", Rows: rows}
	case head.Seq < rows, head.Seq == rows && string(head.Hash) != string(last):
		return &BrokenChainError{Seq: rows, Why: "the head of the chain does not fit", Rows: rows}
	}
	return nil
}
