package policypreview_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/policywords"
	"portal/web/webtest"
)

// saved is a policy with this text that waits for activation.
func saved(d *webtest.Desk, kind policy.Kind, name, document string) string {
	d.T.Helper()
	list := policywords.ListURL(kind)
	form := d.Good(kind, name)
	form["document"] = document
	return d.Writer.Get(list + "/new").Want(200).Submit(form).Want(200).Path
}

// inForce is a policy with this text in force.
func inForce(d *webtest.Desk, kind policy.Kind, name, document string) string {
	d.T.Helper()
	path := saved(d, kind, name, document)
	d.Second.Get(path + "/activate").Want(200).Submit(nil).Want(200)
	return path
}

func sample(t *testing.T, kind policy.Kind, name string) string {
	t.Helper()
	s, ok := policydoc.SampleByID(kind, name)
	if !ok {
		t.Fatalf("no sample %q", name)
	}
	return string(s.Document)
}

// words is an element's text, one blank between its parts.
func words(s *goquery.Selection) string {
	var out []string
	s.Contents().Each(func(_ int, n *goquery.Selection) {
		if goquery.NodeName(n) == "#text" {
			out = append(out, strings.Fields(n.Text())...)
		} else if text := words(n); text != "" {
			out = append(out, text)
		}
	})
	return strings.Join(out, " ")
}

// row is what a person's table says of an attribute, cells joined by " | "; "" if
// there is no such row.
func row(p *webtest.Page, person, attribute string) string {
	var cells []string
	p.Doc.Find("section[aria-labelledby=person-" + person + "] tbody tr").Each(func(_ int, tr *goquery.Selection) {
		if strings.TrimSpace(tr.Find("th").Text()) == attribute {
			tr.Find("td").Each(func(_ int, td *goquery.Selection) {
				cells = append(cells, words(td))
			})
		}
	})
	return strings.Join(cells, " | ")
}

// A deleted attribute is gone from the preview at the next request, and what is
// in force stays as it was.
func TestDeletedAttributeLeavesThePreviewAtOnce(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	doc := sample(t, policydoc.KindAuth, "know_your_customer")
	path := inForce(d, policydoc.KindAuth, "Know your customer", doc)
	if got := row(d.Second.Get(path+"/preview").Want(200), "adult", "Phone number"); got != "+999 555 0101" {
		t.Fatalf("before: %q", got)
	}
	less := strings.Replace(doc, ",\n    {\n      \"attributeName\": \"phone\"\n    }", "", 1)
	if less == doc {
		t.Fatal("the sample has changed: nothing was deleted")
	}
	d.Edit(path, less)
	p := d.Second.Get(path + "/preview").Want(200)
	for person, want := range map[string]string{
		"adult": "+999 555 0101 | Not handed over | Lost", "minor": "Nothing: this person has none | Not handed over | The same",
		"arabic_only": "+999 555 0103 | Not handed over | Lost",
	} {
		if got := row(p, person, "Phone number"); got != want {
			t.Errorf("%s: %q, want %q", person, got, want)
		}
	}
	if got := row(p, "adult", "City"); got != "Sampleton English | Sampleton English | The same" {
		t.Errorf("what stays: %q", got)
	}
	alone := d.Second.Get(path + "/preview?version=2&against=0").Want(200)
	if got := row(alone, "adult", "Phone number"); got != "" || !alone.Has("Phone number") {
		t.Errorf("version 2 alone: %q; the phone number is to be named among what stays private", got)
	}
}

