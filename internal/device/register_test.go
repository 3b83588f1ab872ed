package device_test

import (
	"errors"
	"strings"
	"testing"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/device"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

func TestRegisteringIsStoredToldAndLogged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := o.slap("  Acme ", "X 1")
	o.must(o.Register(t.Context(), o.nadia, in))
	o.must(o.Register(t.Context(), o.nadia, in)) // a second click
	d := o.now(in.ID)
	if d.Name() != "Acme X 1" || d.Kind() != "Finger: Slap" || d.SBIVersion != "1.0" || d.SubmittedBy != o.nadia.User {
		t.Errorf("%+v", d)
	}
	o.want(in.ID, "pending_approval v1 s1: 1 submissions, 0 decisions, 1 events, 2 mails, 0 webhooks")
	in.Model = "X 2"
	if err := o.Register(t.Context(), o.nadia, in); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("the same form with another device: %v", err)
	}
}

func TestRegisteringSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other := o.provider("Iridian")
	foreign := o.software(other, "9")
	gone := o.software(o.nadia, "0.9")
	o.Exec(`update sbis set expires_on = created_on + 1 where id = @id`, pg.Args{"id": gone})
	iris, _, _ := o.types.Find("Iris", "Single")
	_, slap, _ := o.types.Find("Finger", "Slap")
	o.Exec(`update device_sub_types set retired_since = @now where code = 'Touchless'`, pg.Args{"now": o.DB.Now()})
	for what, c := range map[string]struct {
		change func(*device.Input)
		want   string
	}{
		"no type":             {func(in *device.Input) { in.Kind = "" }, "device_type"},
		"no id":               {func(in *device.Input) { in.Kind = "Finger/Slap" }, "device_type"},
		"of another type":     {func(in *device.Input) { in.Kind = device.KindValue(iris.ID, slap.ID) }, "device_type"},
		"retired":             {func(in *device.Input) { in.Kind = o.kind("Finger", "Touchless") }, "device_type"},
		"no make":             {func(in *device.Input) { in.Make = " " }, "make"},
		"a long make":         {func(in *device.Input) { in.Make = strings.Repeat("é", 37) }, "make"},
		"a control character": {func(in *device.Input) { in.Model = "X\x00" }, "model"},
		"no model":            {func(in *device.Input) { in.Model = "" }, "model"},
		"no SBI":              {func(in *device.Input) { in.SBI = id.SBI{} }, "sbi"},
		"AUT-3, foreign SBI":  {func(in *device.Input) { in.SBI = foreign }, "sbi"},
		"expired SBI":         {func(in *device.Input) { in.SBI = gone }, "sbi"},
	} {
		in := o.slap("Acme", "X1")
		c.change(&in)
		if err := o.Register(t.Context(), o.nadia, in); wrong(err) != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, who := range []authz.Actor{o.ada, {User: o.nadia.User, Partner: o.nadia.Partner, Roles: []authz.Role{authz.AuthPartner}}} {
		if err := o.Register(t.Context(), who, o.slap("Acme", "X1")); !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%v: %v", who.Roles, err)
		}
	}
	if o.Count("devices") != 0 || o.Count("approval_submissions where kind = 'device'") != 0 || o.denied() != 2 {
		t.Error("something was stored")
	}
}

func TestOneModelIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.waits("X1")
	var there *device.RegisteredError
	if err := o.Register(t.Context(), o.nadia, o.slap("ACME", "x1")); !errors.As(err, &there) || there.ID != d.ID {
		t.Errorf("again: %v", err)
	}
	in := o.slap("Acme", "X1")
	in.Kind = o.kind("Iris", "Single")
	o.must(o.Register(t.Context(), o.nadia, in)) // another type is another device
	o.must(o.Decide(t.Context(), o.ada, d.ID, 1, rejection("Too old.")))
	o.must(o.Register(t.Context(), o.nadia, o.slap("Acme", "X1"))) // what ended is in nobody's way
	other := o.provider("Iridian")
	theirs := o.slap("Acme", "X1")
	theirs.SBI = o.software(other, "1")
	o.must(o.Register(t.Context(), other, theirs))
	if n := o.Count("devices"); n != 4 {
		t.Errorf("%d devices", n)
	}
}

func TestCON4TheSameModelAtOnceIsOneDevice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	done := 0
	for _, err := range o.atOnce(8, func(int) error { return o.Register(t.Context(), o.nadia, o.slap("Acme", "X1")) }) {
		var there *device.RegisteredError
		switch {
		case err == nil:
			done++
		case !errors.As(err, &there):
			t.Error(err)
		}
	}
	if done != 1 || o.Count("devices") != 1 {
		t.Errorf("%d were registered", done)
	}
}

func TestLIM4NoMoreThanTheLimitAtOnce(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, 3)
	names := []string{"A", "B", "C", "D", "E", "F"}
	done := 0
	for _, err := range o.atOnce(len(names), func(i int) error { return o.Register(t.Context(), o.nadia, o.slap("Acme", names[i])) }) {
		switch {
		case err == nil:
			done++
		case conflict(err) != "device.conflict.too_many":
			t.Error(err)
		}
	}
	if done != 3 || o.Count("devices") != 3 {
		t.Errorf("%d were registered", done)
	}
	d, err := pg.Value[id.Device](t.Context(), o.DB.Read(), `select id from devices order by id limit 1`, nil)
	o.must(err)
	o.must(o.Withdraw(t.Context(), o.nadia, d, 1))
	o.must(o.Register(t.Context(), o.nadia, o.slap("Acme", "G"))) // what ended takes no room
}

func TestEditingSendsAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.waits("X1")
	in := o.slap("Acme", "X2")
	in.ID = d.ID
	o.must(o.Edit(t.Context(), o.nadia, 1, in))
	o.must(o.Edit(t.Context(), o.nadia, 1, in)) // a second click
	o.want(d.ID, "pending_approval v2 s2: 2 submissions, 0 decisions, 2 events, 4 mails, 0 webhooks")
	o.must(o.Edit(t.Context(), o.nadia, 2, in)) // nothing is different: it keeps its place
	o.want(d.ID, "pending_approval v2 s2: 2 submissions, 0 decisions, 2 events, 4 mails, 0 webhooks")
	ask, err := device.Things.RequestChanges([]approval.Line{{Field: "model", Message: "As on the label."}}, "")
	o.must(err)
	o.must(o.Decide(t.Context(), o.ada, d.ID, 2, ask))
	o.want(d.ID, "changes_requested v3 s2: 2 submissions, 1 decisions, 3 events, 5 mails, 0 webhooks")
	in.Make = "Bcme"
	if err := o.Edit(t.Context(), o.nadia, 3, in); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("AUT-5, what was not asked about: %v", err)
	}
	in.Make, in.Model = "Acme", "X3"
	if err := o.Edit(t.Context(), o.nadia, 2, in); conflict(err) != "device.conflict.changed" {
		t.Errorf("CON-1, an old page: %v", err)
	}
	o.must(o.Edit(t.Context(), o.nadia, 3, in))
	o.want(d.ID, "pending_approval v4 s3: 3 submissions, 1 decisions, 4 events, 7 mails, 0 webhooks")
	o.waits("X4")
	in.Model = "x4"
	if err := o.Edit(t.Context(), o.nadia, 4, in); wrong(err) != "model" {
		t.Errorf("a model that is registered: %v", err)
	}
	o.must(o.Decide(t.Context(), o.ada, d.ID, 4, approval.Approve()))
	if err := o.Edit(t.Context(), o.nadia, 5, in); conflict(err) != "approval.conflict.approved" {
		t.Errorf("an approved one: %v", err)
	}
}

func TestAnSBIThatIsOverCanBeReplacedWhateverWasAsked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.waits("X1")
	ask, err := device.Things.RequestChanges([]approval.Line{{Field: "model", Message: "As on the label."}}, "")
	o.must(err)
	o.must(o.Decide(t.Context(), o.ada, d.ID, 1, ask))
	o.Exec(`update sbis set expires_on = created_on + 1`, nil)
	in := o.slap("Acme", "X2")
	in.ID = d.ID
	if err := o.Edit(t.Context(), o.nadia, 2, in); wrong(err) != "sbi" {
		t.Errorf("an SBI that is over: %v", err)
	}
	in.SBI = o.software(o.nadia, "2.0")
	o.must(o.Edit(t.Context(), o.nadia, 2, in))
}

func TestAUT3OthersReachNothingOfAProvider(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, other := o.works("X1"), o.provider("Iridian")
	in := o.slap("Acme", "X2")
	in.ID = d.ID
	in.SBI = o.software(other, "1")
	_, taken := o.TakeOver(t.Context(), other, o.sbi, in.SBI)
	_, review := o.Review(t.Context(), o.nadia.Scope(), d.ID)
	_, shown := o.Standing(t.Context(), other.Scope(), d.ID)
	_, waiting := o.WaitingOf(t.Context(), o.nadia.Scope(), o.sbi)
	for what, err := range map[string]error{
		"edit": o.Edit(t.Context(), other, d.Version, in), "withdraw": o.Withdraw(t.Context(), other, d.ID, d.Version),
		"deactivate": o.Deactivate(t.Context(), other, d.ID, d.Version, "Mine."), "move": o.Move(t.Context(), other, d.ID, d.Version, in.SBI),
		"take over": taken, "review": review, "show": shown, "waiting": waiting, "end the SBI": o.DeactivateSBI(t.Context(), other, o.sbi, 1, "Mine."),
	} {
		if !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	o.want(d.ID, "approved v2 s1: 1 submissions, 1 decisions, 2 events, 3 mails, 1 webhooks")
}

func TestWithdrawing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.waits("X1")
	if err := o.Withdraw(t.Context(), o.nadia, d.ID, 7); conflict(err) != "device.conflict.changed" {
		t.Errorf("an old page: %v", err)
	}
	o.must(o.Withdraw(t.Context(), o.nadia, d.ID, 1))
	o.must(o.Withdraw(t.Context(), o.nadia, d.ID, 1))
	o.want(d.ID, "withdrawn v2 s1: 1 submissions, 0 decisions, 2 events, 2 mails, 0 webhooks")
	if err := o.Withdraw(t.Context(), o.nadia, o.works("X2").ID, 2); conflict(err) != "approval.conflict.approved" {
		t.Errorf("an approved one: %v", err)
	}
	if err := o.Withdraw(t.Context(), o.ada, d.ID, 2); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("an admin: %v", err)
	}
}
