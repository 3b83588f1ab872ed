package search_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portal/internal/account"
	"portal/internal/apikey"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/device"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/policy"
	"portal/internal/policyrequest"
	"portal/internal/sbi"
	"portal/internal/search"
	"portal/internal/secret"
	"portal/internal/serviceaccount"
	"portal/internal/vocabulary"
	"portal/internal/webhook"
)

// statements remembers what was asked, to have it explained.
type statements struct {
	mu    sync.Mutex
	asked []pgx.TraceQueryStartData
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, data)
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

type office struct {
	*search.Service
	partnertest.World
	asked             *statements
	ada, max, visitor authz.Actor // a Partner Admin and a Policy Manager
	acme, other       partner.Partner
}

func newOffice(t *testing.T) *office {
	t.Helper()
	asked := &statements{}
	db, _ := pgtest.NewTraced(t, asked)
	o := &office{World: partnertest.World{T: t, DB: db}, asked: asked}
	o.Service = search.NewService(db, search.Lists{
		Partners: partner.NewService(db), Accounts: account.NewService(db, secret.RandomKeys(), nil, nil), Policies: policy.NewService(db, policy.EyesAlways),
		Certs: certificate.NewService(db, 335, false), Requests: policyrequest.NewService(db, time.UTC), Vocabulary: vocabulary.NewService(db),
		Keys: apikey.NewService(db, secret.RandomKeys()), Services: serviceaccount.NewService(db, secret.RandomKeys()),
		Webhooks: webhook.NewService(db, secret.RandomKeys(), false), SBIs: sbi.NewService(db, time.UTC), Devices: device.NewService(db, time.UTC, 100),
		Chips: ftmchip.NewService(db, certificate.NewService(db, 335, false)),
	})
	o.ada, o.max = o.Staff("Ada Telecom", "en", authz.PartnerAdmin), o.Staff("Max Manager", "en", authz.PolicyManager)
	gid := o.Group("Telecom")
	o.acme, o.other = o.Pending("Acme Telecom", gid), o.Pending("Other", id.PolicyGroup{})
	return o
}

// numbered are a root of the trust store and a key of Acme, each with a number
// that only it has.
func (o *office) numbered() (root, key string) {
	o.T.Helper()
	root, key = id.New[id.CACertificate]().String(), id.New[id.APIKey]().String()
	args := pg.Args{"root": root, "by": o.ada.User, "now": o.DB.Now()}
	o.Exec(`insert into ca_certificates (id, domain, kind, subject, issuer, serial, key, not_before, not_after, thumbprint, der, status, proposed_by,
			proposed_at, created_at, updated_at)
		values (@root, 'AUTH', 'root', 'CN=Root', 'CN=Root', 'abc', 'RSA 4096', @now, @now, decode(repeat('ab', 32), 'hex'), '', 'waiting', @by, @now, @now, @now)`, args)
	policy, request := id.New[id.Policy]().String(), id.New[id.PolicyRequest]().String()
	o.Exec(`insert into policies (id, kind, group_id, name, description, status, review_on, created_by, created_at, updated_at)
		values (@policy, 'auth', @group, 'P', 'D', 'inactive', '2027-01-01', @by, @now, @now)`,
		pg.Args{"policy": policy, "group": o.acme.PolicyGroupID, "by": o.ada.User, "now": o.DB.Now()})
	o.Exec(`insert into policy_requests (id, partner_id, policy_id, status, reason, requested_by, submitted_at, ends_on, created_at, updated_at)
		values (@request, @partner, @policy, 'pending_approval', 'x', @by, @now, '2030-01-01', @now, @now)`,
		pg.Args{"request": request, "partner": o.acme.ID, "policy": policy, "by": o.ada.User, "now": o.DB.Now()})
	o.Exec(`insert into api_keys (id, partner_id, request_id, label, status, ends_on, created_by, created_at, updated_at)
		values (@key, @partner, @request, 'Branch offices', 'active', '2030-01-01', @by, @now, @now)`,
		pg.Args{"key": key, "partner": o.acme.ID, "request": request, "by": o.ada.User, "now": o.DB.Now()})
	o.Exec(`insert into key_secrets (id, api_key_id, hash, last4, created_by, created_at)
		values ('Abcdefgh12', @key, decode(repeat('00', 32), 'hex'), 'abcd', @by, @now)`, pg.Args{"key": key, "by": o.ada.User, "now": o.DB.Now()})
	return root, key
}

// found is what a search finds, in short: "partners: Acme Telecom".
func (o *office) found(a authz.Actor, text string) string {
	o.T.Helper()
	groups, err := o.Find(o.T.Context(), a, text)
	if err != nil {
		o.T.Fatal(err)
	}
	var out []string
	for _, g := range groups {
		for _, h := range g.Hits {
			out = append(out, g.List+": "+h.Title)
		}
	}
	return strings.Join(out, ", ")
}

