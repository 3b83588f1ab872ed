package sbi

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Standing is how an SBI stands, for both sides.
type Standing struct {
	SBI
	approval.Trail
	Devices Devices
}

// Answers are what its provider says of the SBI now; of one that was sent, what was
// sent last.
func (s Standing) Answers() approval.Answers { return s.SBI.Answers() }

// Devices is how many devices hang on an SBI, by where they stand. None counts
// further than MaxCount.
type Devices struct{ Pending, ChangesRequested, Approved, Rejected, Deactivated int }

// Any reports whether any device hangs on the SBI.
func (d Devices) Any() bool { return d != Devices{} }

// MaxCount is how far devices are counted: beyond it, that there are more is all
// that a page says.
const MaxCount = 1000

// Open are the answers that the provider may change now: those of approval.Kind,
// and always an expiry date that has come meanwhile.
func (s Standing) Open(today time.Time) []string {
	open := Things.Open(s.Status, s.Trail)
	if len(open) > 0 && !s.ExpiresOn.After(today) && !slices.Contains(open, FieldExpiresOn) {
		open = append(slices.Clone(open), FieldExpiresOn)
	}
	return open
}

// SBI is one SBI in scope; problem.ErrNotFound if there is none or it is somebody
// else's (security.md AUT-3).
func (s *Service) SBI(ctx context.Context, scope authz.Scope, sid id.SBI) (SBI, error) {
	return byID(ctx, s.db.Read(), scope, sid)
}

// Standing is one SBI in scope with what was said about it. problem.ErrNotFound as
// for SBI.
func (s *Service) Standing(ctx context.Context, scope authz.Scope, sid id.SBI) (Standing, error) {
	q := s.db.Read()
	x, err := byID(ctx, q, scope, sid)
	if err != nil {
		return Standing{}, err
	}
	st, err := standingOf(ctx, q, x)
	if err != nil {
		return Standing{}, err
	}
	st.Devices, err = devicesOf(ctx, q, sid)
	return st, err
}

func standingOf(ctx context.Context, q pg.Querier, x SBI) (Standing, error) {
	trail, err := Things.TrailOf(ctx, q, x.ID.UUID)
	return Standing{SBI: x, Trail: trail}, err
}

// devicesOf counts an SBI's devices, each state no further than MaxCount. The table
// is read here because devices know SBIs, and not the other way.
func devicesOf(ctx context.Context, q pg.Querier, sid id.SBI) (Devices, error) {
	const of = `(select count(*) from (select 1 from devices where sbi_id = @id and status = `
	return pg.One[Devices](ctx, q, `select `+
		of+`'pending_approval' limit @max) x) as pending, `+
		of+`'changes_requested' limit @max) x) as changes_requested, `+
		of+`'approved' limit @max) x) as approved, `+
		of+`'rejected' limit @max) x) as rejected, `+
		of+`'deactivated' limit @max) x) as deactivated`, pg.Args{"id": sid, "max": MaxCount + 1})
}

// Warning is something that an approver should look at before approving.
type Warning string

// The warnings, in the order in which they are told.
const (
	WarnCertificate Warning = "certificate" // no certificate of the provider counts
	WarnNear        Warning = "near"        // the last day comes within NearDays
	WarnShort       Warning = "short"       // it counts for less than the usual time
	WarnOrder       Warning = "order"       // a lower version was created later, or a higher one earlier
	WarnSameHash    Warning = "same_hash"   // the same binary under another name
	WarnOtherHash   Warning = "other_hash"  // the same version with another binary, before
)

// Review is everything that a Partner Admin weighs before deciding.
type Review struct {
	Standing
	Certificate certificate.Held // that counts now, else the one that says best why none does
	From        *SBI             // the version that this one follows; nil for none
	SameHash    []SBI            // the same binary under another version or with another provider
	SameVersion []SBI            // the same version of this provider that was rejected or withdrawn
	Versions    []SBI            // the provider's other SBIs, newest first
	Warnings    []Warning
}

// Review reads it. It shows other partners, so a scope that does not reach everybody
// finds nothing (security.md AUT-2).
func (s *Service) Review(ctx context.Context, scope authz.Scope, sid id.SBI) (Review, error) {
	if !scope.All {
		return Review{}, problem.ErrNotFound
	}
	st, err := s.Standing(ctx, scope, sid)
	if err != nil {
		return Review{}, err
	}
	q, r := s.db.Read(), Review{Standing: st}
	if r.Certificate, err = certificate.Standing(ctx, q, st.PartnerID, s.db.Now()); err != nil {
		return Review{}, err
	}
	args := pg.Args{"id": sid, "partner": st.PartnerID}
	const others = ` where s.id <> @id and s.submission > 0 and `
	if r.Versions, err = some(ctx, q, others+`s.partner_id = @partner`, args); err != nil {
		return Review{}, err
	}
	args = pg.Args{"id": sid, "hash": st.Hash}
	if r.SameHash, err = some(ctx, q, others+`s.hash = @hash and s.status <> 'withdrawn'`, args); err != nil {
		return Review{}, err
	}
	args = pg.Args{"id": sid, "partner": st.PartnerID, "version": st.SBIVersion}
	if r.SameVersion, err = some(ctx, q, others+`s.partner_id = @partner and lower(s.sbi_version) = lower(@version)`, args); err != nil {
		return Review{}, err
	}
	if st.MadeFrom != nil {
		if x, err := byID(ctx, q, scope, *st.MadeFrom); err == nil {
			r.From = &x
		} else if !errors.Is(err, problem.ErrNotFound) {
			return Review{}, err
		}
	}
	r.Warnings = r.warnings(s.Today())
	return r, nil
}

// some are the newest SBIs of a condition.
func some(ctx context.Context, q pg.Querier, where string, args pg.Args) ([]SBI, error) {
	args["max"] = maxListed
	return pg.All[SBI](ctx, q, `select `+columns+from+where+` order by s.created_at desc, s.id desc limit @max`, args)
}

// warnings are what is worth a look, on a day.
func (r Review) warnings(today time.Time) []Warning {
	var all []Warning
	add := func(w Warning, when bool) {
		if when {
			all = append(all, w)
		}
	}
	add(WarnCertificate, r.Certificate.State != certificate.Counts)
	add(WarnNear, !r.Expired(today) && r.ExpiresOn.Before(today.AddDate(0, 0, NearDays)))
	add(WarnShort, r.Short())
	add(WarnOrder, r.outOfOrder())
	add(WarnSameHash, len(r.SameHash) > 0)
	add(WarnOtherHash, slices.ContainsFunc(r.SameVersion, func(x SBI) bool { return !bytes.Equal(x.Hash, r.Hash) }))
	return all
}

// outOfOrder reports whether another version that counted once was created in the
// other order than the versions' numbers tell.
func (r Review) outOfOrder() bool {
	return slices.ContainsFunc(r.Versions, func(x SBI) bool {
		if x.ApprovedAt == nil {
			return false
		}
		c := CompareVersions(x.SBIVersion, r.SBIVersion)
		return c < 0 && x.CreatedOn.After(r.CreatedOn) || c > 0 && x.CreatedOn.Before(r.CreatedOn)
	})
}
