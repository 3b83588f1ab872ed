package search_test

import (
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
)

// supplied are an SBI with a device of one provider, its draft, and a chip of
// another one.
type supplied struct {
	lens, fort               authz.Actor
	sbi, draft, device, chip string
}

func (o *office) provider(name string, kind authz.Role) partner.Partner {
	o.T.Helper()
	p := o.Pending(name, id.PolicyGroup{}, func(a *partner.Answers) { a.Type = kind })
	o.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": p.ID})
	return o.Load(p.ID)
}

func (o *office) supply() supplied {
	o.T.Helper()
	lens, fort := o.provider("Lens Works", authz.DeviceProvider), o.provider("Fort Chips", authz.FTMProvider)
	s := supplied{
		lens: partnertest.Person(lens), fort: partnertest.Person(fort),
		sbi: id.New[id.SBI]().String(), draft: id.New[id.SBI]().String(), device: id.New[id.Device]().String(), chip: id.New[id.FTMChip]().String(),
	}
	o.Exec(`insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, 'Zephyr 2.1', decode(repeat('cd', 32), 'hex'), '2020-01-01', '2040-01-01', 'approved', 1, @now, @now, @by, @now, @now),
			(@draft, @partner, 'Zephyr 3.0', decode(repeat('ce', 32), 'hex'), '2020-01-01', '2040-01-01', 'draft', 0, null, null, @by, @now, @now)`,
		pg.Args{"id": s.sbi, "draft": s.draft, "partner": lens.ID, "by": lens.OwnerID, "now": o.DB.Now()})
	o.Exec(`insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, registered_by, created_at, updated_at)
		select @id, @partner, @sbi, s.type_id, s.id, 'Zephyr', 'Eye 9', 'approved', @now, @now, @by, @now, @now from device_sub_types s order by s.id limit 1`,
		pg.Args{"id": s.device, "partner": lens.ID, "sbi": s.sbi, "by": lens.OwnerID, "now": o.DB.Now()})
	o.Exec(`insert into ftm_chips (id, partner_id, make, model, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		values (@id, @partner, 'Zephyr', 'Core 7', 'approved', 1, @now, @now, @by, @now, @now)`,
		pg.Args{"id": s.chip, "partner": fort.ID, "by": fort.OwnerID, "now": o.DB.Now()})
	o.Exec(`insert into ftm_chip_certificates (id, chip_id, partner_id, subject, issuer, organisation, serial, key, not_before, not_after, thumbprint, key_hash, der,
			original, chain, status, uploaded_by, uploaded_at, decided_by, decided_at)
		values (@id, @chip, @partner, 'CN=Chip', 'CN=Root', 'x', '1', 'P-256', @now, @now, decode(repeat('ef', 32), 'hex'), decode(repeat('ef', 32), 'hex'), 'x', 'x', '{}', 'in_service', @by, @now, @admin, @now)`,
		pg.Args{"id": id.New[id.FTMChipCertificate](), "chip": s.chip, "partner": fort.ID, "by": fort.OwnerID, "now": o.DB.Now(), "admin": o.ada.User})
	return s
}

