// Package textdiff tells in which lines two texts differ. It knows lines only:
// not what the texts mean, and not how a difference is shown.
package textdiff

import (
	"slices"
	"strings"
)

// Kind says in which of the two texts a line stands.
type Kind string

// The kinds of a line.
const (
	Keep   Kind = "keep"   // in both
	Lost   Kind = "lost"   // in the first only
	Gained Kind = "gained" // in the second only
)

// Line is a line of one of the texts or of both.
type Line struct {
	Kind  Kind
	A, B  int    // its number in the first and the second text, from 1; 0 where it does not stand
	Text  string // without its end, which is LF; a CR before it is part of the line
	NoEnd bool   // it has no end: the last line of a text that ends without one
}

// maxEdits bounds the search: its time and memory grow with the square of the
// edits. Texts that differ by more are shown as one replaced by the other,
// between what they begin and end with alike; nobody reads so long a list of
// small changes.
const maxEdits = 1000

// Lines compares two texts of any length. Kept and gained lines in their order
// are b, kept and lost ones are a. Where more than maxEdits lines differ the
// list is still right, only not the shortest.
func Lines(a, b string) []Line {
	x, y := split(a), split(b)
	start := 0
	for start < len(x) && start < len(y) && x[start] == y[start] {
		start++
	}
	end := 0
	for end < len(x)-start && end < len(y)-start && x[len(x)-1-end] == y[len(y)-1-end] {
		end++
	}
	out := writer{x: x, y: y, lines: make([]Line, 0, len(x)+len(y)-start-end)}
	out.keep(start)
	for _, s := range shortest(numbered(x[start:len(x)-end], y[start:len(y)-end])) {
		switch s {
		case Keep:
			out.keep(1)
		case Lost:
			out.lost()
		case Gained:
			out.gained()
		}
	}
	out.keep(end)
	return out.lines
}

// split keeps the ends, so that a missing last one makes a difference.
func split(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// numbered gives equal lines equal numbers, which are compared faster.
func numbered(x, y []string) (a, b []int) {
	known := make(map[string]int, len(x))
	number := func(lines []string) []int {
		out := make([]int, len(lines))
		for i, l := range lines {
			n, ok := known[l]
			if !ok {
				n = len(known)
				known[l] = n
			}
			out[i] = n
		}
		return out
	}
	return number(x), number(y)
}

// shortest finds the shortest way from a to b, as E. Myers does ("An O(ND)
// difference algorithm", 1986): reach[k+d] is how far in a one comes on the
// diagonal k with d edits.
func shortest(a, b []int) []Kind {
	var tried [][]int
	reach := []int{0, 0, 0}
	for d := 0; d <= min(len(a)+len(b), maxEdits); d++ {
		next := make([]int, 2*d+3)
		for k := -d; k <= d; k += 2 {
			x := step(reach, d, k)
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			next[k+d+1] = x
			if x >= len(a) && x-k >= len(b) {
				return back(tried, reach, a, b, d)
			}
		}
		tried = append(tried, reach)
		reach = next
	}
	out := slices.Repeat([]Kind{Lost}, len(a))
	return append(out, slices.Repeat([]Kind{Gained}, len(b))...)
}

// step is where one stands on diagonal k after the d-th edit: a line of a left
// out, or one of b taken in, whichever comes further. reach belongs to d-1 edits
// and has its diagonal 0 at place d.
func step(reach []int, d, k int) int {
	if d == 0 {
		return 0
	}
	at := k + d
	if down(reach, d, k) {
		return reach[at+1]
	}
	return reach[at-1] + 1
}

// down reports whether the d-th edit that leads to diagonal k takes in a line
// of b.
func down(reach []int, d, k int) bool {
	at := k + d
	return k == -d || k != d && reach[at-1] < reach[at+1]
}

// back walks from the ends of both to their beginnings.
func back(tried [][]int, reach, a, b []int, d int) []Kind {
	var out []Kind
	x, y := len(a), len(b)
	for ; d > 0; d-- {
		k := x - y
		from, edit, after := k-1, Lost, 1
		if down(reach, d, k) {
			from, edit, after = k+1, Gained, 0
		}
		before := reach[from+d]
		for ; x > before+after; x-- {
			out = append(out, Keep)
		}
		out = append(out, edit)
		x, y = before, before-from
		reach, tried = tried[len(tried)-1], tried[:len(tried)-1]
	}
	for range x {
		out = append(out, Keep)
	}
	slices.Reverse(out)
	return out
}

// writer puts lines down and counts them.
type writer struct {
	x, y  []string
	i, j  int
	lines []Line
}

func (w *writer) keep(n int) {
	for range n {
		w.i, w.j = w.i+1, w.j+1
		w.put(Keep, w.i, w.j, w.x[w.i-1])
	}
}

func (w *writer) lost() {
	w.i++
	w.put(Lost, w.i, 0, w.x[w.i-1])
}

func (w *writer) gained() {
	w.j++
	w.put(Gained, 0, w.j, w.y[w.j-1])
}

func (w *writer) put(k Kind, a, b int, line string) {
	text, ended := strings.CutSuffix(line, "\n")
	w.lines = append(w.lines, Line{k, a, b, text, !ended})
}
