package pg

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
)

// chainFormat is the version of the rule by which a row is hashed. A new rule
// gets a new number; old rows keep theirs.
const chainFormat = 1

// Link is one stored row of the audit log. In JSON it is a line of an exported log:
// everything that its hash is over, byte strings in hexadecimal.
type Link struct {
	Seq           int64      `json:"seq"`
	At            time.Time  `json:"at"`
	ActorID       *uuid.UUID `json:"actor_id"`
	ActorName     string     `json:"actor_name"`
	ActorRole     string     `json:"actor_role"`
	Session       []byte     `json:"-"`
	IP            string     `json:"ip" db:"ip"`
	RequestID     string     `json:"request_id"`
	Action        string     `json:"action"`
	Result        string     `json:"result"`
	SubjectKind   string     `json:"subject_kind"`
	SubjectID     string     `json:"subject_id"`
	SubjectName   string     `json:"subject_name"`
	PartnerID     *uuid.UUID `json:"partner_id"`
	VersionBefore int        `json:"version_before"`
	VersionAfter  int        `json:"version_after"`
	Detail        string     `json:"detail"`
	Format        int        `json:"format"`
	Hash          []byte     `json:"-"`
}

// linkColumns are the columns of a Link.
const linkColumns = `seq, at, actor_id, actor_name, actor_role, session, ip, request_id, action, result, subject_kind,
	subject_id, subject_name, partner_id, version_before, version_after, detail, format, hash`

// sum is hash_n = SHA-256(format ‖ length-prefixed fields ‖ hash_{n-1}) over
// the stored bytes (security.md AUD-4).
func (e *Link) sum(previous []byte) []byte {
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
	links := make([]Link, len(events))
	for i, ev := range events {
		if links[i], err = linkOf(a, ev, result, tx.Now()); err != nil {
			return err
		}
		head.Seq++
		links[i].Seq = head.Seq
		links[i].Hash = links[i].sum(head.Hash)
		head.Hash = links[i].Hash
	}
	if err := insertLinks(ctx, tx, links); err != nil {
		return fmt.Errorf("audit event: %w", err)
	}
	return nil
}

// receipts are the rows that get a receipt, and its code: those of decisions, where
// the portal has a key to make codes with.
func (t *Tx) receipts(links []Link) (seqs []int64, codes [][]byte) {
	for _, l := range links {
		if t.receipt != nil && l.Result == string(audit.Done) && audit.Action(l.Action).Decides() {
			seqs, codes = append(seqs, l.Seq), append(codes, t.receipt(l.Hash))
		}
	}
	return seqs, codes
}

// linkOf is the row of an event, but for its place in the chain.
func linkOf(a authz.Actor, ev audit.Event, result audit.Result, at time.Time) (Link, error) {
	detail := ev.Detail
	if detail == nil {
		detail = []audit.Change{}
	}
	text, err := json.Marshal(detail)
	if err != nil {
		return Link{}, fmt.Errorf("audit detail: %w", err)
	}
	ip := ""
	if a.IP.IsValid() {
		ip = a.IP.String()
	}
	return Link{
		At: at, ActorID: orNil(a.User), ActorName: a.Name, ActorRole: string(a.Role()), Session: a.Session,
		IP: ip, RequestID: a.RequestID, Action: string(ev.Action), Result: string(result),
		SubjectKind: string(ev.Subject.Kind), SubjectID: ev.Subject.ID, SubjectName: ev.Subject.Name,
		PartnerID: orNil(ev.Partner), VersionBefore: ev.Before, VersionAfter: ev.After, Detail: string(text), Format: chainFormat,
	}, nil
}

// insertLinks stores the rows of one transaction: what they share once, the rest
// column by column.
func insertLinks(ctx context.Context, tx *Tx, links []Link) error {
	first, last := links[0], links[len(links)-1]
	args := Args{
		"last": last.Seq, "head": last.Hash, "at": first.At, "actor_id": first.ActorID, "actor_name": first.ActorName,
		"actor_role": first.ActorRole, "session": first.Session, "ip": first.IP, "request_id": first.RequestID,
		"result": first.Result, "format": first.Format,
		"seq":          column(links, func(e Link) int64 { return e.Seq }),
		"action":       column(links, func(e Link) string { return e.Action }),
		"subject_kind": column(links, func(e Link) string { return e.SubjectKind }),
		"subject_id":   column(links, func(e Link) string { return e.SubjectID }),
		"subject_name": column(links, func(e Link) string { return e.SubjectName }),
		"partner_id":   column(links, func(e Link) *uuid.UUID { return e.PartnerID }),
		"before":       column(links, func(e Link) int { return e.VersionBefore }),
		"after":        column(links, func(e Link) int { return e.VersionAfter }),
		"detail":       column(links, func(e Link) string { return e.Detail }),
		"hash":         column(links, func(e Link) []byte { return e.Hash }),
	}
	given := ""
	if seqs, codes := tx.receipts(links); len(seqs) > 0 {
		given = `, given as (insert into receipts (code, seq, change_id)
			select r.code, r.seq, @change from unnest(@codes::bytea[], @receipts::bigint[]) as r (code, seq))`
		args["change"], args["codes"], args["receipts"] = tx.change, codes, seqs
	}
	_, err := tx.Exec(ctx, `
		with head as (update audit_head set seq = @last, hash = @head)`+given+`
		insert into audit_log (seq, at, actor_id, actor_name, actor_role, session, ip, request_id, action, result,
			subject_kind, subject_id, subject_name, partner_id, version_before, version_after, detail, format, hash)
		select e.seq, @at, @actor_id, @actor_name, @actor_role, @session, @ip, @request_id, e.action, @result,
			e.subject_kind, e.subject_id, e.subject_name, e.partner_id, e.version_before, e.version_after, e.detail, @format, e.hash
		from unnest(@seq::bigint[], @action::text[], @subject_kind::text[], @subject_id::text[], @subject_name::text[], @partner_id::uuid[],
			@before::integer[], @after::integer[], @detail::text[], @hash::bytea[])
			as e (seq, action, subject_kind, subject_id, subject_name, partner_id, version_before, version_after, detail, hash)`, args)
	return err
}

func column[T any](links []Link, of func(Link) T) []T {
	values := make([]T, len(links))
	for i, e := range links {
		values[i] = of(e)
	}
	return values
}
