package code

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"portal/internal/secret"
)

var challenge = uuid.MustParse("0198c0de-0000-7000-8000-000000000001")

func TestREG4CodeIsDerivedFromKeyChallengeAndSend(t *testing.T) {
	t.Parallel()
	keys := secret.RandomKeys()
	c := New(keys)
	first := c.Code(challenge, 1)
	if len(first) != Digits {
		t.Fatalf("code %q", first)
	}
	if again := New(keys).Code(challenge, 1); again != first {
		t.Errorf("the same send gives %s, then %s: a mail sent again would carry another code", first, again)
	}
	// One code in a million is equal by chance; ten in a row are not.
	differ := func(name string, other func(send int) string) {
		t.Helper()
		for send := 1; send <= 10; send++ {
			if other(send) != c.Code(challenge, send) {
				return
			}
		}
		t.Errorf("codes do not depend on the %s", name)
	}
	differ("send", func(send int) string { return c.Code(challenge, send+1) })
	differ("challenge", func(send int) string { return c.Code(uuid.Max, send) })
	differ("key", func(send int) string { return New(secret.RandomKeys()).Code(challenge, send) })
}

func TestREG4CodeOfAnEarlierSendIsDead(t *testing.T) {
	t.Parallel()
	c := New(secret.RandomKeys())
	alive := 0
	for send := 1; send <= 1000; send++ {
		code := c.Code(challenge, send)
		if !c.Match(challenge, send, code) {
			t.Fatalf("send %d: its own code is refused", send)
		}
		if c.Match(challenge, send+1, code) {
			alive++
		}
	}
	if alive > 2 {
		t.Errorf("%d of 1000 codes also match the next send", alive)
	}
}

func TestREG4DigitsAreEven(t *testing.T) {
	t.Parallel()
	const codes = 100_000
	// A fixed key: the same 10⁵ codes each run, so the test never fails by chance.
	keys, err := secret.NewKeys([]byte("k9Fv2mQ7xLpT4wZr8NcB1hYs6DgJ3uEa"))
	if err != nil {
		t.Fatal(err)
	}
	c := New(keys)
	var counts [Digits][10]int
	id := challenge
	for i := range codes {
		binary.BigEndian.PutUint32(id[12:], uint32(i))
		for place, digit := range []byte(c.Code(id, 1+i%5)) {
			counts[place][digit-'0']++
		}
	}
	for place, row := range counts {
		for digit, n := range row {
			if off := math.Abs(float64(n)/(codes/10) - 1); off >= 0.06 {
				t.Errorf("digit %d at place %d is %.1f %% off", digit, place, 100*off)
			}
		}
	}
}

func TestREG4TypedForms(t *testing.T) {
	t.Parallel()
	c := New(secret.RandomKeys())
	code := c.Code(challenge, 3)
	shift := func(zero rune) string {
		return strings.Map(func(r rune) rune { return zero + r - '0' }, code)
	}
	for name, typed := range map[string]string{
		"as sent": code, "blanks around": " " + code + "\r\n", "grouped": code[:3] + " " + code[3:],
		"dash": code[:3] + "-" + code[3:], "en dash": code[:3] + "–" + code[3:], "minus": code[:3] + "−" + code[3:],
		"no-break blank": code[:3] + "\u00a0" + code[3:], "thin blank": code[:3] + "\u2009" + code[3:],
		"each apart": strings.Join(strings.Split(code, ""), " "), "direction marks": "\u200f" + code + "\u200e",
		"Arabic-Indic": shift('٠'), "Persian": shift('۰'), "full-width": shift('０'),
	} {
		if !c.Match(challenge, 3, typed) {
			t.Errorf("%s: %q refused", name, typed)
		}
	}
	value, _ := strconv.Atoi(code)
	for name, typed := range map[string]string{
		"nothing": "", "blanks": "      ", "five digits": code[:5], "seven digits": code + "0", "doubled": code + code,
		"another": strconv.Itoa(1_000_000 + (value+1)%1_000_000)[1:], "letters": "abcdef", "sign": "+" + code, "point": code[:3] + "." + code[3:],
		"letter O": "O" + code[1:], "Devanagari": shift('०'), "NUL": code + "\x00", "not UTF-8": code + "\xff",
		"a megabyte": strings.Repeat(" ", 1<<20) + code, "quoted": "'" + code + "'",
	} {
		if c.Match(challenge, 3, typed) {
			t.Errorf("%s: %.30q accepted", name, typed)
		}
	}
	for _, send := range []int{0, -1, math.MinInt} {
		if c.Match(challenge, send, code) || c.MatchLink("reset", c.LinkToken("reset", challenge, 1), send) {
			t.Errorf("send %d was never sent, yet something matches", send)
		}
	}
}

func TestREG4LinkOpensOnlyItsOwnPurpose(t *testing.T) {
	t.Parallel()
	c := New(secret.RandomKeys())
	token := c.LinkToken("reset", challenge, 1)
	if got, ok := LinkChallenge(token); !ok || got != challenge || !c.MatchLink("reset", token, 1) {
		t.Fatalf("%q: challenge %v, %t", token, got, ok)
	}
	other := uuid.Max.String() + token[36:]
	for name, ok := range map[string]bool{
		"other purpose":   c.MatchLink("invite", token, 1),
		"next send":       c.MatchLink("reset", token, 2),
		"other key":       New(secret.RandomKeys()).MatchLink("reset", token, 1),
		"other challenge": c.MatchLink("reset", other, 1),
		"changed":         c.MatchLink("reset", token[:len(token)-2]+"AA", 1),
		"cut":             c.MatchLink("reset", token[:len(token)-1], 1),
		"longer":          c.MatchLink("reset", token+"A", 1),
		"upper case":      c.MatchLink("reset", strings.ToUpper(token[:36])+token[36:], 1),
		"empty":           c.MatchLink("reset", "", 1),
		"code as link":    c.MatchLink("reset", challenge.String()+"."+c.Code(challenge, 1), 1),
	} {
		if ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestOPS9CodesOutliveAKeyRotation(t *testing.T) {
	t.Parallel()
	old, next := []byte("k9Fv2mQ7xLpT4wZr8NcB1hYs6DgJ3uEa"), []byte("Zq3NvR7tYb1MxK5wPc9LhG2sFd8JuA4e")
	one, err := secret.NewKeys(old)
	if err != nil {
		t.Fatal(err)
	}
	both, err := secret.NewKeys(next, old)
	if err != nil {
		t.Fatal(err)
	}
	before, after := New(one), New(both)
	if !after.Match(challenge, 1, before.Code(challenge, 1)) || !after.MatchLink("reset", before.LinkToken("reset", challenge, 1), 1) {
		t.Error("a code mailed before the rotation is refused")
	}
	if before.MatchLink("reset", after.LinkToken("reset", challenge, 1), 1) {
		t.Error("the old key makes the new links")
	}
}

func FuzzREG4Match(f *testing.F) {
	c := New(secret.RandomKeys())
	code := c.Code(challenge, 1)
	for _, s := range []string{code, " 12-34 56", "١٢٣٤٥٦", "１２３４５６", "½", "\xff", "e\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		digits, ok := normalise(typed)
		if ok && (len(digits) != Digits || strings.Trim(digits, "0123456789") != "") {
			t.Fatalf("normalise(%q) = %q", typed, digits)
		}
		if got := c.Match(challenge, 1, typed); got != (ok && digits == code) {
			t.Fatalf("Match(%q) = %t, code %s", typed, got, code)
		}
		c.MatchLink("reset", typed, 1)
	})
}
