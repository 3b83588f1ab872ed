package partner

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
)

// A draft is sealed with a key made of the browser's token and the server's
// key: a stolen database tells nothing without the browsers, and a stolen
// cookie nothing without the server (security.md REG-2). The row is found by
// the token's hash.

const tokenLength = 43

func draftKey(token string) string {
	return base64.RawURLEncoding.EncodeToString(secret.Hash(token))
}

func sealer(keys secret.Keys, token string) cipher.AEAD {
	block, err := aes.NewCipher(keys.Derive("registration-draft", []byte(token), 32))
	if err != nil {
		panic(err) // impossible: 32 bytes are an AES-256 key
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // impossible: the block is AES
	}
	return aead
}

func (r *Registrations) seal(token string, d Draft) ([]byte, error) {
	plain, err := json.Marshal(d) //nolint:gosec // the password in it is hashed, and the whole is sealed next
	if err != nil {
		return nil, fmt.Errorf("seal draft: %w", err)
	}
	return sealer(r.keys, token).Seal(nil, nil, plain, []byte(draftKey(token))), nil
}

// unseal also opens what was sealed before the master key was changed.
func (r *Registrations) unseal(token string, sealed []byte) (Draft, error) {
	for _, keys := range r.keys.Each() {
		plain, err := sealer(keys, token).Open(nil, nil, sealed, []byte(draftKey(token)))
		if err != nil {
			continue
		}
		d := Draft{terms: r.terms}
		return d, json.Unmarshal(plain, &d)
	}
	return Draft{}, problem.ErrNotFound // the master key is no longer held: the visitor starts again
}

// open reads a draft; lock is "for update" inside a transaction, else "".
func (r *Registrations) open(ctx context.Context, q pg.Querier, token, lock string) (Draft, error) {
	if len(token) != tokenLength {
		return Draft{}, problem.ErrNotFound
	}
	row, err := pg.One[struct {
		Answers     []byte
		ChallengeID id.Challenge
	}](ctx, q, `select answers, challenge_id from registration_drafts where token = @token and expires_at > @now `+lock,
		pg.Args{"token": draftKey(token), "now": r.db.Now()})
	if err != nil {
		return Draft{}, err
	}
	d, err := r.unseal(token, row.Answers)
	d.challenge = row.ChallengeID
	return d, err
}

func (r *Registrations) create(ctx context.Context, token string, d Draft) error {
	sealed, err := r.seal(token, d)
	if err != nil {
		return err
	}
	return r.db.Housekeep(ctx, "begin registration", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into registration_drafts (token, answers, created_at, updated_at, expires_at)
			values (@token, @answers, @now, @now, @expires)`,
			pg.Args{"token": draftKey(token), "answers": sealed, "now": tx.Now(), "expires": tx.Now().Add(DraftLifetime)})
		return err
	})
}

// update changes a draft under a lock, so that two tabs cannot undo each
// other's steps.
func (r *Registrations) update(ctx context.Context, token string, change func(*Draft)) (d Draft, err error) {
	err = r.db.Housekeep(ctx, "save registration", func(tx *pg.Tx) error {
		if d, err = r.open(ctx, tx, token, "for update"); err != nil {
			return err
		}
		if d.Receipt != nil {
			return problem.ErrNotFound
		}
		change(&d)
		return r.store(ctx, tx, token, d)
	})
	return d, err
}

func (r *Registrations) store(ctx context.Context, tx *pg.Tx, token string, d Draft) error {
	sealed, err := r.seal(token, d)
	if err != nil {
		return err
	}
	return pg.Exec1(ctx, tx, `
		update registration_drafts set answers = @answers, challenge_id = @challenge, version = version + 1,
			updated_at = @now, expires_at = @expires
		where token = @token`, pg.Args{
		"token": draftKey(token), "answers": sealed, "challenge": id.OrNull(d.challenge),
		"now": tx.Now(), "expires": tx.Now().Add(DraftLifetime),
	})
}

// Restart forgets the draft of a browser.
func (r *Registrations) Restart(ctx context.Context, token string) error {
	return r.db.Housekeep(ctx, "forget registration", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `delete from registration_drafts where token = @token`, pg.Args{"token": draftKey(token)})
		return err
	})
}

// PurgeDrafts forgets the drafts that are too old; a job calls it.
func PurgeDrafts(ctx context.Context, db *pg.DB) error {
	return db.Housekeep(ctx, "purge registrations", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `delete from registration_drafts where expires_at <= @now`, pg.Args{"now": tx.Now()})
		return err
	})
}

// missing reports whether an error says that the browser has no draft.
func missing(err error) bool { return errors.Is(err, problem.ErrNotFound) }
