package policydoc

import (
	"fmt"
	"strings"
	"testing"
)

// withName is a good Auth policy but for the JSON text given for a name.
func withName(text string) string {
	return `{"authTokenType":"policy","allowedAuthTypes":[{"authType":"kyc","mandatory":false}],` +
		`"allowedKycAttributes":[{"attributeName":` + text + `}]}`
}

// nameColumn is where that text begins.
var nameColumn = strings.Index(withName("§"), "§") + 1

func codes(doc string) string {
	var out []string
	for _, f := range Check(KindAuth, []byte(doc), Around{}).Findings { // any name
		out = append(out, fmt.Sprintf("%s@%d:%d", f.Code, f.Line, f.Column))
	}
	return strings.Join(out, " ")
}

func expect(t *testing.T, doc, want string) {
	t.Helper()
	if got := codes(doc); got != want {
		t.Errorf("%.60q…: got %q, want %q", doc, got, want)
	}
}

func expectInName(t *testing.T, text, code string, offset int) {
	t.Helper()
	expect(t, withName(text), fmt.Sprintf("%s@1:%d", code, nameColumn+offset))
}

func TestUPL4SizeIsLimited(t *testing.T) {
	t.Parallel()
	good := withName(`"fullName"`)
	expect(t, good+strings.Repeat(" ", MaxBytes-len(good)), "")
	expect(t, good+strings.Repeat(" ", MaxBytes-len(good)+1), "JS-002@1:1")
	expect(t, strings.Repeat("\xff", MaxBytes+1), "JS-002@1:1")
}

func TestUPL4DepthIsLimited(t *testing.T) {
	t.Parallel()
	lists := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	// The name stands at depth 3: in an object, in a list, in the object.
	deepest := MaxDepth - 3
	expectInName(t, lists(deepest), "AP-103", 0)
	expectInName(t, lists(deepest+1), "JS-006", deepest)
	expect(t, strings.Repeat("[", 100_000), "JS-006@1:17")
	expect(t, strings.Repeat(`{"a":`, 50_000), fmt.Sprintf("JS-006@1:%d", MaxDepth*5+1))
}

func TestUPL4NumberOfValuesIsLimited(t *testing.T) {
	t.Parallel()
	lists := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("[],", n-1), ",") + "]" }
	expect(t, lists(MaxValues), "AP-103@1:1")
	expect(t, lists(MaxValues+1), fmt.Sprintf("JS-007@1:%d", 3*(MaxValues-1)+2))
}

func TestUPL4LengthOfKeysIsLimited(t *testing.T) {
	t.Parallel()
	key := func(s string) string { return `{"` + s + `":1,` + withName(`"a"`)[1:] }
	expect(t, key(strings.Repeat("k", MaxKeyBytes)), "AP-101@1:2")
	expect(t, key(strings.Repeat("k", MaxKeyBytes+1)), "JS-008@1:2 AP-101@1:2")
	expect(t, key(strings.Repeat("é", MaxKeyBytes/2)), "AP-101@1:2")
	expect(t, key(strings.Repeat("é", MaxKeyBytes/2)+"k"), "JS-008@1:2 AP-101@1:2")
	expect(t, key(strings.Repeat(`\u006b`, MaxKeyBytes)), "AP-101@1:2") // as read, not as written
}

func TestUPL4LengthOfTextsIsLimited(t *testing.T) {
	t.Parallel()
	text := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	expectInName(t, text(MaxTextBytes), "AP-108", 0) // a name is shorter
	expectInName(t, text(MaxTextBytes+1), "JS-009", 0)
	expectInName(t, `"`+strings.Repeat("é", MaxTextBytes/2)+`x"`, "JS-009", 0)
	expect(t, withName(text(256)), "")
	expect(t, withName(`"`+strings.Repeat("é", 256)+`"`), "")
	expectInName(t, text(257), "AP-108", 0)
}

func TestUPL4DigitsAreLimited(t *testing.T) {
	t.Parallel()
	expectInName(t, "123456789012345", "AP-103", 0)
	expectInName(t, "1234567890123456", "JS-016", 0)
	expectInName(t, "-12345678.9012345", "AP-103", 0)
	expectInName(t, "-12345678.90123456", "JS-016", 0)
	expectInName(t, strings.Repeat("9", 100_000), "JS-016", 0)
}

func TestUPL4ExponentsAreRefused(t *testing.T) {
	t.Parallel()
	for _, n := range []string{"1e5", "1E5", "1e+5", "1.5e-5", "-0e0", "1e100000", "1e999999999999999999"} {
		expectInName(t, n, "JS-015", 0)
	}
	for _, n := range []string{"1e", "1e+", "e5", ".5e1"} {
		if got := codes(withName(n)); !strings.HasPrefix(got, "JS-0") || strings.Contains(got, "JS-015") {
			t.Errorf("%s: %s", n, got)
		}
	}
}

func TestUPL4DuplicateKeysAreRefused(t *testing.T) {
	t.Parallel()
	good := withName(`"a"`)
	expect(t, `{"authTokenType":"random",`+good[1:], "JS-010@1:27")
	r := Check(KindAuth, []byte("{\n\n\"authTokenType\":\"random\",\n"+good[1:]), Around{})
	if len(r.Findings) != 1 || r.Findings[0].Line != 4 || r.Findings[0].Args[3] != 3 {
		t.Errorf("%+v", r.Findings)
	}
}