func TestPreviewChoosesVersions(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, policydoc.KindAuth, "Sign-in", sample(t, policydoc.KindAuth, "know_your_customer"))
	heads := func(query string) string {
		var out []string
		d.Second.Get(path + "/preview" + query).Want(200).Doc.Find("section.person").First().Find("thead th").Each(func(_ int, th *goquery.Selection) {
			out = append(out, strings.TrimSpace(th.Text()))
		})
		return strings.Join(out, " | ")
	}
	if got := heads(""); got != "Data | Version 1 (in force)" {
		t.Errorf("with one version: %q", got)
	}
	d.Edit(path, sample(t, policydoc.KindAuth, "single_sign_on"))
	for query, want := range map[string]string{
		"":                        "Data | Version 1 (in force) | Version 2 (waiting) | Difference",
		"?version=1":              "Data | Version 1 (in force)",
		"?version=1&against=2":    "Data | Version 2 (waiting) | Version 1 (in force) | Difference",
		"?version=2&against=0":    "Data | Version 2 (waiting)",
		"?version=2&against=2":    "Data | Version 2 (waiting)",
		"?version=x&against=%ff":  "Data | Version 1 (in force) | Version 2 (waiting) | Difference",
		"?version=-1&against=1.5": "Data | Version 1 (in force) | Version 2 (waiting) | Difference",
		"?version=&against=":      "Data | Version 1 (in force) | Version 2 (waiting) | Difference",
	} {
		if got := heads(query); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
	d.Second.Get(path + "/activate").Want(200).Submit(nil).Want(200)
	if got := heads("?version=1"); got != "Data | Version 2 (in force) | Version 1 (superseded) | Difference" {
		t.Errorf("a superseded version: %q", got)
	}
}

func TestAUT3UnknownPreviewsAreNotFound(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, policydoc.KindAuth, "Sign-in", webtest.Sample(policydoc.KindAuth))
	other := strings.Replace(path, "auth-policies", "datashare-policies", 1)
	for _, page := range []string{"/preview", "/try"} {
		for _, at := range []string{
			path + page + "?version=2", path + page + "?version=0", path + page + "?version=99999999999999999999", path + page + "?version=2147483648",
			other + page, "/auth-policies/x" + page,
		} {
			d.Second.Get(at).Want(http.StatusNotFound)
		}
		if rec := d.Partner(authz.AuthPartner).Get(path + page); rec.Status != http.StatusForbidden {
			t.Errorf("a partner opens %s: %d", page, rec.Status)
		}
	}
	d.Second.Get(path + "/preview?against=7").Want(http.StatusNotFound)
}

func TestWhatIsNotUnderstoodIsNotPreviewed(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, policydoc.KindAuth, "Claims", webtest.Sample(policydoc.KindAuth))
	d.Edit(path, `{"authTokenType": "policy", "allowedAuthTypes": []}`)
	for _, page := range []string{"/preview", "/try?way=otp&version=2"} {
		p := d.Second.Get(path + page).Want(200)
		webtest.WantText(t, p, "Version 2 cannot be previewed", "2 findings to correct")
		if p.Doc.Find("section.person, #answer").Length() > 0 || p.Doc.Find("ul.findings li").Length() != 2 {
			t.Errorf("%s shows half a policy, or not its findings:\n%s", page, p.Text())
		}
	}
	p := d.Second.Get(path + "/preview?version=1&against=2").Want(200)
	webtest.WantText(t, p, "Version 2 cannot be compared with", "An adult with all data")
}

func TestPreviewOfSharedData(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := saved(d, policydoc.KindDataShare, "Search", sample(t, policydoc.KindDataShare, "duplicate_search"))
	p := d.Writer.Get(path + "/preview").Want(200)
	want := "Iris: 2 templates left, right Fingerprints: 4 templates left thumb, left index finger, right thumb, right index finger Face: 1 template " +
		"Format: Biometric templates Only: Iris, Fingerprints (left thumb, right thumb, left index finger, right index finger), Face"
	if got := row(p, "minor", "Biometrics"); got != want {
		t.Errorf("biometrics: %q, want %q", got, want)
	}
	d.Edit(path, sample(t, policydoc.KindDataShare, "few_data"))
	p = d.Writer.Get(path + "/preview").Want(200)
	if got := row(p, "adult", "Date of birth"); got != strconv.Itoa(d.App.Policies.Today().AddDate(0, 0, -1).Year()-35)+" Format: Year only" || p.Has("/01/02") || !p.Has("Every item is encrypted by itself") {
		t.Errorf("the year of birth: %q", got)
	}
	some := strings.Replace(sample(t, policydoc.KindDataShare, "few_data"), `"encrypted": true`, `"encrypted": false`, 1)
	d.Edit(path, some)
	if p = d.Writer.Get(path + "/preview").Want(200); !p.Has("Those marked below") || !p.Has("Encrypted by itself") {
		t.Errorf("what is encrypted is not marked where not all is:\n%s", p.Text())
	}
	own := strings.ReplaceAll(sample(t, policydoc.KindDataShare, "few_data"), `"dateOfBirth"`, `"ownName"`)
	d.Edit(path, own)
	if got := row(d.Writer.Get(path+"/preview").Want(200), "adult", "\u2068ownName\u2069"); !strings.HasPrefix(got, "An example value of \u2068ownName\u2069") {
		t.Errorf("an attribute that nobody knows: %q", got)
	}
}