func TestAUT2OnlyWhatTheReaderMaySeeIsFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	person := partnertest.Person(o.acme)
	for _, c := range []struct {
		name, text, want string
		by               authz.Actor
	}{
		{"everything of a name", "telecom", "partners: Acme Telecom, policy-groups: Telecom, staff: Ada Telecom", o.ada},
		{"a Policy Manager opens no partner and no staff", "telecom", "policy-groups: Telecom", o.max},
		{"a partner finds nothing of others", "telecom", "people: " + person.Name, person}, // their address has it
		{"nobody finds nothing", "telecom", "", o.visitor},
		{"by e-mail address", o.acme.Email, "partners: Acme Telecom", o.ada},
		{"by partner ID", o.acme.PublicID[:6], "partners: Acme Telecom", o.ada},
		{"a partner by the name of one of its people", person.Name, "partners: Other, partners: Acme Telecom", o.ada},
		{"one of a partner's own people", person.Name, "people: " + person.Name, person},
		{"and no other partner's", o.other.Email, "", person},
		{"a colleague by address", "ada.telecom@", "staff: Ada Telecom", o.ada},
		{"too short", "te", "", o.ada},
		{"wildcards are letters", "t%e", "", o.ada},
		{"nothing", "no such thing", "", o.ada},
	} {
		if got := o.found(c.by, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAUT3ExactIDsLeadOnlyWhereOneMayGo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	person := partnertest.Person(o.acme)
	root, key := o.numbered()
	for _, c := range []struct {
		name, text, want string
		by               authz.Actor
	}{
		{"a partner's id", o.acme.ID.String(), "/partners/" + o.acme.ID.String(), o.ada},
		{"in capitals", strings.ToUpper(o.acme.ID.String()), "/partners/" + o.acme.ID.String(), o.ada},
		{"a partner ID", o.acme.PublicID, "/partners/" + o.acme.ID.String(), o.ada},
		{"a partner ID in capitals", strings.ToUpper(o.acme.PublicID), "/partners/" + o.acme.ID.String(), o.ada},
		{"a colleague's id", o.max.User.String(), "/staff/" + o.max.User.String(), o.ada},
		{"a partner's person is no staff", person.User.String(), "", o.ada},
		{"a group's id", o.acme.PolicyGroupID.String(), "/policy-groups/" + o.acme.PolicyGroupID.String(), o.max},
		{"a part of an ID", o.acme.PublicID[:3], "", o.ada},
		{"an id of nothing", id.New[id.Partner]().String(), "", o.ada},
		{"a Policy Manager", o.acme.ID.String(), "", o.max},
		{"a Policy Manager, by partner ID", o.acme.PublicID, "", o.max},
		{"a thumbprint", strings.Repeat("ab:", 31) + "AB", "/trust-store/" + root, o.ada},
		{"a thumbprint of what a partner may not open", strings.Repeat("ab", 32), "", person},
		{"a key's public part", "pms_live_Abcdefgh12", "/api-keys/" + key, o.ada},
		{"without the kind", "Abcdefgh12", "/api-keys/" + key, person},
		{"a whole key", "pms_live_Abcdefgh12_secret", "/api-keys/" + key, person},
		{"another partner's key", "Abcdefgh12", "", partnertest.Person(o.other)},
		{"another partner", o.other.ID.String(), "", person},
		{"a visitor", o.acme.ID.String(), "", o.visitor},
		{"no text", "", "", o.ada},
		{"any text", "x y", "", o.ada},
	} {
		hit, ok, err := o.Exact(t.Context(), c.by, c.text)
		got := ""
		if ok {
			got = hit.Path()
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %q %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestAUT2KeysAndOtherSystemsAreFoundByName(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, key := o.numbered()
	said, hook := id.New[id.ServiceAccount]().String(), id.New[id.Webhook]().String()
	o.Exec(`insert into service_accounts (id, name, description, rights, status, ends_on, created_by, created_at, updated_at)
		values (@id, 'Branch gateway', 'Asks for keys', '{api_key.verify}', 'active', '2030-01-01', @by, @now, @now)`,
		pg.Args{"id": said, "by": o.ada.User, "now": o.DB.Now()})
	o.Exec(`insert into webhooks (id, url, description, types, status, secret, secret_made_at, created_by, created_at, updated_at)
		values (@id, 'https://branch.example.org/?key=canary', 'Branch cache', '{}', 'active', '', @now, @by, @now, @now)`,
		pg.Args{"id": hook, "by": o.ada.User, "now": o.DB.Now()})
	for _, c := range []struct {
		name, text, want string
		by               authz.Actor
	}{
		{"staff", "branch", "api-keys: Branch offices, service-accounts: Branch gateway, webhooks: Branch cache", o.ada},
		{"its partner", "branch", "api-keys: Branch offices", partnertest.Person(o.acme)},
		{"another partner", "branch", "", partnertest.Person(o.other)},
		{"a Policy Manager", "branch", "", o.max},
		{"keys by their partner", o.acme.PublicID[:6], "api-keys: Branch offices", o.ada},
		{"by description", "asks for", "service-accounts: Branch gateway", o.ada},
	} {
		if got := o.found(c.by, c.text); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for text, want := range map[string]string{key: "/api-keys/", said: "/service-accounts/", hook: "/webhooks/"} {
		hit, ok, err := o.Exact(t.Context(), o.ada, text)
		if err != nil || !ok || hit.Path() != want+text {
			t.Errorf("%s: %v %v %v", want, hit, ok, err)
		}
		if _, ok, _ := o.Exact(t.Context(), o.max, text); ok {
			t.Errorf("%s is found by a Policy Manager", want)
		}
	}
	groups, err := o.Find(t.Context(), o.ada, "branch")
	for _, g := range groups {
		for _, h := range g.Hits {
			if strings.Contains(h.Detail+h.Title, "canary") {
				t.Errorf("a secret of an address shows: %+v", h)
			}
		}
	}
	if err != nil {
		t.Error(err)
	}
}

func TestTheFirstFewAndHowMany(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for n := range 7 {
		o.Group(fmt.Sprintf("Bank %d", n))
	}
	groups, err := o.Find(t.Context(), o.ada, "bank")
	if err != nil || len(groups) != 1 || len(groups[0].Hits) != search.Shown || groups[0].Total != 7 || groups[0].Hits[0].Kind != audit.PolicyGroup {
		t.Errorf("%v, %+v", err, groups)
	}
}

func TestEnoughIsThreeInARow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": false, "ab": false, "abc": true, "a-b-c": false, "a b@cde": true, "بنك": true, "12": false, "123": true, "%%%": false} {
		if search.Enough(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

var sequential = regexp.MustCompile(
	`Seq Scan on (partners|users|policies|policy_groups|policy_requests|api_keys|partner_certificates|sbis|devices|ftm_chips|ftm_chip_certificates)\b`)

// TestSearchUsesIndexes: no statement of a search has to read a whole table.
func TestSearchUsesIndexes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Exec(`insert into policy_groups (id, name, description, status, created_at, updated_at)
		select gen_random_uuid(), md5(n::text), md5('d' || n), 'active', now(), now() from generate_series(1, 4000) n`, nil)
	o.Exec(`insert into policies (id, kind, group_id, name, description, status, review_on, created_by, created_at, updated_at)
		select gen_random_uuid(), 'auth', @group, md5(n::text), md5('d' || n), 'inactive', '2027-01-01', @by, now(), now() from generate_series(1, 4000) n`,
		pg.Args{"group": o.acme.PolicyGroupID, "by": o.ada.User})
	o.Exec(`insert into partners (id, public_id, type, purpose, organisation, address, email_domain, lang, status, submitted_at, address_verified_at,
			terms_version, consented_at, created_at, updated_at)
		select gen_random_uuid(), md5(n::text), 'FTM_PROVIDER', 'x', md5('o' || n), 'x', 'x.test', 'en', 'active', now(), now(), 'x', now(), now(), now()
		from generate_series(1, 4000) n`, nil)
	o.Exec(`insert into users (id, email, email_key, first_name, last_name, phone, lang, status, partner_id, created_at, updated_at)
		select id, public_id || '@x.test', public_id, md5('f' || public_id), 'x', '', 'en', 'active', id, now(), now() from partners where type = 'FTM_PROVIDER' and email_domain = 'x.test'`, nil)
	o.many()
	// New rows wait in a list of their own until the index is cleaned, as it is
	// sooner or later where the portal runs.
	o.Exec(`select gin_clean_pending_list(indexrelid) from pg_index join pg_class on pg_class.oid = indexrelid
		where relname like '%_trgm_idx'`, nil)
	for _, table := range []string{"policy_groups", "policies", "partners", "users", "sbis", "devices", "ftm_chips", "ftm_chip_certificates"} {
		o.Exec("analyze "+table, nil)
	}
	o.asked.asked = nil
	for _, text := range []string{"telecom", o.acme.PublicID, o.acme.ID.String(), "nadia@acme", strings.Repeat("ab", 32)} {
		if _, _, err := o.Exact(t.Context(), o.ada, text); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Find(t.Context(), o.ada, text); err != nil {
			t.Fatal(err)
		}
	}
	asked := o.asked.asked
	if len(asked) < 10 || len(asked) > 4*(1+2*len(o.Places(o.ada))) {
		t.Errorf("%d statements", len(asked))
	}
	err := o.DB.Housekeep(t.Context(), "explain", func(tx *pg.Tx) error {
		// A table of this size may still be read as a whole for less: what counts is
		// that no statement has to.
		if _, err := tx.Exec(t.Context(), "set local enable_seqscan = off", nil); err != nil {
			return err
		}
		for _, s := range asked {
			plan, err := pg.Values[string](t.Context(), tx, "explain "+s.SQL, s.Args[0].(pg.Args))
			if err != nil {
				return err
			}
			if text := strings.Join(plan, "\n"); sequential.MatchString(text) {
				t.Errorf("a whole table is read:\n%s\n%s", strings.Join(strings.Fields(s.SQL), " "), text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
