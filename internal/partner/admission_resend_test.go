package partner

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// asked is a pending request that was given back with lines and a note.
func (o *office) asked(lines []FieldLine, note string) Partner {
	o.t.Helper()
	p := o.pending("Acme")
	if err := o.s.RequestChanges(o.t.Context(), o.admin, p.ID, p.Version, lines, note); err != nil {
		o.t.Fatal(err)
	}
	o.exec(`delete from mail_outbox`, nil)
	return o.load(p.ID)
}

func TestSendingAgainKeepsBothSubmissions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff("Eva Second", "en")
	p := o.asked([]FieldLine{{"organisation", "As in the register"}, {"address", "Which building?"}, {"policy_group", "You are a bank"}}, "")
	answers := p.Answers()
	answers.Organisation, answers.Address, answers.PolicyGroupID = " Acme SA ", "2 Main Street\r\nPort Louis", o.banking.String()
	if err := o.s.Resubmit(t.Context(), person(p), p.Version, answers); err != nil {
		t.Fatal(err)
	}
	r, err := o.s.Review(t.Context(), o.admin.Scope(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []Diff{{"organisation", "Acme", "Acme SA"}, {"address", "1 Main Street\nPort Louis", "2 Main Street\nPort Louis"}, {"policy_group", "Telecom", "Banking"}}
	if diff := cmp.Diff(want, r.Changes); diff != "" {
		t.Error(diff)
	}
	if r.Partner.Status != PendingApproval || r.Partner.Submission != 2 || r.Partner.Version != 3 || r.Partner.Organisation != "Acme SA" ||
		r.Partner.PolicyGroup != "Banking" || !r.Partner.SubmittedAt.After(p.SubmittedAt) || len(r.Submissions) != 2 || len(r.Decisions) != 1 {
		t.Errorf("%+v", r)
	}
	mails, err := pg.Values[string](t.Context(), o.db.Read(), `select kind || ' ' || recipient || ' ' || lang from mail_outbox order by position`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"registration_waiting ada.admin@office.test fr", "registration_waiting eva.second@office.test en"}, mails); diff != "" {
		t.Error(diff)
	}
	detail, err := pg.Value[string](t.Context(), o.db.Read(), `select detail from audit_log where action = @a and partner_id = @p`,
		pg.Args{"a": string(audit.RegistrationResent), "p": p.ID})
	if err != nil || !strings.Contains(detail, "Acme SA") || !strings.Contains(detail, "Banking") || strings.Contains(detail, "Main Street") {
		t.Errorf("AUD-2: the log names a changed address but does not repeat it: %v %s", err, detail)
	}
}

func TestAUT5LockedAnswersStayLocked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.asked([]FieldLine{{"phone", "Dead line"}}, "")
	for _, field := range Fields {
		if field == "phone" {
			continue
		}
		answers := p.Answers()
		answers.Set(field, "something-else")
		if err := o.s.Resubmit(t.Context(), person(p), p.Version, answers); !errors.Is(err, problem.ErrBadRequest) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if o.load(p.ID).Version != p.Version || o.count("mail_outbox") != 0 {
		t.Error("something was written")
	}
}

func TestNoteOpensAllButTheProvenAddress(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.asked([]FieldLine{{"phone", "Dead line"}}, "And tell us more")
	answers := p.Answers()
	answers.Email = "other@acme.example"
	if err := o.s.Resubmit(t.Context(), person(p), p.Version, answers); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("the e-mail address is proven: %v", err)
	}
	answers = p.Answers()
	answers.Type, answers.Purpose, answers.FirstName, answers.LastName = authz.DeviceProvider, "We make cameras", "Nora", "Bell"
	if err := o.s.Resubmit(t.Context(), person(p), p.Version, answers); err != nil {
		t.Fatal(err)
	}
	got := o.load(p.ID)
	if got.Type != authz.DeviceProvider || !id.IsZero(got.PolicyGroupID) || got.FirstName != "Nora" || got.LastName != "Bell" {
		t.Errorf("%+v", got)
	}
}

func TestAnotherTypeOpensThePolicyGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.asked([]FieldLine{{"type", "You issue cards"}}, "")
	st, err := o.s.Standing(t.Context(), person(p))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"type", "policy_group"}, st.Open()); diff != "" {
		t.Error(diff)
	}
	answers := p.Answers()
	answers.Type, answers.PolicyGroupID = authz.CredentialPartner, o.banking.String()
	if err := o.s.Resubmit(t.Context(), person(p), p.Version, answers); err != nil {
		t.Fatal(err)
	}
}

func TestSendingAgainNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.pending("Taken")
	p := o.asked(nil, "Please look at everything again")
	o.exec(`update policy_groups set status = 'deactivated' where id = @id`, pg.Args{"id": o.banking})
	for name, c := range map[string]struct{ field, value string }{
		"partner ID taken":     {"public_id", "TAKEN"},
		"partner ID bad":       {"public_id", "a b"},
		"organisation missing": {"organisation", " "},
		"phone":                {"phone", "call me"},
		"staff role":           {"type", "PARTNER_ADMIN"},
		"group closed":         {"policy_group", o.banking.String()},
		"group unknown":        {"policy_group", id.New[id.PolicyGroup]().String()},
		"group no id":          {"policy_group", "Telecom"},
		"purpose too long":     {"purpose", strings.Repeat("x", MaxPurpose+1)},
	} {
		answers := p.Answers()
		answers.Set(c.field, c.value)
		var invalid *problem.InvalidError
		if err := o.s.Resubmit(t.Context(), person(p), p.Version, answers); !errors.As(err, &invalid) || invalid.Fields[0].Name != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := o.load(p.ID); got.Version != p.Version || got.Status != ChangesRequested {
		t.Errorf("%+v", got)
	}
}

func TestSendingAgainOnlyWhileAskedTo(t *testing.T) {
	t.Parallel()
	for _, from := range Statuses.All() {
		if from == ChangesRequested {
			continue
		}
		t.Run(string(from), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			p := o.asked([]FieldLine{{"phone", "Dead"}}, "")
			o.exec(`update partners set status = @s where id = @id`, pg.Args{"s": string(from), "id": p.ID})
			answers := p.Answers()
			answers.Phone = "+230 555 0101"
			err := o.s.Resubmit(t.Context(), person(p), p.Version, answers)
			if !errors.Is(err, problem.ErrConflict) {
				t.Errorf("err %v", err)
			}
			st, err := o.s.Standing(t.Context(), person(p))
			if err != nil || len(st.Open()) != 0 {
				t.Errorf("open: %v %v", st.Open(), err)
			}
			if err := st.Check(&answers); !errors.Is(err, problem.ErrConflict) {
				t.Errorf("check: %v", err)
			}
		})
	}
}

func TestAUT3OnlyTheOwnRequest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.asked([]FieldLine{{"phone", "Dead"}}, "")
	other := o.pending("Other")
	// The address of a request is the actor's own partner: there is no way to name another one.
	if err := o.s.Resubmit(t.Context(), person(other), p.Version, p.Answers()); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("err %v", err)
	}
	stranger := person(other)
	for _, pid := range []id.Partner{p.ID, id.New[id.Partner](), {}} {
		if _, err := o.s.Partner(t.Context(), stranger.Scope(), pid); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("foreign, unknown and zero ids look the same: %v", err)
		}
		if _, err := o.s.Review(t.Context(), stranger.Scope(), pid); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("review: %v", err)
		}
	}
	if _, err := o.s.Review(t.Context(), stranger.Scope(), other.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a review shows others, so it is not for partners: %v", err)
	}
	if got, err := o.s.Partner(t.Context(), stranger.Scope(), other.ID); err != nil || got.ID != other.ID {
		t.Errorf("own: %v", err)
	}
	if _, err := o.s.Standing(t.Context(), o.admin); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("staff has no request: %v", err)
	}
}
