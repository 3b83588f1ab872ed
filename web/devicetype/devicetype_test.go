package devicetype_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/web/webtest"
)

// desk is a portal with two people who maintain the types.
type desk struct {
	*webtest.Site
	ada, bea *webtest.Client
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &webtest.Desk{Site: webtest.New(t)}
	return &desk{Site: d.Site, ada: d.Person("Ada", "en", authz.PartnerAdmin), bea: d.Person("Bea", "en", authz.PartnerAdmin)}
}

// voice is a good form.
func voice(change ...string) webtest.Values {
	v := webtest.Values{"code": "Voice", "label_en": "Speech", "label_fr": "Parole", "label_ar": "الكلام"}
	for i := 0; i+1 < len(change); i += 2 {
		v[change[i]] = change[i+1]
	}
	return v
}

// path is the address of a type that came with the portal.
func (d *desk) path(code string) string {
	d.T.Helper()
	tid, err := pg.Value[id.DeviceType](d.T.Context(), d.App.DB.Read(), `select id from device_types where code = @code`, pg.Args{"code": code})
	if err != nil {
		d.T.Fatal(err)
	}
	return "/device-types/" + tid.String()
}

// sub is the address of a sub-type that came with the portal.
func (d *desk) sub(code, sub string) string {
	d.T.Helper()
	sid, err := pg.Value[id.DeviceSubType](d.T.Context(), d.App.DB.Read(), `
		select s.id from device_sub_types s join device_types t on t.id = s.type_id where t.code = @code and s.code = @sub`, pg.Args{"code": code, "sub": sub})
	if err != nil {
		d.T.Fatal(err)
	}
	return d.path(code) + "/sub-types/" + sid.String()
}

// events counts the rows of the audit log about types.
func (d *desk) events() int {
	d.T.Helper()
	n, err := pg.Value[int](d.T.Context(), d.App.DB.Read(), `select count(*) from audit_log where subject_kind = 'device_type'`, nil)
	if err != nil {
		d.T.Fatal(err)
	}
	return n
}

func wantText(t *testing.T, p *webtest.Page, texts ...string) {
	t.Helper()
	webtest.WantText(t, p, texts...)
	if strings.Contains(p.Body, "[device_type") {
		t.Errorf("%s lacks a message:\n%s", p.Path, p.Text())
	}
}

// lines are the rows of the page's table, cell by cell.
func lines(p *webtest.Page) []string {
	out := []string{}
	for _, row := range p.Doc.Find("main tbody tr").EachIter() {
		var cells []string
		for _, cell := range row.Find("th, td").EachIter() {
			if !cell.HasClass("end") {
				cells = append(cells, strings.Join(strings.Fields(cell.Text()), " "))
			}
		}
		out = append(out, strings.Join(cells, " | "))
	}
	return out
}

func TestAddATypeWithItsSubTypes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.ada.Get("/device-types").Want(200).Click("+ Add a type").Want(200)
	p := form.Submit(voice("code", " Voice ", "place", "1")).Want(200)
	wantText(t, p, "is added. Give it a sub-type", "Voice", "Parole", "الكلام", "It has no sub-types yet", "\u2068Ada Berg\u2069 added the type of devices")
	if p.Title() != "Speech" {
		t.Errorf("title %q", p.Title())
	}
	sub := p.Click("+ Add a sub-type").Want(200)
	if sub.Doc.Find(`main [name=place]`).Length() > 0 {
		t.Error("asks for a place where there is only one")
	}
	shown := sub.Submit(voice("code", "Phrase", "label_en", "A phrase")).Want(200)
	wantText(t, shown, "Devices can now be registered with it.", "Sub-type: ", "\u2068Ada Berg\u2069 edited the type of devices")
	if got := lines(shown); !cmp.Equal(got, []string{"A phrase | Phrase | 0 | In use"}) {
		t.Errorf("%q", got)
	}
	if got := lines(d.ada.Get("/device-types?size=10").Want(200)); len(got) != 7 || got[0] != "Speech | A phrase | Phrase | 0 | In use" {
		t.Errorf("%q", got)
	}
}

func TestTypeFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.events()
	sub := d.sub("Finger", "Slap")
	for what, c := range map[string]struct {
		values         webtest.Values
		field, message string
	}{
		"no code":      {voice("code", " "), "code", "Enter the code."},
		"long code":    {voice("code", strings.Repeat("x", 37)), "code", "Use at most 36 characters; now there are 37."},
		"odd code":     {voice("code", "=Voice"), "code", "Use only letters from a to z, digits, spaces, dots, hyphens and underscores, and begin with a letter or a digit."},
		"no English":   {voice("label_en", ""), "label_en", "Enter the label in English."},
		"long French":  {voice("label_fr", strings.Repeat("é", 65)), "label_fr", "Use at most 64 characters; now there are 65."},
		"marks":        {voice("label_ar", "ع\u202e"), "label_ar", "Remove the characters that cannot be shown (they may have come in by copying), then try again."},
		"type taken":   {voice("code", "iris"), "code", "Another type has this code. Look for it in the list, or choose another code."},
		"single taken": {voice("code", "SINGLE"), "code", "Another sub-type of this type has this code. Choose another one."},
	} {
		for _, path := range []string{"/device-types/new", d.path("Finger") + "/edit", d.path("Finger") + "/sub-types/new", sub + "/edit"} {
			if strings.HasSuffix(what, "taken") && strings.HasPrefix(what, "type") == strings.Contains(path, "/sub-types") {
				continue
			}
			p := d.ada.Get(path).Submit(c.values).Want(422)
			if got := p.FieldError(c.field); got != c.message {
				t.Errorf("%s at %s: %q at the field, want %q", what, path, got, c.message)
			}
			for name, typed := range c.values {
				if got := webtest.Value(p, name); got != strings.TrimSpace(fmt.Sprint(typed)) {
					t.Errorf("%s at %s: %s is %q, typed was %q", what, path, name, got, typed)
				}
			}
		}
	}
	if d.events() != n {
		t.Error("a refused form left an event")
	}
}

func TestCON3SecondClickMakesNoSecondType(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, path := range []string{"/device-types/new", d.path("Face") + "/sub-types/new"} {
		form := d.ada.Get(path)
		first := form.Submit(voice()).Want(200)
		n := d.events()
		if again := form.Submit(voice()).Want(200); again.Path != first.Path {
			t.Errorf("the second click ended at %s", again.Path)
		}
		other := form.Submit(voice("code", "Sound")).Want(409)
		wantText(t, other, "You sent this form before", "Speech")
		if webtest.Value(other, "code") != "Sound" || webtest.Value(other, "label_fr") != "Parole" {
			t.Error("what was typed is lost")
		}
		if d.events() != n {
			t.Error("a second one was made unasked")
		}
		wantText(t, other.Submit(nil).Want(200), "is added.")
	}
}

func TestEditATypeAndASubType(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.ada.Get(d.path("Iris")).Want(200).Click("Edit").Want(200)
	if webtest.Value(form, "label_fr") != "Iris" || webtest.Value(form, "place") != "2" || webtest.Value(form, "code") != "Iris" {
		t.Error("the form does not hold what is stored")
	}
	saved := form.Submit(webtest.Values{"code": "Eye", "place": "3"}).Want(200)
	wantText(t, saved, "are saved", "Code: from", "Order: from")
	n := d.events()
	wantText(t, form.Submit(webtest.Values{"code": "Eye", "place": "3"}).Want(200), "are saved") // a second click
	if d.events() != n {
		t.Error("a second click left an event")
	}
	sub := d.ada.Get(d.sub("Finger", "Slap") + "/edit").Want(200)
	wantText(t, sub.Submit(webtest.Values{"label_en": "Four fingers"}).Want(200), "are saved", "Four fingers")
	if got := lines(d.ada.Get("/device-types").Want(200)); got[0] != "Finger | Four fingers | Slap | 0 | In use" || got[4] != "Iris | Single eye | Single | 0 | In use" {
		t.Errorf("%q", got)
	}
}

func TestCON1StaleTypeShowsBothTexts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, path := range []string{d.path("Face"), d.sub("Iris", "Single")} {
		mine := d.ada.Get(path + "/edit").Want(200)
		d.bea.Get(path + "/edit").Submit(webtest.Values{"label_en": "Bea's label"}).Want(200)
		stale := mine.Submit(webtest.Values{"label_en": "Ada's label"}).Want(409)
		wantText(t, stale, "Bea Berg changed it after you opened the page", "What is stored now", "What you typed")
		if webtest.Value(stale, "label_en") != "Ada's label" || !stale.Has("Bea's label") {
			t.Error("one of the texts is lost")
		}
		wantText(t, stale.Submit(nil).Want(200), "Ada's label") // now knowing it
	}
}