// Names stand in their own direction and language, whatever the page's.
func TestNamesKeepTheirDirection(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := saved(d, policydoc.KindDataShare, "Cards", sample(t, policydoc.KindDataShare, "card_printing"))
	for _, lang := range []string{"en", "ar"} {
		reader := d.Person("Reader"+lang, lang, authz.PolicyManager)
		p := reader.Get(path + "/preview").Want(200)
		name := p.Doc.Find("section[aria-labelledby=person-arabic_only] tbody bdi").First()
		if name.Text() != "سلمى النموذج" || name.AttrOr("dir", "") != "auto" || name.AttrOr("lang", "") != "ar" {
			html, _ := goquery.OuterHtml(name)
			t.Errorf("%s: %s", lang, html)
		}
	}
}

func TestTry(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	auth := saved(d, policydoc.KindAuth, "Customers", sample(t, policydoc.KindAuth, "know_your_customer"))
	share := saved(d, policydoc.KindDataShare, "Cards", sample(t, policydoc.KindDataShare, "few_data"))
	const (
		ways   = "The policy says: To verify a person, the partner may choose from 3 ways: biometrics (fingerprint or face) or one-time code. "
		asks   = "The policy says: The partner may ask for any of 2 services: sending a one-time code or receiving personal data (e-KYC). "
		five   = "The policy says: The partner receives 5 items of data: full name; date of birth; phone number; address, line 1; and city. "
		two    = "The policy says: The partner receives 2 items of data: full name and date of birth. "
		other  = "The policy says: Everything else is refused. "
		tongue = "The policy says: What is recorded in several languages comes in one: English. "
		no     = "No line of the text says it"
	)
	for _, tc := range []struct {
		at, query, verdict string
		reasons            []string
	}{
		{auth, "way=otp", "Allowed", []string{"For “One-time code” may be used. " + ways + "Line 9 of the text"}},
		{auth, "way=otp&way=otp&way=kyc&attribute=fullName&language=eng", "Allowed", []string{
			"For “One-time code” may be used. " + ways + "Line 9 of the text", "For “Receiving personal data (e‑KYC)” may be used. " + asks + "Line 23 of the text",
			"For “Full name” is among the data that the policy grants. " + five + "Line 29 of the text",
			"For “English” is among the languages of the data. " + tongue + "Line 45 of the text",
		}},
		{auth, "way=bio:IRIS", "Refused", []string{"Against “Biometrics: Iris” is not allowed: the policy names another kind. " + ways + "Line 13 of the text"}},
		{auth, "way=otp&attribute=gender&language=fra", "Refused", []string{
			"For “One-time code” may be used. " + ways + "Line 9 of the text", "Against “Gender” is not among the data that the policy grants. " + five + no,
			"Against Data comes only with a way that returns it, such as “Receiving personal data (e‑KYC)”, and none is used. " + asks + "Line 23 of the text",
			"Against “French” is not among the languages of the data. " + tongue + no,
		}},
		{auth, "way=magic", "Refused", []string{"Against “\u2068magic\u2069” is not among the allowed ways. " + other + no}},
		{auth, "way=&way=%ff&way=+otp&way=a%00b&attribute=" + strings.Repeat("x", 300), "", nil},
		{auth, "", "", nil},
		{auth, "person=adult", "", nil},
		{auth, "ask=yes", "Refused", []string{"Against No way of authenticating is used, and nobody is authenticated without one. " + no}},
		{share, "ask=yes", "Refused", []string{"Against No data is asked for. " + no}},
		{share, "attribute=fullName&way=otp&language=eng", "Allowed", []string{"For “Full name” is among the data that the policy grants. " + two + "Line 13 of the text"}},
		{share, "attribute=phone", "Refused", []string{"Against “Phone number” is not among the data that the policy grants. " + two + no}},
	} {
		p := d.Second.Get(tc.at + "/try?" + tc.query).Want(200)
		var reasons []string
		p.Doc.Find("main ul.findings li").Each(func(_ int, li *goquery.Selection) {
			reasons = append(reasons, words(li))
		})
		if got := strings.TrimSpace(p.Doc.Find("#answer").Text()); got != tc.verdict || strings.Join(reasons, "\n") != strings.Join(tc.reasons, "\n") {
			t.Errorf("%s: %q\n%s\nwant %q\n%s", tc.query, got, strings.Join(reasons, "\n"), tc.verdict, strings.Join(tc.reasons, "\n"))
		}
		p.Doc.Find("main ul.findings a").Each(func(_ int, a *goquery.Selection) {
			at, line, _ := strings.Cut(a.AttrOr("href", ""), "#")
			if d.Second.Get(at).Want(200).Doc.Find("[id='"+line+"']").Length() != 1 {
				t.Errorf("%s: a line leads to %s, where no %q is", tc.query, at, line)
			}
		})
		for _, value := range []string{"otp", "kyc"} {
			box := p.Doc.Find("input[name=way][value=" + value + "]")
			if _, ticked := box.Attr("checked"); tc.at == auth && ticked != strings.Contains("&"+tc.query+"&", "&way="+value+"&") {
				t.Errorf("%s: %s is ticked: %v", tc.query, value, ticked)
			}
		}
	}
}

