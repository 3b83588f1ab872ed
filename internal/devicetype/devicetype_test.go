package devicetype_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"portal/internal/authz"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

const seeded = "Finger[Slap Single Touchless] Iris[Single Double] Face[Full face]"

func TestTypesComeWithThePortal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if got := d.order(); got != seeded {
		t.Errorf("%s, want %s", got, seeded)
	}
	ts := d.all()
	finger, slap, ok := ts.Find("finger", "SLAP")
	if !ok || finger.Label.In("fr") != "Doigt" || slap.Label.In("ar") != "أربع أصابع معًا" || slap.Label.In("en") != "Slap: four fingers at once" || finger.Label.In("xx") != "Finger" {
		t.Errorf("%+v %+v", finger.Label, slap.Label)
	}
	if _, same, ok := ts.ByID(finger.ID, slap.ID); !ok || same.Code != "Slap" {
		t.Error("not found by its id")
	}
	for _, wrong := range [][2]string{{"Iris", "Slap"}, {"Finger", "Double"}, {"Voice", "Single"}, {"", ""}} {
		if _, _, ok := ts.Find(wrong[0], wrong[1]); ok {
			t.Errorf("%v is found", wrong)
		}
	}
	_, double := d.find("Iris", "Double")
	if _, _, ok := ts.ByID(finger.ID, double.ID); ok {
		t.Error("a sub-type is found under another type")
	}
}

func TestAddTypesAndSubTypes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.logged()
	voice := d.create("Voice")
	d.onlyEvent(n, "device_type.created", "done", `{"field":"code","after":"Voice"}`, `{"field":"label_ar","after":"Voice (ar)"}`)
	if got := d.order(); got != seeded+" Voice[]" {
		t.Error(got)
	}
	if len(d.all().Usable()) != 3 {
		t.Error("a type without sub-types can be used")
	}
	n = d.logged()
	in := devicetype.SubInput{Words: words("Phrase")}
	made, err := d.AddSubType(t.Context(), d.ada, voice.ID, in)
	d.must(err)
	d.onlyEvent(n, "device_type.edited", "done", `{"field":"sub_type","after":"Phrase"}`, `{"field":"label_fr","after":"Phrase (fr)"}`)
	if made.Version != 2 || len(d.all().Usable()) != 4 {
		t.Errorf("version %d", made.Version)
	}
	in = devicetype.SubInput{Words: words("Word")}
	in.Place = 1
	_, err = d.AddSubType(t.Context(), d.ada, voice.ID, in)
	d.must(err)
	first, err := d.Create(t.Context(), d.ada, devicetype.Input{Words: devicetype.Words{Code: "Palm", Label: words("Palm").Label, Place: 1}})
	d.must(err)
	if got := d.order(); got != "Palm[] "+seeded+" Voice[Word Phrase]" || first.Version != 1 {
		t.Error(got)
	}
}

func TestTypesSayWhatIsWrongWithThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	finger, _ := d.find("Finger", "Slap")
	n := d.logged()
	change := func(f func(*devicetype.Words)) devicetype.Words {
		w := words("Voice")
		f(&w)
		return w
	}
	for _, c := range []struct {
		w          devicetype.Words
		field, key string
	}{
		{change(func(w *devicetype.Words) { w.Code = " " }), "code", "device_type.problem.code"},
		{change(func(w *devicetype.Words) { w.Code = strings.Repeat("x", 37) }), "code", "problem.too_long"},
		{change(func(w *devicetype.Words) { w.Code = "=Voice" }), "code", "device_type.problem.code_characters"},
		{change(func(w *devicetype.Words) { w.Code = "Fin\u200bger" }), "code", "device_type.problem.code_characters"},
		{change(func(w *devicetype.Words) { w.Code = "a\x00b" }), "code", "problem.bad_characters"},
		{change(func(w *devicetype.Words) { w.Label.En = "" }), "label_en", "device_type.problem.label_en"},
		{change(func(w *devicetype.Words) { w.Label.Fr = strings.Repeat("é", 65) }), "label_fr", "problem.too_long"},
		{change(func(w *devicetype.Words) { w.Label.Ar = "\u202e" }), "label_ar", "problem.bad_characters"},
	} {
		_, err := d.Create(t.Context(), d.ada, devicetype.Input{Words: c.w})
		d.refused(n, err, c.field, c.key)
		_, err = d.AddSubType(t.Context(), d.ada, finger.ID, devicetype.SubInput{Words: c.w})
		d.refused(n, err, c.field, c.key)
		_, err = d.Edit(t.Context(), d.ada, finger.ID, finger.Version, c.w)
		d.refused(n, err, c.field, c.key)
		_, err = d.EditSubType(t.Context(), d.ada, finger.ID, finger.SubTypes[0].ID, finger.Version, c.w)
		d.refused(n, err, c.field, c.key)
	}
	_, err := d.Create(t.Context(), d.ada, devicetype.Input{Words: words("FINGER")})
	d.refused(n, err, "code", "device_type.problem.code_taken")
	_, err = d.AddSubType(t.Context(), d.ada, finger.ID, devicetype.SubInput{Words: words("slap")})
	d.refused(n, err, "code", "device_type.problem.sub_code_taken")
	_, err = d.Edit(t.Context(), d.ada, finger.ID, finger.Version, words("iris"))
	d.refused(n, err, "code", "device_type.problem.code_taken")
	_, err = d.EditSubType(t.Context(), d.ada, finger.ID, finger.SubTypes[0].ID, finger.Version, words("single"))
	d.refused(n, err, "code", "device_type.problem.sub_code_taken")
	if got := d.order(); got != seeded {
		t.Error(got)
	}
	_, err = d.AddSubType(t.Context(), d.ada, id.New[id.DeviceType](), devicetype.SubInput{Words: words("x")})
	if !errors.Is(err, problem.ErrNotFound) {
		t.Error(err)
	}
}

func TestLIM4TypesAreLimited(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range devicetype.MaxTypes - 3 {
		d.create(fmt.Sprintf("T%d", i))
	}
	one, _ := d.find("Face", "Full face")
	for i := range devicetype.MaxSubTypes - 1 {
		_, err := d.AddSubType(t.Context(), d.ada, one.ID, devicetype.SubInput{Words: words(fmt.Sprintf("S%d", i))})
		d.must(err)
	}
	n := d.logged()
	_, err := d.Create(t.Context(), d.ada, devicetype.Input{Words: words("Last")})
	d.refused(n, err, "code", "device_type.problem.too_many")
	_, err = d.AddSubType(t.Context(), d.ada, one.ID, devicetype.SubInput{Words: words("Last")})
	d.refused(n, err, "code", "device_type.problem.too_many_sub")
}

func TestEditTypesAndTheirOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	iris, single := d.find("Iris", "Single")
	n := d.logged()
	w := devicetype.Words{Code: "Eye", Label: iris.Label, Place: 1}
	edited, err := d.Edit(t.Context(), d.ada, iris.ID, iris.Version, w)
	d.must(err)
	d.onlyEvent(n, "device_type.edited", "done", `{"field":"code","before":"Iris","after":"Eye"}`, `{"field":"order","before":"Finger, Iris, Face","after":"Eye, Finger, Face"}`)
	n = d.logged()
	sub := devicetype.Words{Code: "One", Label: single.Label, Place: 2}
	edited, err = d.EditSubType(t.Context(), d.ada, iris.ID, single.ID, edited.Version, sub)
	d.must(err)
	d.onlyEvent(n, "device_type.edited", "done", `{"field":"sub_type","after":"Single"}`, `"before":"Single","after":"One"`, `"before":"Single, Double","after":"Double, One"`)
	if got := d.order(); got != "Eye[Double One] Finger[Slap Single Touchless] Face[Full face]" {
		t.Error(got)
	}
	n = d.logged()
	again, err := d.Edit(t.Context(), d.ada, iris.ID, edited.Version, w)
	d.must(err)
	_, err = d.EditSubType(t.Context(), d.ada, iris.ID, single.ID, edited.Version, sub)
	d.must(err)
	if es := d.since(n); len(es) > 0 || again.Version != edited.Version {
		t.Errorf("an edit that changes nothing left %+v", es)
	}
}