func TestRetireAndRestoreInTheBrowser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, path := range []string{d.path("Face"), d.sub("Iris", "Single")} {
		confirm := d.ada.Get(path + "/retire").Want(200)
		wantText(t, confirm, "Devices that are there stay as they are", "No live device is of it.")
		n := d.events()
		wantText(t, confirm.Submit(nil).Want(200), "is retired.", "Retired")
		wantText(t, confirm.Submit(nil).Want(200), "is retired.") // a second click
		if d.events() != n+1 {
			t.Errorf("%d events, want 1", d.events()-n)
		}
		home := d.ada.Get(path + "/retire").Want(200)
		if strings.HasSuffix(home.Path, "/retire") {
			t.Error("nothing to retire, yet it is asked")
		}
		wantText(t, home.SubmitTo(path+"/restore", nil).Want(200), "is in use again.")
		// A page from before all of this changes nothing.
		stale := confirm.Submit(nil).Want(409)
		wantText(t, stale, "You changed it yourself", "Nothing was carried out.")
		wantText(t, stale.Submit(nil).Want(200), "is retired.")
		if d.ada.Post(path+"/restore", url.Values{"version": {"1"}}).Status != 409 {
			t.Error("a stale page put it back into use")
		}
	}
	if got := lines(d.ada.Get("/device-types?status=retired").Want(200)); !cmp.Equal(got, []string{"Iris | Single eye | Single | 0 | Retired", "Face | Full face | Full face | 0 | Retired"}) {
		t.Errorf("%q", got)
	}
}

// The code of a type that devices are of is not asked for, and a form that sends
// another one is told why it stays.
func TestCodesOfDevicesAreNotAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.device("Iris", "Double")
	for _, path := range []string{d.path("Iris"), d.sub("Iris", "Double")} {
		form := d.ada.Get(path + "/edit").Want(200)
		wantText(t, form, "It stays as it is: devices are registered with it")
		if form.Doc.Find(`main [name=code]`).AttrOr("type", "") != "hidden" {
			t.Error("the code can be typed")
		}
		wantText(t, form.Submit(webtest.Values{"label_en": "Other"}).Want(200), "are saved")
		refused := d.ada.Get(path + "/edit").Submit(webtest.Values{"code": "Other"}).Want(422)
		if got := refused.FieldError("code"); !strings.HasPrefix(got, "Devices are registered with the code") {
			t.Errorf("%q", got)
		}
	}
	wantText(t, d.ada.Get(d.path("Iris")+"/retire").Want(200), "1 live device is of it.")
}

// device registers a device as it stands in the table.
func (d *desk) device(code, sub string) {
	d.T.Helper()
	provider := d.Admitted(authz.DeviceProvider).Actor
	err := d.App.DB.Housekeep(d.T.Context(), "test", func(tx *pg.Tx) error {
		args := pg.Args{"sbi": id.New[id.SBI](), "partner": provider.Partner, "user": provider.User, "now": tx.Now()}
		if _, err := tx.Exec(d.T.Context(), `insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, registered_by, created_at, updated_at)
			values (@sbi, @partner, '1', decode(repeat('00', 32), 'hex'), '2026-01-01', '2030-01-01', 'draft', @user, @now, @now)`, args); err != nil {
			return err
		}
		args["id"], args["code"], args["sub"] = id.New[id.Device](), code, sub
		_, err := tx.Exec(d.T.Context(), `insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, registered_by, created_at, updated_at)
			select @id, @partner, @sbi, t.id, s.id, 'Acme', 'One', 'pending_approval', @now, @user, @now, @now
			from device_types t join device_sub_types s on s.type_id = t.id where t.code = @code and s.code = @sub`, args)
		return err
	})
	if err != nil {
		d.T.Fatal(err)
	}
}

func TestAUT1TypesAreThePartnerAdmins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	type_, sub := d.path("Finger"), d.sub("Finger", "Slap")
	for _, c := range []*webtest.Client{d.Staff(authz.PolicyManager), d.Admitted(authz.DeviceProvider)} {
		for _, path := range []string{"/device-types", "/device-types.csv", "/device-types/new", type_, type_ + "/edit", type_ + "/retire", type_ + "/sub-types/new", sub + "/edit", sub + "/retire"} {
			c.Get(path).Want(403)
		}
		for _, path := range []string{"/device-types", type_, type_ + "/retire", type_ + "/restore", type_ + "/sub-types", sub, sub + "/retire", sub + "/restore"} {
			if got := c.Post(path, url.Values{"version": {"1"}}); got.Status != 403 {
				t.Errorf("POST %s: %d", path, got.Status)
			}
		}
	}
	if d.events() != 0 {
		t.Error("a refused request changed a type")
	}
}

func TestTypesListFiltersAndIsAFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if got := lines(d.ada.Get("/device-types?type=Iris").Want(200)); !cmp.Equal(got, []string{"Iris | Single eye | Single | 0 | In use", "Iris | Both eyes | Double | 0 | In use"}) {
		t.Errorf("%q", got)
	}
	for _, column := range []string{"Type", "Sub-type", "Live devices"} {
		up := d.ada.Get("/device-types").Want(200).Click(column).Want(200)
		down := up.Click(column).Want(200)
		a, b := up.Doc.Find("th[aria-sort]").AttrOr("aria-sort", ""), down.Doc.Find("th[aria-sort]").AttrOr("aria-sort", "")
		if a == b || a == "" || b == "" {
			t.Errorf("%s: %s, then %s", column, a, b)
		}
	}
	wantText(t, d.ada.Get("/device-types?q=nowhere").Want(200), "Nothing matches", "Clear all filters")
	file := d.ada.Get("/device-types.csv?q=touch").Want(200)
	if !strings.Contains(file.Body, `"Finger","Finger","Touchless","Touchless","0","In use","`) {
		t.Errorf("%q", file.Body)
	}
}