// What the answer hands over is that of the chosen person, and nothing where it
// is no.
func TestTryHandsOver(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := saved(d, policydoc.KindAuth, "Customers", sample(t, policydoc.KindAuth, "know_your_customer"))
	p := d.Second.Get(path + "/try?way=kyc&attribute=fullName&attribute=phone&person=minor").Want(200)
	webtest.WantText(t, p, "Timo Sample", "Nothing: this person has none")
	p = d.Second.Get(path + "/try?way=kyc&attribute=fullName&attribute=gender&person=minor").Want(200)
	if p.Has("Timo Sample") {
		t.Error("refused, and yet it shows a name")
	}
}

// A document of thousands of attributes makes a page that a browser can show.
func TestLongDocumentsAreCut(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	var b strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&b, `,{"attributeName":"own%d"}`, i)
	}
	path := saved(d, policydoc.KindAuth, "Long", `{"authTokenType":"policy","allowedAuthTypes":[{"authType":"kyc","mandatory":false}],"allowedKycAttributes":[`+b.String()[1:]+`]}`)
	p := d.Second.Get(path + "/preview").Want(200)
	webtest.WantText(t, p, "3800 more lines are not shown")
	if len(p.Body) > 400<<10 {
		t.Errorf("%d bytes", len(p.Body))
	}
	p = d.Second.Get(path + "/try?way=kyc&attribute=own3999").Want(200)
	webtest.WantText(t, p, "Allowed", "own3999", "more are not listed")
	if len(p.Body) > 400<<10 {
		t.Errorf("%d bytes", len(p.Body))
	}
}

// Every name that is put together into a message's key has words.
func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, c := range policy.Codes() {
		keys = append(keys, c.Key())
	}
	for _, a := range policy.Absences() {
		keys = append(keys, "policy_preview.absent."+string(a))
	}
	for _, s := range policy.VersionStatuses.All() {
		keys = append(keys, "policy_preview.state."+string(s))
	}
	for _, id := range policy.PeopleIDs() {
		keys = append(keys, "policy_preview.person."+id+".title", "policy_preview.person."+id+".text")
	}
	for _, v := range policy.People(time.Time{})[0].Values["biometrics"] {
		if v.Part.SubType != "" {
			keys = append(keys, "policy_preview.part."+strings.ToLower(strings.ReplaceAll(v.Part.SubType, " ", "_")))
		}
	}
	for _, lang := range i18n.Languages {
		for _, key := range keys {
			if !i18n.Has(lang.Code, key) {
				t.Errorf("%s: no words for %q", lang.Code, key)
			}
		}
	}
}