// What other systems know a device by does not change under them.
func TestCodesOfDevicesStay(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"pending_approval", "approved", "rejected", "withdrawn", "deactivated"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.device("Iris", "Double", status)
			iris, double := d.find("Iris", "Double")
			n := d.logged()
			_, err := d.Edit(t.Context(), d.ada, iris.ID, iris.Version, devicetype.Words{Code: "Eye", Label: iris.Label, Place: 2})
			d.refused(n, err, "code", "device_type.problem.code_used")
			_, err = d.EditSubType(t.Context(), d.ada, iris.ID, double.ID, iris.Version, devicetype.Words{Code: "Both", Label: double.Label, Place: 2})
			d.refused(n, err, "code", "device_type.problem.code_used")
			// Labels may change, and so may the code of a sub-type without devices.
			iris, err = d.Edit(t.Context(), d.ada, iris.ID, iris.Version, devicetype.Words{Code: "Iris", Label: words("Eye").Label, Place: 2})
			d.must(err)
			_, err = d.EditSubType(t.Context(), d.ada, iris.ID, iris.SubTypes[0].ID, iris.Version, devicetype.Words{Code: "One", Label: double.Label, Place: 1})
			d.must(err)
			if got := d.order(); got != "Finger[Slap Single Touchless] Iris[One Double] Face[Full face]" {
				t.Error(got)
			}
		})
	}
}

func TestRetireAndRestore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	face, full := d.find("Face", "Full face")
	n := d.logged()
	d.must(d.Retire(t.Context(), d.ada, face.ID, face.Version))
	d.onlyEvent(n, "device_type.retired", "done", `{"field":"retired_since","after":"20`)
	if got := order(d.all().Usable()); got != "Finger[Slap Single Touchless] Iris[Single Double]" {
		t.Errorf("usable: %s", got)
	}
	if got := d.order(); got != seeded {
		t.Errorf("what is retired is gone: %s", got)
	}
	n = d.logged()
	d.conflict(n, d.Retire(t.Context(), d.ada, face.ID, face.Version+1))
	d.must(d.Restore(t.Context(), d.bea, face.ID, face.Version+1))
	d.onlyEvent(n, "device_type.restored", "done", `{"field":"retired_since","before":"20`)
	n = d.logged()
	d.conflict(n, d.Restore(t.Context(), d.ada, face.ID, face.Version+2))
	d.must(d.RetireSubType(t.Context(), d.ada, face.ID, full.ID, face.Version+2))
	d.onlyEvent(n, "device_type.edited", "done", `{"field":"sub_type","after":"Full face"}`, `{"field":"retired_since","after":"20`)
	if got := order(d.all().Usable()); got != "Finger[Slap Single Touchless] Iris[Single Double]" {
		t.Errorf("usable: %s", got)
	}
	n = d.logged()
	d.conflict(n, d.RetireSubType(t.Context(), d.ada, face.ID, full.ID, face.Version+3))
	d.must(d.RestoreSubType(t.Context(), d.ada, face.ID, full.ID, face.Version+3))
	n = d.logged()
	d.conflict(n, d.RestoreSubType(t.Context(), d.ada, face.ID, full.ID, face.Version+4))
	if got := order(d.all().Usable()); got != seeded {
		t.Errorf("usable: %s", got)
	}
}

