package vocabulary_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/vocabulary"
)

const (
	authDoc = `{"authTokenType": "random", "allowedAuthTypes": [{"authType": "otp", "mandatory": false}, {"authType": "bio", "authSubType": "IRIS", "mandatory": true}],
		"allowedKycAttributes": [{"attributeName": "fullName"}, {"attributeName": "face"}], "kycLanguages": ["eng"]}`
	shareDoc = `{"dataSharePolicies": {"typeOfShare": "direct", "validForInMinutes": "30", "transactionsAllowed": "1", "encryptionType": "none",
		"shareDomain": "share.example.org", "source": "ID Repository"},
		"shareableAttributes": [{"attributeName": "name", "encrypted": true, "format": "YYYY", "source": [{"attribute": "dateOfBirth",
		"filter": [{"type": "Finger", "subType": ["IRIS"]}, {"language": "fra"}]}]}]}`
)

// document is one version of a policy as it stands in the table: whatever the
// rules of policies are, these rows say what is in force and what waits.
type document struct{ status, text string }

// policy stores a policy whose versions are these.
func (d *desk) policy(name string, kind policydoc.Kind, status string, versions ...document) id.Policy {
	d.t.Helper()
	pid := id.New[id.Policy]()
	d.exec(`insert into policies (id, kind, group_id, name, description, status, created_by, created_at, updated_at, review_on)
		select @id, @kind, g.id, @name, 'd', @status, @by, @now, @now, '2027-01-01' from policy_groups g`,
		pg.Args{"id": pid, "kind": kind, "name": name, "status": status, "by": d.ada.User, "now": d.db.Now()})
	for i, v := range versions {
		var activated any
		if v.status != "inactive" && v.status != "replaced" {
			activated = d.max.User
		}
		d.exec(`insert into policy_versions (id, policy_id, number, document, status, errors, author_id, last_editor_id, created_at, updated_at, activated_by, activated_at)
			values (@id, @policy, @number, @document, @status, 0, @by, @by, @now, @now, @activated::uuid, case when @activated::uuid is not null then @now::timestamptz end)`,
			pg.Args{
				"id": id.New[id.PolicyVersion](), "policy": pid, "number": i + 1, "document": v.text, "status": v.status,
				"by": d.ada.User, "now": d.db.Now(), "activated": activated,
			})
	}
	return pid
}

func (d *desk) group() {
	d.t.Helper()
	d.exec(`insert into policy_groups (id, name, description, status, version, created_at, created_by, updated_at)
		values (@id, 'g', 'd', 'active', 1, @now, @by, @now)`, pg.Args{"id": id.New[id.PolicyGroup](), "now": d.db.Now(), "by": d.ada.User})
}

func (d *desk) usedBy(f policydoc.Family, name string) vocabulary.Usage {
	d.t.Helper()
	u, err := d.UsedBy(d.t.Context(), vocabulary.Term{Family: f, Name: name})
	d.must(err)
	return u
}

func TestUsedByReadsDocuments(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.group()
	auth := d.policy("b auth", policydoc.KindAuth, "active", document{"superseded", strings.ReplaceAll(authDoc, "otp", "pwd")}, document{"active", authDoc})
	share := d.policy("A share", policydoc.KindDataShare, "inactive", document{"inactive", shareDoc})
	d.policy("thrown away", policydoc.KindAuth, "discarded", document{"replaced", authDoc})
	d.policy("ended", policydoc.KindAuth, "deactivated", document{"deactivated", authDoc})
	d.policy("unfinished", policydoc.KindAuth, "inactive", document{"inactive", authDoc[:len(authDoc)-1]})
	a := vocabulary.Use{ID: auth, Kind: policydoc.KindAuth, Name: "b auth", InForce: true}
	s := vocabulary.Use{ID: share, Kind: policydoc.KindDataShare, Name: "A share", Waiting: true}
	for term, want := range map[string][]vocabulary.Use{
		"attribute fullName": {a}, "attribute face": {a}, "attribute dateOfBirth": {s}, "attribute name": {s},
		"auth_type otp": {a}, "auth_type bio": {a}, "sub_type IRIS": {a}, "language eng": {a},
		"source ID Repository": {s}, "format YYYY": {s}, "filter_type Finger": {s}, "filter_sub_type IRIS": {s}, "language fra": {s},
		// Words that stand in the documents, but not as names of that family.
		"attribute otp": nil, "auth_type fullName": nil, "attribute random": nil, "source direct": nil, "format Finger": nil,
		"filter_type IRIS": nil, "sub_type face": nil, "language fullName": nil, "auth_type pwd": nil, "attribute FullName": nil, "attribute full%": nil,
	} {
		family, name, _ := strings.Cut(term, " ")
		if diff := cmp.Diff(vocabulary.Usage{Policies: want}, d.usedBy(policydoc.Family(family), name), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", term, diff)
		}
	}
}