func TestUPL4EncodingsOtherThanUTF8AreRefused(t *testing.T) {
	t.Parallel()
	good := withName(`"a"`)
	expect(t, "\uFEFF"+good, "JS-004@1:1")
	expect(t, "\xff\xfe{\x00}\x00", "JS-003@1:1")
	expect(t, "\xfe\xff\x00{\x00}", "JS-003@1:1")
	expect(t, "{\x00}\x00", "JS-003@1:1")
	expect(t, "\x00{\x00}", "JS-003@1:1")
	expectInName(t, "\"a\xffb\xfe\"", "JS-005", 2)
	expectInName(t, "\"\xc0\x80\"", "JS-005", 1)     // NUL, overlong
	expectInName(t, "\"\xed\xa0\x80\"", "JS-005", 1) // a surrogate
	expect(t, good+"\xff", fmt.Sprintf("JS-005@1:%d", len(good)+1))
}

func TestUPL4ControlsAreRefused(t *testing.T) {
	t.Parallel()
	for c := rune(0); c < 0xA0; c++ {
		if c >= 0x20 && c < 0x7F {
			continue
		}
		expectInName(t, fmt.Sprintf(`"x\u%04x"`, c), "JS-011", 2)
		if c == '\n' || c == '\r' {
			expectInName(t, "\"x"+string(c)+"\"", "JS-025", 0)
			continue
		}
		expectInName(t, "\"x"+string(c)+"y\"", "JS-011", 2)
		if c != '\t' {
			expectInName(t, string(c)+`"x"`, "JS-011", 0)
		}
	}
	for _, e := range []string{`\b`, `\f`, `\n`, `\r`, `\t`} {
		expectInName(t, `"x`+e+`"`, "JS-011", 2)
	}
}

func TestUPL4InvisibleCharactersAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []rune{0xA0, 0xAD, 0x200B, 0x200D, 0x202E, 0x2028, 0x2066, 0x3000, 0xFEFF} {
		expectInName(t, `"x`+string(c)+`y"`, "JS-012", 2)
		expectInName(t, fmt.Sprintf(`"x\u%04x"`, c), "JS-012", 2)
		expectInName(t, string(c)+`"x"`, "JS-012", 0)
	}
	expectInName(t, `"x\udb40\udc41"`, "JS-012", 2) // a tag letter, outside of the first plane
	expect(t, withName(`"الاسم الكامل"`), "")
	expect(t, withName(`"\u00e9\ud83d\ude00"`), "")
}

func TestUPL4LoneSurrogatesAreRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{`\ud800`, `\udfff`, `\ud83dx`, `\ud83d\n`, `\ude00\ud83d`, `\ud83d\u0041`} {
		expectInName(t, `"`+s+`"`, "JS-013", 1)
	}
}

func TestUPL4TrailingDataIsRefused(t *testing.T) {
	t.Parallel()
	good := withName(`"a"`)
	for _, more := range []string{"{}", "null", ",", "x", "\"", "0"} {
		expect(t, good+more, fmt.Sprintf("JS-036@1:%d", len(good)+1))
		expect(t, good+"\n\n  "+more, "JS-036@3:3")
	}
	expect(t, good+" \r\n\t", "")
}

// Windows' and old Mac's line ends count as one each.
func TestLinesEndInThreeWays(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		expect(t, strings.ReplaceAll("{~  \"é\": ,~~}~x", "~", end), "JS-032@2:7 JS-021@2:8 JS-036@5:1")
		expect(t, strings.ReplaceAll("[~1~2]", "~", end), "AP-103@1:1 JS-020@2:2")
	}
}

func TestFindingsAreLimited(t *testing.T) {
	t.Parallel()
	entry := `{"authType":"otp","mandatory":1},`
	doc := func(n int) []byte {
		return []byte(`{"authTokenType":"policy","allowedKycAttributes":[],"allowedAuthTypes":[` +
			strings.TrimSuffix(strings.Repeat(entry, n), ",") + `]}`)
	}
	// n flags of the wrong type, n-1 entries that are there already.
	r := Check(KindAuth, doc(70), testAround)
	if len(r.Findings) != MaxFindings+1 || r.Errors != 70 || r.Notes != 69 || r.OK() {
		t.Fatalf("%d findings, %d errors, %d warnings", len(r.Findings), r.Errors, r.Notes)
	}
	last := r.Findings[MaxFindings]
	if last.Code != "JS-099" || last.Args[1] != 39 || last.Level != Error {
		t.Errorf("%+v", last)
	}
	if r := Check(KindAuth, doc(50), testAround); len(r.Findings) != 99 {
		t.Errorf("%d findings, want 99 and no other", len(r.Findings))
	}
	entry = `{"authType":"otp","mandatory":true},`
	r = Check(KindAuth, doc(200), testAround)
	if last := r.Findings[MaxFindings]; !r.OK() || last.Level != Warning {
		t.Errorf("more warnings are no error: %+v", last)
	}
}

func TestEqualTextsGiveEqualReports(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, `"authTyp%d":1,`, i)
	}
	doc := "{" + b.String() + `"allowedAuthTypes":[{}]}`
	want := Check(KindAuth, []byte(doc), testAround)
	for range 5 {
		if got := Check(KindAuth, []byte(doc), testAround); showAll(got.Findings) != showAll(want.Findings) {
			t.Fatal("another report for the same text")
		}
	}
}

func TestUnknownKindIsAnError(t *testing.T) {
	t.Parallel()
	if r := Check("misp", []byte("{}"), testAround); r.OK() {
		t.Error("accepted")
	}
	if _, ok := Understand("misp", []byte("{}")); ok || Schema("misp") != nil || Samples("misp") != nil {
		t.Error("something for a kind that does not exist")
	}
}
