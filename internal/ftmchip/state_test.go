package ftmchip_test

import (
	"errors"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

const (
	missing     = approval.PendingCertificate
	pending     = approval.PendingApproval
	returned    = approval.ChangesRequested
	approved    = approval.Approved
	rejected    = approval.Rejected
	withdrawn   = approval.Withdrawn
	deactivated = approval.Deactivated
)

// The moves of the machine, written once more by hand.
func TestStatesMoveAsTheDesignSays(t *testing.T) {
	t.Parallel()
	type move [2]approval.Status
	allowed := map[move]bool{
		{missing, pending}: true, {missing, withdrawn}: true,
		{pending, returned}: true, {pending, approved}: true, {pending, rejected}: true, {pending, withdrawn}: true,
		{returned, pending}: true, {returned, withdrawn}: true, {approved, deactivated}: true, {deactivated, approved}: true,
	}
	for _, from := range ftmchip.Moves.All() {
		for _, to := range ftmchip.Moves.All() {
			if err := ftmchip.Moves.Check(from, to); (err == nil) != allowed[move{from, to}] || err != nil && !errors.Is(err, problem.ErrConflict) {
				t.Errorf("%s → %s: %v", from, to, err)
			}
		}
	}
}

func TestStatesEqualTheConstraints(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for constraint, states := range map[string][]string{
		"ftm_chips_status_check":             texts(ftmchip.Moves.All()),
		"ftm_chip_certificates_status_check": texts([]ftmchip.CertStatus{ftmchip.InService, ftmchip.Refused, ftmchip.Replaced, ftmchip.Waiting, ftmchip.Withdrawn}),
	} {
		text, err := pg.Value[string](t.Context(), o.DB.Read(), `select pg_get_constraintdef(oid) from pg_constraint where conname = @name`, pg.Args{"name": constraint})
		o.must(err)
		var words []string
		for _, m := range regexp.MustCompile(`'([^']+)'`).FindAllStringSubmatch(text, -1) {
			words = append(words, m[1])
		}
		slices.Sort(words)
		if diff := cmp.Diff(states, words); diff != "" {
			t.Errorf("%s: %s", constraint, diff)
		}
	}
}

func texts[S ~string](all []S) []string {
	var out []string
	for _, s := range all {
		out = append(out, string(s))
	}
	return out
}

// acts are everything that can be done with a chip, by who may, with the page as it
// is now.
func (o *office) acts() map[string]func(st ftmchip.Standing) error {
	ctx := o.T.Context()
	return map[string]func(st ftmchip.Standing) error{
		"upload": func(st ftmchip.Standing) error {
			_, err := o.Upload(ctx, o.acme, st.ID, st.Version, o.leaf())
			return err
		},
		"edit": func(st ftmchip.Standing) error {
			return o.Edit(ctx, o.acme, st.ID, st.Version, ftmchip.Input{Make: st.Make, Model: st.Model + "b"})
		},
		"withdraw": func(st ftmchip.Standing) error { return o.Withdraw(ctx, o.acme, st.ID, st.Version) },
		"approve": func(st ftmchip.Standing) error {
			return o.Decide(ctx, o.ada, st.ID, st.Version, approval.Approve())
		},
		"return":     func(st ftmchip.Standing) error { return o.RequestChanges(ctx, o.ada, st.ID, st.Version, nil, "More.") },
		"reject":     func(st ftmchip.Standing) error { return o.Reject(ctx, o.ada, st.ID, st.Version, "No.") },
		"deactivate": func(st ftmchip.Standing) error { return o.Deactivate(ctx, o.acme, st.ID, st.Version, "Enough.") },
		"reactivate": func(st ftmchip.Standing) error { return o.Reactivate(ctx, o.ada, st.ID, st.Version, "Good again.") },
	}
}

// TestEveryActInEveryState tries all of them: what is allowed moves the chip and is
// written once, everything else is a conflict that says something and changes
// nothing.
func TestEveryActInEveryState(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	want := map[approval.Status]map[string]approval.Status{
		missing:     {"upload": pending, "edit": missing, "withdraw": withdrawn},
		pending:     {"upload": pending, "edit": pending, "withdraw": withdrawn, "approve": approved, "return": returned, "reject": rejected},
		returned:    {"upload": pending, "edit": pending, "withdraw": withdrawn},
		approved:    {"upload": approved, "deactivate": deactivated},
		deactivated: {"reactivate": approved},
		rejected:    {},
		withdrawn:   {},
	}
	for _, s := range ftmchip.Moves.All() {
		for name, act := range o.acts() {
			st := o.in(s)
			if st.Status != s {
				t.Fatalf("the fixture is %s, not %s", st.Status, s)
			}
			before, picture := o.written(), o.picture(st.ID)
			err := act(st)
			to, allowed := want[s][name]
			switch {
			case allowed && err != nil:
				t.Errorf("%s %s: %v", s, name, err)
			case allowed:
				if now := o.now(st.ID); now.Status != to || now.Version == st.Version && to != approved {
					t.Errorf("%s %s: %s v%d", s, name, now.Status, now.Version)
				}
				if now := o.written(); now[0] != before[0]+1 {
					t.Errorf("%s %s: %d events", s, name, now[0]-before[0])
				}
			case name == "withdraw" && s == withdrawn: // already done
				if err != nil {
					t.Errorf("%s %s: %v", s, name, err)
				}
			case !errors.Is(err, problem.ErrConflict) || conflict(err) == "" || conflict(err) == problem.ErrConflict.Error():
				t.Errorf("%s %s: %v", s, name, err)
			default:
				o.left(string(s)+" "+name, before, 0, 0, 0)
				o.want(st.ID, picture)
			}
		}
	}
}

// Every way on leaves its own event.
func TestEveryEventIsWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, s := range ftmchip.Moves.All() {
		for _, act := range o.acts() {
			_ = act(o.in(s))
		}
	}
	ctx := t.Context()
	for _, settle := range []func(st ftmchip.Standing, c id.FTMChipCertificate) error{
		func(st ftmchip.Standing, c id.FTMChipCertificate) error {
			return o.ApproveCertificate(ctx, o.ada, st.ID, c, 1)
		},
		func(st ftmchip.Standing, c id.FTMChipCertificate) error {
			return o.RefuseCertificate(ctx, o.ada, st.ID, c, 1, "No.")
		},
		func(st ftmchip.Standing, c id.FTMChipCertificate) error {
			return o.WithdrawCertificate(ctx, o.acme, st.ID, c, 1)
		},
	} {
		st := o.renewing()
		o.must(settle(st, st.Held.Waiting().ID))
	}
	for _, a := range []audit.Action{
		audit.FTMChipRegistered, audit.FTMChipEdited, audit.FTMChipCertificateSent, audit.FTMChipResent, audit.FTMChipReturned, audit.FTMChipApproved,
		audit.FTMChipRejected, audit.FTMChipWithdrawn, audit.FTMChipDeactivated, audit.FTMChipReactivated, audit.FTMChipCertificateApproved,
		audit.FTMChipCertificateRefused, audit.FTMChipCertificateWithdrawn,
	} {
		if o.Count("audit_log where subject_kind = 'ftm_chip' and action = '"+string(a)+"'") == 0 {
			t.Errorf("nothing wrote %s", a)
		}
	}
}
