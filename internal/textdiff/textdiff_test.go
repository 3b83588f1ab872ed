package textdiff

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// show writes a difference as people know it: "-lost", "+gained", " kept".
func show(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(map[Kind]string{Keep: " ", Lost: "-", Gained: "+"}[l.Kind] + l.Text)
		if l.NoEnd {
			b.WriteString("$")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want string }{
		{"", "", ""},
		{"a\n", "a\n", " a\n"},
		{"", "a\nb\n", "+a\n+b\n"},
		{"a\nb\n", "", "-a\n-b\n"},
		{"a\nb\nc\n", "a\nx\nc\n", " a\n-b\n+x\n c\n"},
		{"a\nb\nc\nd\n", "b\nc\ne\nd\n", "-a\n b\n c\n+e\n d\n"},
		{"a\n", "a", "-a\n+a$\n"},
		{"a\nb", "b", "-a\n b$\n"},
		{"a\r\n", "a\n", "-a\r\n+a\n"},
		{"\n\n", "\n", " \n-\n"},
	} {
		if diff := cmp.Diff(c.want, show(Lines(c.a, c.b))); diff != "" {
			t.Errorf("%q and %q (-want +got)\n%s", c.a, c.b, diff)
		}
	}
}

// apply builds both texts from a difference, and checks the line numbers.
func apply(t *testing.T, lines []Line) (a, b string) {
	t.Helper()
	var x, y strings.Builder
	i, j := 0, 0
	for _, l := range lines {
		text := l.Text + "\n"
		if l.NoEnd {
			text = l.Text
		}
		wantA, wantB := 0, 0
		if l.Kind != Gained {
			i++
			wantA = i
			x.WriteString(text)
		}
		if l.Kind != Lost {
			j++
			wantB = j
			y.WriteString(text)
		}
		if l.A != wantA || l.B != wantB {
			t.Fatalf("%+v, want the numbers %d and %d", l, wantA, wantB)
		}
	}
	return x.String(), y.String()
}

func edits(lines []Line) int {
	n := 0
	for _, l := range lines {
		if l.Kind != Keep {
			n++
		}
	}
	return n
}

// A difference holds both texts, and of short texts it is the shortest one.
func TestADifferenceHoldsBothTexts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		s := strings.Repeat("\n", r.IntN(2))
		for range r.IntN(12) {
			s += string(rune('a'+r.IntN(4))) + strings.Repeat("\n", r.IntN(3))
		}
		return s
	}
	for range 20_000 {
		a, b := text(), text()
		lines := Lines(a, b)
		if x, y := apply(t, lines); x != a || y != b {
			t.Fatalf("%q and %q:\n%s", a, b, show(lines))
		}
		if got, want := edits(lines), distance(split(a), split(b)); got != want {
			t.Fatalf("%q and %q: %d edits, want %d\n%s", a, b, got, want, show(lines))
		}
		if back := Lines(b, a); edits(back) != edits(lines) {
			t.Fatalf("%q and %q: the way back is longer", a, b)
		}
	}
}

// distance is the number of edits, found the plain way.
func distance(a, b []string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal
			} else {
				row[j+1] = 1 + min(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

// numbers is a text of n lines, of which every k-th is its own.
func numbers(n, k int, own string) string {
	var b strings.Builder
	for i := range n {
		if i%k == 0 {
			b.WriteString(own)
		}
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.String()
}

// Texts that differ more than anybody reads are still told in time.
func TestVeryDifferentTextsAreToldInTime(t *testing.T) {
	t.Parallel()
	a, b := numbers(20_000, 2, "a"), numbers(20_000, 2, "b")
	start := time.Now()
	lines := Lines(a, b)
	if x, y := apply(t, lines); x != a || y != b {
		t.Error("the difference does not hold both texts")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	few := Lines(numbers(20_000, 100, "a"), numbers(20_000, 100, "b"))
	if got := edits(few); got != 400 {
		t.Errorf("%d edits, want 400", got)
	}
}

func BenchmarkLines(b *testing.B) {
	for _, c := range []struct {
		name string
		a, b string
	}{
		{"5KB", numbers(500, 50, "a"), numbers(500, 50, "b")},
		{"256KBfew", numbers(20_000, 1000, "a"), numbers(20_000, 1000, "b")},
		{"256KBmany", numbers(20_000, 50, "a"), numbers(20_000, 50, "b")},
		{"256KBall", numbers(20_000, 1, "a"), numbers(20_000, 1, "b")},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.a) + len(c.b)))
			for b.Loop() {
				Lines(c.a, c.b)
			}
		})
	}
}