func TestAUT1OnlyPartnerAdminsManageTypes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	finger, slap := d.find("Finger", "Slap")
	for _, who := range []authz.Actor{d.provider, d.person("Max", authz.PolicyManager)} {
		for what, do := range map[string]func() error{
			"create":  func() error { _, err := d.Create(t.Context(), who, devicetype.Input{Words: words("x")}); return err },
			"edit":    func() error { _, err := d.Edit(t.Context(), who, finger.ID, 1, words("x")); return err },
			"retire":  func() error { return d.Retire(t.Context(), who, finger.ID, 1) },
			"restore": func() error { return d.Restore(t.Context(), who, finger.ID, 1) },
			"add": func() error {
				_, err := d.AddSubType(t.Context(), who, finger.ID, devicetype.SubInput{Words: words("x")})
				return err
			},
			"edit sub":    func() error { _, err := d.EditSubType(t.Context(), who, finger.ID, slap.ID, 1, words("x")); return err },
			"retire sub":  func() error { return d.RetireSubType(t.Context(), who, finger.ID, slap.ID, 1) },
			"restore sub": func() error { return d.RestoreSubType(t.Context(), who, finger.ID, slap.ID, 1) },
		} {
			n := d.logged()
			if err := do(); !errors.Is(err, problem.ErrDenied) {
				t.Errorf("%s: %v", what, err)
			}
			d.onlyEvent(n, "access.refused", "denied")
		}
	}
	if got := d.order(); got != seeded {
		t.Error(got)
	}
}

func TestCON1StalePagesOfTypes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	finger, slap := d.find("Finger", "Slap")
	_, err := d.Edit(t.Context(), d.bea, finger.ID, finger.Version, devicetype.Words{Code: "Finger", Label: words("Hand").Label, Place: 1})
	d.must(err)
	n := d.logged()
	for _, err := range []error{
		second(d.Edit(t.Context(), d.ada, finger.ID, finger.Version, words("x"))),
		second(d.EditSubType(t.Context(), d.ada, finger.ID, slap.ID, finger.Version, words("x"))),
		d.Retire(t.Context(), d.ada, finger.ID, finger.Version),
		d.RetireSubType(t.Context(), d.ada, finger.ID, slap.ID, finger.Version),
	} {
		d.conflict(n, err)
		var said *problem.ConflictError
		if !errors.As(err, &said) || said.Key != "problem.changed_by" || said.Args[1] != "Bea" {
			t.Errorf("%v does not say who was faster", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestCON3SameFormMakesOneType(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := devicetype.Input{ID: id.New[id.DeviceType](), Words: words("Voice")}
	made, err := d.Create(t.Context(), d.ada, in)
	d.must(err)
	sub := devicetype.SubInput{ID: id.New[id.DeviceSubType](), Words: words("Phrase")}
	_, err = d.AddSubType(t.Context(), d.ada, made.ID, sub)
	d.must(err)
	n := d.logged()
	again, err := d.Create(t.Context(), d.ada, in)
	d.must(err)
	withSub, err := d.AddSubType(t.Context(), d.ada, made.ID, sub)
	d.must(err)
	if es := d.since(n); len(es) > 0 || again.ID != made.ID || len(withSub.SubTypes) != 1 {
		t.Errorf("sent again: %+v", es)
	}
	_, err = d.Create(t.Context(), d.bea, in) // somebody else's form
	d.conflict(n, err)
	in.Label.En = "Speech"
	_, err = d.Create(t.Context(), d.ada, in)
	d.conflict(n, err)
	sub.Code = "Word"
	_, err = d.AddSubType(t.Context(), d.ada, made.ID, sub)
	d.conflict(n, err)
	finger, _ := d.find("Finger", "Slap")
	if _, err = d.AddSubType(t.Context(), d.ada, finger.ID, sub); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("the id of another type's sub-type: %v", err)
	}
	if got := d.order(); got != seeded+" Voice[Phrase]" {
		t.Error(got)
	}
}

// Many at once: each is stored once, and the order has no two in one place.
func TestCON4TypesAreChangedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			w := words(fmt.Sprintf("T%d", i/2)) // two of each code
			w.Place = 1
			_, errs[i] = d.Create(t.Context(), d.ada, devicetype.Input{Words: w})
		})
	}
	wg.Wait()
	failed := 0
	for _, err := range errs {
		if err != nil {
			failed++
			d.refused(d.logged(), err, "code", "device_type.problem.code_taken")
		}
	}
	if failed != 4 {
		t.Errorf("%d of 8 failed, want one of each two", failed)
	}
	positions, err := pg.Values[int](t.Context(), d.db.Read(), `select position from device_types order by position`, nil)
	d.must(err)
	if fmt.Sprint(positions) != "[1 2 3 4 5 6 7]" {
		t.Errorf("places %v", positions)
	}
}