func TestTypesBadAddressesAndForms(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	foreign := "/device-types/" + id.New[id.DeviceType]().String()
	strange := d.path("Face") + strings.TrimPrefix(d.sub("Iris", "Single"), d.path("Iris")) // another type's
	for _, path := range []string{foreign, foreign + "/edit", foreign + "/retire", foreign + "/sub-types/new", "/device-types/x", strange + "/edit", strange + "/retire", d.path("Face") + "/sub-types/x/edit"} {
		d.ada.Get(path).Want(404)
	}
	n := d.events()
	good := func(change ...string) url.Values {
		v := url.Values{"id": {id.New[id.DeviceType]().String()}}
		for name, s := range voice(change...) {
			v.Set(name, fmt.Sprint(s))
		}
		return v
	}
	without := good()
	without.Del("id")
	for what, c := range map[string]struct {
		path   string
		fields url.Values
		want   int
	}{
		"no such type":     {foreign, url.Values{"code": {"n"}, "version": {"1"}}, 404},
		"no such sub-type": {strange, url.Values{"code": {"n"}, "version": {"1"}}, 404},
		"no such to stop":  {strange + "/retire", url.Values{"version": {"1"}}, 404},
		"unknown field":    {"/device-types", good("position", "1"), 400},
		"no proposed id":   {"/device-types", without, 400},
		"odd id":           {d.path("Face") + "/sub-types", good("id", "1"), 400},
		"taken id":         {d.path("Face") + "/sub-types", good("id", strings.Split(d.sub("Iris", "Single"), "/")[4]), 400},
		"not utf-8":        {"/device-types", good("code", "\xff"), 400},
		"nul":              {"/device-types", good("label_fr", "a\x00b"), 422},
		"version missing":  {d.path("Face"), url.Values{"code": {"n"}}, 409},
		"version nonsense": {d.path("Face") + "/retire", url.Values{"version": {"9e99"}}, 409},
		"not retired":      {d.path("Face") + "/restore", url.Values{"version": {"1"}}, 200}, // it is as wanted
	} {
		if got := d.ada.Post(c.path, c.fields); got.Status != c.want {
			t.Errorf("%s: %d, want %d", what, got.Status, c.want)
		}
	}
	if d.events() != n {
		t.Error("a refused request left an event of a type")
	}
}

func TestTypesInEveryLanguage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	desk := &webtest.Desk{Site: d.Site}
	d.ada.Get("/device-types/new").Submit(voice()).Want(200)
	d.ada.Get(d.path("Iris") + "/retire").Submit(nil).Want(200)
	for lang, words := range map[string][]string{"fr": {"Doigt", "Plaque : quatre doigts à la fois"}, "ar": {"الإصبع", "أربع أصابع معًا"}} {
		c := desk.Person("L"+lang, lang, authz.PartnerAdmin)
		for _, path := range []string{
			"/device-types", "/device-types/new", "/device-types?q=zzz", "/device-types?status=retired", d.path("Finger"), d.path("Finger") + "/edit", d.path("Finger") + "/retire",
			d.path("Iris"), d.path("Voice"), d.path("Finger") + "/sub-types/new", d.sub("Finger", "Slap") + "/edit", d.sub("Finger", "Slap") + "/retire",
		} {
			wantText(t, c.Get(path).Want(200))
		}
		if got := c.Get(d.path("Finger")).Title(); got != words[0] {
			t.Errorf("%s: title %q", lang, got)
		}
		wantText(t, c.Get("/device-types"), words[1])
		wantText(t, c.Get("/device-types/new").Submit(nil).Want(422)) // errors have words too
		wantText(t, c.Get("/device-types/new").Submit(voice("code", "finger")).Want(422))
		wantText(t, c.Get(d.path("Finger")+"/sub-types/new").Submit(voice("code", "slap")).Want(422))
	}
}

// What a form offers follows the types at once.
func TestRetiredTypesAreNotOffered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ada.Get(d.sub("Face", "Full face") + "/retire").Submit(nil).Want(200)
	ts, err := d.App.DeviceTypes.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := ts.Usable().Find("Face", "Full face"); ok {
		t.Error("a retired sub-type can be used")
	}
}