// What a source is a path to is used, as the linter reads it: a term that has the
// whole path as its name goes first.
func TestUsedByResolvesPaths(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.group()
	_, err := d.Create(t.Context(), d.ada, vocabulary.Input{Family: policydoc.Attributes, Name: "card/photo", About: about("card")})
	d.must(err)
	from := func(source string) document {
		return document{"active", strings.Replace(shareDoc, `"dateOfBirth"`, source, 1)}
	}
	path := d.policy("path", policydoc.KindDataShare, "active", from(`"CNIE/verification/photo"`))
	own := d.policy("own", policydoc.KindDataShare, "active", from(`"card/photo"`))
	slash := d.policy("escaped", policydoc.KindDataShare, "active", from(`"x\/\u0070hoto"`))
	d.policy("longer", policydoc.KindDataShare, "active", from(`"x/myphoto"`))
	for name, want := range map[string][]id.Policy{"photo": {slash, path}, "card/photo": {own}, "verification/photo": nil} {
		var got []id.Policy
		for _, u := range d.usedBy(policydoc.Attributes, name).Policies {
			got = append(got, u.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Names are found however JSON writes them.
func TestUsedByFindsNamesInEverySpelling(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.group()
	for i, name := range []string{`ñandú`, `a"b\c`, `100%_x`, `العمر`} {
		raw, err := json.Marshal(name)
		d.must(err)
		escaped := `"`
		for _, r := range name {
			escaped += fmt.Sprintf(`\u%04x`, r)
		}
		for j, spelling := range []string{string(raw), escaped + `"`} {
			d.policy(fmt.Sprintf("p%d%d", i, j), policydoc.KindAuth, "inactive", document{"inactive", strings.Replace(authDoc, `"fullName"`, spelling, 1)})
		}
		if got := d.usedBy(policydoc.Attributes, name); len(got.Policies) != 2 || got.AtLeast {
			t.Errorf("%s: %+v, want two", name, got)
		}
	}
}

// A policy counts once, whether its version in force uses the term, the one that
// waits, or both.
func TestUsedByCountsPolicies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.group()
	without := strings.Replace(authDoc, "fullName", "email", 1)
	both := d.policy("both", policydoc.KindAuth, "active", document{"active", authDoc}, document{"inactive", authDoc})
	no := d.policy("no more", policydoc.KindAuth, "active", document{"active", authDoc}, document{"inactive", without})
	soon := d.policy("soon", policydoc.KindAuth, "active", document{"active", without}, document{"inactive", authDoc})
	want := vocabulary.Usage{Policies: []vocabulary.Use{
		{ID: both, Kind: policydoc.KindAuth, Name: "both", InForce: true, Waiting: true},
		{ID: no, Kind: policydoc.KindAuth, Name: "no more", InForce: true},
		{ID: soon, Kind: policydoc.KindAuth, Name: "soon", Waiting: true},
	}}
	if diff := cmp.Diff(want, d.usedBy(policydoc.Attributes, "fullName")); diff != "" {
		t.Error(diff)
	}
}

// However many policies there are, a page reads a bounded part and says so.
func TestUsedByIsBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.group()
	d.policy("first", policydoc.KindAuth, "active", document{"active", authDoc})
	many := func(n int, prefix, text string) {
		d.exec(`
			with made as (
				insert into policies (id, kind, group_id, name, description, status, created_by, created_at, updated_at, review_on)
				select gen_random_uuid(), 'auth', g.id, @prefix || n, 'd', 'inactive', @by, @now, @now, '2027-01-01'
				from policy_groups g, generate_series(1, @n::int) n returning id)
			insert into policy_versions (id, policy_id, number, document, status, errors, author_id, last_editor_id, created_at, updated_at)
			select gen_random_uuid(), made.id, 1, @document, 'inactive', 0, @by, @by, @now, @now from made`,
			pg.Args{"n": n, "prefix": prefix, "by": d.ada.User, "now": d.db.Now(), "document": text})
	}
	many(499, "p", authDoc)
	if u := d.usedBy(policydoc.Attributes, "fullName"); len(u.Policies) != 500 || u.AtLeast {
		t.Errorf("%d, at least %v; want 500", len(u.Policies), u.AtLeast)
	}
	many(1, "q", authDoc)
	if u := d.usedBy(policydoc.Attributes, "fullName"); len(u.Policies) != 500 || !u.AtLeast {
		t.Errorf("%d, at least %v; want at least 500", len(u.Policies), u.AtLeast)
	}
	if u := d.usedBy(policydoc.Attributes, "email"); len(u.Policies) != 0 || u.AtLeast {
		t.Errorf("%+v", u)
	}
	many(60, "b", authDoc+strings.Repeat(" ", 250<<10)) // before "first": few, but large
	if u := d.usedBy(policydoc.Attributes, "fullName"); len(u.Policies) != 16 || !u.AtLeast {
		t.Errorf("%d, at least %v; want at least 16", len(u.Policies), u.AtLeast)
	}
}
