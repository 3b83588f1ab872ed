package search

import (
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/thing"
)

// exact are the queries that find things by what only one has: columns kind, id
// and owner (the partner whose it is; null: nobody's). They read the tables of
// other areas by their keys alone; whether the reader may know of the row is
// judged by its kind and owner, so none of them needs a filter of its own; but a
// draft is known to its provider (@own) alone.
const (
	byID = `
		select 'partner' as kind, id, id as owner from partners where id = @id
		union all select 'policy', id, null from policies where id = @id
		union all select 'policy_group', id, null from policy_groups where id = @id
		union all select 'policy_request', id, partner_id from policy_requests where id = @id
		union all select 'partner_change', id, null from partner_changes where id = @id and status <> 'unproved'
		union all select 'certificate', id, partner_id from partner_certificates where id = @id
		union all select 'ca_certificate', id, null from ca_certificates where id = @id
		union all select 'api_key', id, partner_id from api_keys where id = @id
		union all select 'service_account', id, null from service_accounts where id = @id
		union all select 'webhook', id, null from webhooks where id = @id
		union all select 'term', id, null from vocabulary_terms where id = @id
		union all select 'sbi', id, partner_id from sbis where id = @id and (submission > 0 or partner_id = @own)
		union all select 'device', id, partner_id from devices where id = @id
		union all select 'ftm_chip', id, partner_id from ftm_chips where id = @id
		union all select 'device_type', id, null from device_types where id = @id
		union all select 'user', id, null from users where id = @id and partner_id is null`
	byPublicID = `select 'partner' as kind, id, id as owner from partners where lower(public_id) = lower(@text)`
	byKey      = `
		select 'api_key' as kind, k.id, k.partner_id as owner from key_secrets s join api_keys k on k.id = s.api_key_id where s.id = @key
		union all select 'service_account', service_account_id, null from key_secrets where id = @key and service_account_id is not null
		union all ` + byPublicID + `
	`
	// The same 64 digits may be a certificate's thumbprint or the hash of an SBI.
	bySum = `
		select 'certificate' as kind, id, partner_id as owner from partner_certificates where thumbprint = @sum
		union all select 'ca_certificate', id, null from ca_certificates where thumbprint = @sum
		union all select 'ftm_chip', chip_id, partner_id from ftm_chip_certificates where thumbprint = @sum and status not in ('refused', 'withdrawn')
		union all select 'sbi', id, partner_id from sbis where hash = @sum and (submission > 0 or partner_id = @own)`
)

// tokens are the public parts of keys: as a list shows them, or a whole key by
// mistake, whose secret part is thrown away (security.md KEY-1).
var tokens = regexp.MustCompile(`^(?:pms_[a-z]+_)?([0-9A-Za-z]{10})(?:_[0-9A-Za-z]*)?$`)

// Public is a search as it may be shown and kept: without the secret of a key
// that somebody pasted.
func Public(text string) string {
	if strings.HasPrefix(text, "pms_") {
		if parts := strings.SplitN(text, "_", 4); len(parts) > 3 {
			return strings.Join(parts[:3], "_")
		}
	}
	return text
}

var publicID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,36}$`)

// Exact is the one thing that a text names exactly: by its id, a partner's ID,
// the public part of a key, a certificate's thumbprint or the hash of an SBI.
// ok is false where nothing is, or nothing that the actor may see, or more than
// one thing.
func (s *Service) Exact(ctx context.Context, a authz.Actor, text string) (hit thing.Thing, ok bool, err error) {
	var sql string
	args := pg.Args{}
	if tid, err := id.Parse[id.Thing](strings.ToLower(text)); err == nil {
		sql, args["id"], args["own"] = byID, tid, id.OrNull(a.Partner)
	} else if sum := sha256(text); sum != nil {
		sql, args["sum"], args["own"] = bySum, sum, id.OrNull(a.Partner)
	} else if key := tokens.FindStringSubmatch(text); key != nil {
		sql, args["key"], args["text"] = byKey, key[1], text
	} else if publicID.MatchString(text) {
		sql, args["text"] = byPublicID, text
	} else {
		return hit, false, nil
	}
	found, err := pg.All[struct {
		Kind  audit.Kind
		ID    id.Thing
		Owner *id.Partner
	}](ctx, s.db.Read(), sql, args)
	if err != nil {
		return hit, false, fmt.Errorf("search exactly: %w", err)
	}
	n := 0
	for _, f := range found {
		if thing.Sees(a, f.Kind, f.Owner) {
			hit = thing.Thing{Kind: f.Kind, ID: f.ID.String()}
			n++
		}
	}
	return hit, n == 1, nil
}

// sha256 reads the SHA-256 of a certificate or a file as programs print it: 64
// hexadecimal digits, with or without colons or spaces.
func sha256(text string) []byte {
	sum, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(text))
	if err != nil || len(sum) != 32 {
		return nil
	}
	return sum
}
