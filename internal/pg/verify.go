package pg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"portal/internal/problem"
)

// BrokenChainError tells of the first row of the audit log that does not fit its
// chain, or what was signed or stored beside it.
type BrokenChainError struct {
	Seq  int64 // 0: there is no row that should be there
	Why  string
	Rows int64 // rows that were right before it
}

func (b *BrokenChainError) Error() string {
	if b.Seq == 0 {
		return fmt.Sprintf("the audit log does not tell everything: %s (%d rows are right)", b.Why, b.Rows)
	}
	return fmt.Sprintf("the audit log is broken at row %d: %s (%d rows before it are right)", b.Seq, b.Why, b.Rows)
}

// Chain is how far the audit log has been recomputed. The zero value stands before
// its first row.
type Chain struct {
	Rows int64  // the last row that is right, and so their number
	Hash []byte // of that row
}

// Next recomputes one row more. A row that does not follow the one before it is a
// *BrokenChainError, and the chain stays where it was.
func (c *Chain) Next(l *Link) error {
	switch {
	case l.Seq > c.Rows+1:
		return &BrokenChainError{Seq: c.Rows + 1, Why: "the row is missing", Rows: c.Rows}
	case l.Seq < c.Rows+1:
		return &BrokenChainError{Seq: c.Rows + 1, Why: fmt.Sprintf("row %d stands in its place", l.Seq), Rows: c.Rows}
	case l.Format != chainFormat:
		return &BrokenChainError{Seq: l.Seq, Why: fmt.Sprintf("its format %d is unknown", l.Format), Rows: c.Rows}
	case string(HashAfter(l, c.Hash)) != string(l.Hash):
		return &BrokenChainError{Seq: l.Seq, Why: "its content or its predecessor was changed", Rows: c.Rows}
	}
	c.Rows, c.Hash = l.Seq, l.Hash
	return nil
}

// Follow recomputes all rows after the chain's end and shows each to watch, which may
// be nil. It stops at the first error, watch's too.
func (c *Chain) Follow(ctx context.Context, q Querier, watch func(*Link) error) error {
	return EachLink(ctx, q, c.Rows, func(l *Link) error {
		if err := c.Next(l); err != nil || watch == nil {
			return err
		}
		return watch(l)
	})
}

// EachLink hands the rows of the audit log after a number to use, in their order and
// as they stand.
func EachLink(ctx context.Context, q Querier, after int64, use func(*Link) error) error {
	const batch = 5000
	for {
		links, err := All[Link](ctx, q, `select `+linkColumns+` from audit_log where seq > @after order by seq limit @batch`,
			Args{"after": after, "batch": batch})
		if err != nil {
			return err
		}
		for i := range links {
			if err := use(&links[i]); err != nil {
				return err
			}
			after = links[i].Seq
		}
		if len(links) < batch {
			return nil
		}
	}
}

// Head compares the end of the chain with the stored head, which finds a tail that
// was cut off without it. Both must be of one moment; see Snapshot.
func (c *Chain) Head(ctx context.Context, q Querier) error {
	head, err := One[struct {
		Seq  int64
		Hash []byte
	}](ctx, q, `select seq, hash from audit_head`, nil)
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return &BrokenChainError{Seq: c.Rows, Why: "the head of the chain is missing", Rows: c.Rows}
	case err != nil:
		return err
	case head.Seq > c.Rows:
		return &BrokenChainError{Seq: c.Rows + 1, Why: "rows at the end are missing", Rows: c.Rows}
	case head.Seq < c.Rows, c.Rows > 0 && string(head.Hash) != string(c.Hash):
		return &BrokenChainError{Seq: c.Rows, Why: "the head of the chain does not fit", Rows: c.Rows}
	}
	return nil
}

// VerifyAudit recomputes the whole chain and compares it with its head. It
// returns how many rows are right; the first wrong one is a *BrokenChainError.
func (db *DB) VerifyAudit(ctx context.Context) (int64, error) {
	var c Chain
	err := db.Snapshot(ctx, func(q Querier) error {
		if err := c.Follow(ctx, q, nil); err != nil {
			return err
		}
		return c.Head(ctx, q)
	})
	return c.Rows, err
}

// Snapshot lets fn read everything as it was at one moment, for as long as it takes:
// it is for an operator's commands, not for pages.
func (db *DB) Snapshot(ctx context.Context, fn func(Querier) error) error {
	o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, db.read, o, func(tx pgx.Tx) error {
		// Compiling a statement takes longer than most logs do.
		if _, err := tx.Exec(ctx, `set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set local jit = off`); err != nil {
			return err
		}
		return fn(tx)
	})
}

// fields is a Link without its methods; line is what it is in JSON.
type (
	fields Link
	line   struct {
		*fields
		Session string `json:"session"`
		Hash    string `json:"hash"`
	}
)

// MarshalJSON writes a line of an exported log.
func (e Link) MarshalJSON() ([]byte, error) {
	f := fields(e)
	return json.Marshal(line{&f, hex.EncodeToString(e.Session), hex.EncodeToString(e.Hash)})
}

// UnmarshalJSON reads a line of an exported log.
func (e *Link) UnmarshalJSON(b []byte) error {
	var f fields
	l := line{fields: &f}
	if err := json.Unmarshal(b, &l); err != nil {
		return err
	}
	session, err := hex.DecodeString(l.Session)
	if err != nil {
		return err
	}
	hash, err := hex.DecodeString(l.Hash)
	if err != nil {
		return err
	}
	f.Session, f.Hash = session, hash
	*e = Link(f)
	return nil
}

// HashAfter is the hash that a row must have behind one with this hash; none before
// the first row.
func HashAfter(l *Link, previous []byte) []byte {
	if len(previous) == 0 {
		previous = make([]byte, sha256.Size)
	}
	return l.sum(previous)
}