// An event that cannot be stored takes the change with it (security.md AUD-1).
func TestAUD1TypesAreNotChangedWithoutTheirEvent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	finger, slap := d.find("Finger", "Slap")
	d.exec(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$`, nil)
	d.exec(`create trigger refuse before insert on audit_log for each row execute function refuse()`, nil)
	for what, err := range map[string]error{
		"create": second(d.Create(t.Context(), d.ada, devicetype.Input{Words: words("x")})),
		"edit":   second(d.Edit(t.Context(), d.ada, finger.ID, 1, words("x"))),
		"add":    second(d.AddSubType(t.Context(), d.ada, finger.ID, devicetype.SubInput{Words: words("x")})),
		"sub":    second(d.EditSubType(t.Context(), d.ada, finger.ID, slap.ID, 1, words("x"))),
		"retire": d.Retire(t.Context(), d.ada, finger.ID, 1),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if got := d.order(); got != seeded || len(d.all().Usable()) != 3 {
		t.Error(got)
	}
}

func TestListOfTypesCountsLiveDevices(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, status := range []string{"pending_approval", "changes_requested", "approved", "rejected", "withdrawn", "deactivated"} {
		d.device("Iris", "Double", status)
	}
	d.create("Voice")
	face, full := d.find("Face", "Full face")
	d.must(d.RetireSubType(t.Context(), d.ada, face.ID, full.ID, face.Version))
	says := func(address string) string {
		var out []string
		for _, e := range d.list(address) {
			out = append(out, fmt.Sprintf("%s/%s %d %t", e.Code, e.SubCode, e.Devices, e.Usable()))
		}
		return strings.Join(out, ", ")
	}
	for address, want := range map[string]string{
		"":                                  "Finger/Slap 0 true, Finger/Single 0 true, Finger/Touchless 0 true, Iris/Single 0 true, Iris/Double 3 true, Face/Full face 0 false, Voice/ 0 false",
		"type=iris":                         "Iris/Single 0 true, Iris/Double 3 true",
		"status=retired":                    "Face/Full face 0 false",
		"status=usable&q=SINGLE":            "Finger/Single 0 true, Iris/Single 0 true",
		"q=doigt":                           "Finger/Slap 0 true, Finger/Single 0 true, Finger/Touchless 0 true",
		"sort=-devices&type=Iris":           "Iris/Double 3 true, Iris/Single 0 true",
		"sort=-sub_type&type=finger":        "Finger/Touchless 0 true, Finger/Slap 0 true, Finger/Single 0 true",
		"q=%25":                             "",
		"status=nonsense&sort=type&q=voice": "Voice/ 0 false",
	} {
		if got := says(address); got != want {
			t.Errorf("%s:\n%s, want\n%s", address, got, want)
		}
	}
	iris, double := d.find("Iris", "Double")
	use, err := d.UseOf(t.Context(), iris.ID)
	d.must(err)
	if len(use) != 1 || use[double.ID] != (devicetype.Use{Live: 3, Ever: true}) {
		t.Errorf("%+v", use)
	}
}