func TestAUT2WhatProvidersSupplyIsFoundByThemAndByStaff(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := o.supply()
	for _, c := range []struct {
		name, text, want string
		by               authz.Actor
	}{
		{"staff, without drafts", "zephyr", "sbis: Zephyr 2.1, devices: Zephyr Eye 9, ftm-chips: Zephyr Core 7", o.ada},
		{"a Device Provider", "zephyr", "sbis: Zephyr 3.0, sbis: Zephyr 2.1, devices: Zephyr Eye 9", s.lens},
		{"an FTM Provider", "zephyr", "ftm-chips: Zephyr Core 7", s.fort},
		{"another partner", "zephyr", "", partnertest.Person(o.acme)},
		{"a Policy Manager", "zephyr", "", o.max},
		{"a type of devices", "slap:", "device-types: Finger", o.ada},
		{"which providers do not keep", "slap:", "", s.lens},
	} {
		if got := o.found(c.by, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAUT3HashesThumbprintsAndIDsOfWhatProvidersSupply(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := o.supply()
	hash, thumb := strings.Repeat("CD:", 31)+"cd", strings.Repeat("ef", 32)
	kind, err := pg.Value[id.DeviceType](t.Context(), o.DB.Read(), `select id from device_types where code = 'Iris'`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text, want string
		by               authz.Actor
	}{
		{"an SBI's id", s.sbi, "/sbis/" + s.sbi, o.ada},
		{"an SBI's hash", hash, "/sbis/" + s.sbi, o.ada},
		{"by its provider", hash, "/sbis/" + s.sbi, s.lens},
		{"by another partner", hash, "", s.fort},
		{"a draft's id by its provider", s.draft, "/sbis/" + s.draft, s.lens},
		{"a draft's id by staff", s.draft, "", o.ada},
		{"a draft's hash by staff", strings.Repeat("ce", 32), "", o.ada},
		{"a device's id", s.device, "/devices/" + s.device, o.ada},
		{"by its provider", s.device, "/devices/" + s.device, s.lens},
		{"by another partner", s.device, "", s.fort},
		{"a chip's id", s.chip, "/ftm-chips/" + s.chip, o.ada},
		{"a chip's thumbprint", thumb, "/ftm-chips/" + s.chip, s.fort},
		{"by another partner", thumb, "", s.lens},
		{"a type of devices", kind.String(), "/device-types/" + kind.String(), o.ada},
		{"by a provider", kind.String(), "", s.lens},
		{"a Policy Manager", s.sbi, "", o.max},
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
	// The same 64 digits as the hash of an SBI and as a thumbprint lead to none of
	// the two: the lists show both.
	o.Exec(`update sbis set hash = decode(repeat('ef', 32), 'hex') where id = @id`, pg.Args{"id": s.sbi})
	if hit, ok, err := o.Exact(t.Context(), o.ada, thumb); ok || err != nil {
		t.Errorf("%+v %v", hit, err)
	}
	if got, want := o.found(o.ada, thumb), "sbis: Zephyr 2.1, ftm-chips: Zephyr Core 7"; got != want {
		t.Errorf("both: %q, want %q", got, want)
	}
}

// many gives the tables of providers a size at which reading all of one is felt.
func (o *office) many() {
	o.T.Helper()
	s := o.supply()
	args := pg.Args{"lens": s.lens.Partner, "fort": s.fort.Partner, "sbi": s.sbi, "by": s.lens.User}
	o.Exec(`insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
		select gen_random_uuid(), @lens, md5(n::text), sha256(n::text::bytea), '2020-01-01', '2040-01-01', 'approved', 1, now(), now(), @by, now(), now()
		from generate_series(1, 1500) n where @sbi::uuid is not null and @fort::uuid is not null`, args)
	o.Exec(`insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, registered_by, created_at, updated_at)
		select gen_random_uuid(), @lens, @sbi, s.type_id, s.id, left(md5('m' || n), 20), left(md5(n::text), 20), 'approved', now(), now(), @by, now(), now()
		from generate_series(1, 2500) n, (select * from device_sub_types order by id limit 1) s where @fort::uuid is not null`, args)
	o.Exec(`with made as (
			insert into ftm_chips (id, partner_id, make, model, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
			select gen_random_uuid(), @fort, left(md5('m' || n), 20), left(md5(n::text), 20), 'approved', 1, now(), now(), @by, now(), now()
			from generate_series(1, 1500) n where @lens::uuid is not null and @sbi::uuid is not null returning id, partner_id)
		insert into ftm_chip_certificates (id, chip_id, partner_id, subject, issuer, organisation, serial, key, not_before, not_after, thumbprint, key_hash, der,
			original, chain, status, uploaded_by, uploaded_at, decided_by, decided_at)
		select gen_random_uuid(), id, partner_id, 'CN=Chip', 'CN=Root', 'x', '1', 'P-256', now(), now(), sha256(id::text::bytea), sha256(id::text::bytea), 'x', 'x', '{}', 'in_service', @by, now(),
			(select id from users where id <> @by limit 1), now() from made`, args)
}
