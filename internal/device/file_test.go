package device_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/device"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

const head = "type,sub_type,make,model\n"

// sent is a file of the provider that was looked at.
func (o *office) sent(content string) device.Preview {
	o.T.Helper()
	in := device.NewFile{ID: id.New[id.DeviceImport](), SBI: o.sbi, Name: "devices.csv", Content: []byte(content)}
	o.must(o.Upload(o.T.Context(), o.nadia, in))
	return o.preview(in.ID)
}

func (o *office) preview(iid id.DeviceImport) device.Preview {
	o.T.Helper()
	p, err := o.Preview(o.T.Context(), o.nadia, iid)
	o.must(err)
	return p
}

func TestFilesAreCheckedLineByLine(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.waits("X9")
	o.Exec(`update device_types set retired_since = @now where code = 'Face'`, pg.Args{"now": o.DB.Now()})
	p := o.sent(head +
		"finger,slap,Acme,X1\n" + // 2: as it should be
		"Fingr,Slap,Acme,X2\n" + // 3
		"Toe,Slap,Acme,X2\n" + // 4
		",Slap,Acme,X2\n" + // 5
		"Finger,Double,Acme,X2\n" + // 6
		"Iris,Singel,Acme,X2\n" + // 7
		"Iris,,Acme,X2\n" + // 8
		"Finger,Slap,,X2\n" + // 9
		"Finger,Slap,Acme," + strings.Repeat("x", 37) + "\n" + // 10
		"Finger,Slap,Ac\x07me,X2\n" + // 11
		"FINGER,SLAP,ACME,x1\n" + // 12: line 2 again
		"Finger,Slap,acme,x9\n" + // 13: registered
		"Face,Full face,Acme,X1\n" + // 14: out of use
		"Finger,Slap,Acme\n") // 15
	var got []string
	for _, f := range p.Findings {
		got = append(got, strings.TrimSuffix(fmt.Sprint(f.Line, " ", f.Column, " ", strings.TrimPrefix(f.Key, "device.finding."), " ", f.Args), " []"))
	}
	want := []string{
		"3 type type_meant [Meant Finger]",
		"4 type type [Codes Finger, Iris]",
		"5 type required",
		"6 sub_type sub_type [Type Finger Codes Slap, Single, Touchless]",
		"7 sub_type sub_type_meant [Type Iris Meant Single]",
		"8 sub_type required",
		"9 make required",
		"10 model too_long [Max 36 Length 37]",
		"11 make bad_characters",
		"12 model twice [Line 2]",
		"13 model registered",
		"14 type type [Codes Finger, Iris]",
		"15  cells [Count 3 Want 4]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f := p.Findings[10]; f.Device == nil || f.Device.ID != d.ID || f.Value != "acme x9" {
		t.Errorf("%+v", f)
	}
	if p.Ready() || p.Good != 1 || len(p.Lines) != 14 || p.Lines[0].Findings != 0 || p.Lines[1].Findings != 1 {
		t.Errorf("%d good of %d", p.Good, len(p.Lines))
	}
	var found *device.FindingsError
	if err := o.Take(t.Context(), o.nadia, p.ID, p.Print()); !errors.As(err, &found) || found.Count != 13 || o.Count("devices") != 1 {
		t.Errorf("all or nothing: %v", err)
	}
}

func TestAFileIsTakenAsAWholeOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.sent(head + "Finger,Slap,Acme,X1\nIris,Double,Acme,X1\nFinger,Single,Acme,X2\n")
	if !p.Ready() || p.Good != 3 {
		t.Fatalf("%+v", p.Findings)
	}
	mails, events := o.Count("mail_outbox"), o.Count("audit_log")
	for _, err := range o.atOnce(6, func(int) error { return o.Take(t.Context(), o.nadia, p.ID, p.Print()) }) {
		if err != nil {
			t.Errorf("CON-2: %v", err)
		}
	}
	if o.Count("devices where status = 'pending_approval' and import_id is not null") != 3 || o.Count("approval_submissions where kind = 'device'") != 3 {
		t.Error("not three are registered")
	}
	if m, e := o.Count("mail_outbox")-mails, o.Count("audit_log")-events; m != 2 || e != 4 {
		t.Errorf("%d mails to two admins, %d events", m, e)
	}
	now := o.preview(p.ID)
	if now.ImportedAt == nil || now.Devices != 3 || now.Content != "" {
		t.Errorf("%+v", now.Import)
	}
	if rows, err := o.DB.VerifyAudit(t.Context()); err != nil {
		t.Errorf("%d rows: %v", rows, err)
	}
	again := device.NewFile{ID: p.ID, SBI: o.sbi, Name: "x.csv", Content: []byte(head + "Finger,Slap,Acme,X7\n")}
	if err := o.Upload(t.Context(), o.nadia, again); conflict(err) != "device.conflict.taken" {
		t.Errorf("replacing it: %v", err)
	}
}

func TestAFileIsTakenAsItsPageShowedIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.sent(head + "Finger,Slap,Acme,X1\n")
	o.must(o.Upload(t.Context(), o.nadia, device.NewFile{ID: p.ID, SBI: o.sbi, Name: "b.csv", Content: []byte(head + "Finger,Slap,Acme,X2\n")}))
	if err := o.Take(t.Context(), o.nadia, p.ID, p.Print()); conflict(err) != "device.conflict.replaced" {
		t.Errorf("replaced meanwhile: %v", err)
	}
	p = o.preview(p.ID)
	o.waits("X2")
	var found *device.FindingsError
	if err := o.Take(t.Context(), o.nadia, p.ID, p.Print()); !errors.As(err, &found) {
		t.Errorf("registered meanwhile: %v", err)
	}
	p = o.sent(head + "Finger,Slap,Acme,X3\n")
	o.Exec(`update sbis set expires_on = created_on + 1`, nil)
	if p = o.preview(p.ID); p.Ready() || conflict(p.Halt) != "device.conflict.sbi_expired" {
		t.Errorf("%v", p.Halt)
	}
	if err := o.Take(t.Context(), o.nadia, p.ID, p.Print()); conflict(err) != "device.conflict.sbi_expired" {
		t.Errorf("its SBI is over: %v", err)
	}
	if o.Count("devices") != 1 {
		t.Error("something was registered")
	}
}

func TestAUT3AFileIsItsProvidersOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p, other := o.sent(head+"Finger,Slap,Acme,X1\n"), o.provider("Iridian")
	in := device.NewFile{ID: p.ID, SBI: o.software(other, "1"), Name: "b.csv", Content: []byte(head + "Finger,Slap,Acme,X2\n")}
	_, shown := o.Preview(t.Context(), other, p.ID)
	_, staff := o.Preview(t.Context(), o.ada, p.ID)
	for what, err := range map[string]error{
		"show": shown, "show to staff": staff, "take": o.Take(t.Context(), other, p.ID, p.Print()), "replace": o.Upload(t.Context(), other, in),
	} {
		if !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := o.Upload(t.Context(), o.ada, in); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("staff: %v", err)
	}
	if now := o.preview(p.ID); now.Print() != p.Print() {
		t.Error("it was changed")
	}
}

func TestWhatCannotBeReadIsNotKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := device.NewFile{ID: id.New[id.DeviceImport](), SBI: o.sbi, Name: "x.xlsx", Content: []byte("PK\x03\x04")}
	if err := o.Upload(t.Context(), o.nadia, in); wrong(err) != "file" {
		t.Errorf("%v", err)
	}
	in.Content, in.SBI = []byte(head+"Finger,Slap,Acme,X1\n"), id.SBI{}
	if err := o.Upload(t.Context(), o.nadia, in); wrong(err) != "sbi" || o.Count("device_imports") != 0 {
		t.Errorf("%v", err)
	}
}

func TestLIM4FilesRespectTheLimit(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, 2)
	p := o.sent(head + "Finger,Slap,Acme,X1\nFinger,Slap,Acme,X2\n")
	o.waits("X0")
	if p = o.preview(p.ID); p.Ready() || p.Room != 1 {
		t.Errorf("room for %d", p.Room)
	}
	if err := o.Take(t.Context(), o.nadia, p.ID, p.Print()); conflict(err) != "device.conflict.too_many" || o.Count("devices") != 1 {
		t.Errorf("%v", err)
	}
	for range 12 {
		o.sent(head + "Finger,Slap,Acme,X1\n")
	}
	if n := o.Count("device_imports"); n != 10 {
		t.Errorf("%d files are kept", n)
	}
}

func TestFilesThatNobodyTakesAreForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	taken := o.sent(head + "Finger,Slap,Acme,X1\n")
	o.must(o.Take(t.Context(), o.nadia, taken.ID, taken.Print()))
	old := o.sent(head + "Finger,Slap,Acme,X2\n")
	o.clock.Advance(7*24*time.Hour + time.Second)
	fresh := o.sent(head + "Finger,Slap,Acme,X3\n")
	o.must(device.Purge(t.Context(), o.DB))
	left, err := o.Files(t.Context(), o.nadia)
	if err != nil || len(left) != 1 || left[0].ID != fresh.ID || left[0].Content != "" {
		t.Errorf("%+v %v", left, err)
	}
	if _, err := o.Preview(t.Context(), o.nadia, old.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := o.Device(t.Context(), authz.Scope{All: true}, id.New[id.Device]()); !errors.Is(err, problem.ErrNotFound) || o.Count("devices") != 1 {
		t.Errorf("%v", err)
	}
}
