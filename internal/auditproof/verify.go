package auditproof

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"portal/internal/pg"
)

// Result is what was found to be right.
type Result struct {
	Rows   int64
	Heads  int   // that match
	Signed int64 // the last row that a head vouches for
	Things int   // whose state is what the log says; 0 for an exported log
}

// heads are what was carried out, by the row that they speak of.
type heads struct {
	of   map[int64][]Head
	last int64
}

// sorted checks the signatures of heads and sorts them. One that is not signed by a key
// is a *pg.BrokenChainError: somebody put it there.
func sorted(all []Head, keys []ed25519.PublicKey) (heads, error) {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Head) int { return int(min(1, max(-1, a.Seq-b.Seq))) })
	hs := heads{of: map[int64][]Head{}}
	for _, h := range all {
		if wrong := h.check(keys); wrong != "" {
			return hs, &pg.BrokenChainError{Seq: h.Seq, Why: "a head of it " + wrong}
		}
		hs.of[h.Seq], hs.last = append(hs.of[h.Seq], h), h.Seq
	}
	return hs, nil
}

// against compares one row with the heads of it.
func (r *Result) against(hs heads, l *pg.Link) error {
	for _, h := range hs.of[l.Seq] {
		if wrong := h.fits(l); wrong != "" {
			return &pg.BrokenChainError{Seq: l.Seq, Why: wrong, Rows: l.Seq - 1}
		}
		r.Heads, r.Signed = r.Heads+1, l.Seq
	}
	return nil
}

// ended compares the end of the log with the last head: what was signed must be there.
func (r *Result) ended(hs heads) error {
	if hs.last > r.Rows {
		return &pg.BrokenChainError{Seq: r.Rows + 1, Why: fmt.Sprintf("rows up to %d were signed and are missing", hs.last), Rows: r.Rows}
	}
	return nil
}

// Verify recomputes the audit log of a database, as it is at one moment, compares it with
// heads that were carried out, and then the state of things with what the log says. The
// first thing that is wrong is a *pg.BrokenChainError. It only reads; an operator calls it.
func Verify(ctx context.Context, db *pg.DB, all []Head, keys []ed25519.PublicKey) (Result, error) {
	var r Result
	err := db.Snapshot(ctx, func(q pg.Querier) error {
		var c pg.Chain
		hs, err := sorted(all, keys)
		if err != nil {
			return err
		}
		err = c.Follow(ctx, q, func(l *pg.Link) error { return r.against(hs, l) })
		if r.Rows = c.Rows; err != nil {
			return err
		}
		if err := r.ended(hs); err != nil {
			return err
		}
		if err := c.Head(ctx, q); err != nil {
			return err
		}
		r.Things, err = states(ctx, q, c.Rows)
		return err
	})
	return r, err
}

// VerifyExport is Verify for an exported log, without any database.
func VerifyExport(in io.Reader, all []Head, keys []ed25519.PublicKey) (Result, error) {
	var r Result
	hs, err := sorted(all, keys)
	if err != nil {
		return r, err
	}
	var c pg.Chain
	d := json.NewDecoder(bufio.NewReaderSize(in, 1<<20))
	for {
		var l pg.Link
		err := d.Decode(&l)
		if errors.Is(err, io.EOF) {
			return r, r.ended(hs)
		}
		if err != nil {
			return r, &pg.BrokenChainError{Seq: c.Rows + 1, Why: "its line cannot be read: " + err.Error(), Rows: c.Rows}
		}
		if err := c.Next(&l); err != nil {
			return r, err
		}
		r.Rows = c.Rows
		if err := r.against(hs, &l); err != nil {
			return r, err
		}
	}
}

// Export writes the audit log line by line, so that others can recompute it. It returns
// how many rows it wrote. The caller has told the log of it before (security.md AUD-6).
func Export(ctx context.Context, db *pg.DB, to io.Writer) (int64, error) {
	var rows int64
	out := bufio.NewWriterSize(to, 1<<20)
	e := json.NewEncoder(out)
	err := db.Snapshot(ctx, func(q pg.Querier) error {
		return pg.EachLink(ctx, q, 0, func(l *pg.Link) error {
			rows++
			return e.Encode(l)
		})
	})
	if err == nil {
		err = out.Flush()
	}
	return rows, err
}
