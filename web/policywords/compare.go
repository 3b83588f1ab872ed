package policywords

import (
	"context"

	"portal/internal/policydoc"
)

// DiffKind says what became of a sentence from one version to another.
type DiffKind string

// The kinds of a line of a comparison.
const (
	Kept    DiffKind = "kept"
	Lost    DiffKind = "lost"
	Gained  DiffKind = "gained"
	Changed DiffKind = "changed" // the same thing is said otherwise: lost and gained at once
)

// DiffLine is a line of a comparison: the sentence before, the one after, or
// both.
type DiffLine struct {
	Kind          DiffKind
	Part          policydoc.Part
	Before, After *Line
}

// SentenceDiff sets the sentences of two versions side by side, in the order of
// the sentences: those that both say, those that only one of them says.
func SentenceDiff(ctx context.Context, v *policydoc.Vocabulary, a, b policydoc.Meaning) []DiffLine {
	was, is := policydoc.Sentences(a, v), policydoc.Sentences(b, v)
	before, after := lines(ctx, v, was), lines(ctx, v, is)
	at := make(map[string]int, len(is))
	for i, s := range is {
		at[s.ID] = i
	}
	stays := make(map[string]bool, len(was))
	for _, s := range was {
		stays[s.ID] = true
	}
	var out []DiffLine
	next := 0
	gained := func(end int) {
		for ; next < end; next++ {
			if !stays[is[next].ID] {
				out = append(out, DiffLine{Kind: Gained, Part: after[next].Part, After: &after[next]})
			}
		}
	}
	for i, s := range was {
		j, stayed := at[s.ID]
		if !stayed {
			out = append(out, DiffLine{Kind: Lost, Part: s.Part, Before: &before[i]})
			continue
		}
		gained(j)
		kind := Kept
		if !s.Same(is[j]) {
			kind = Changed
			before[i], after[j] = bothMarked(ctx, v, &was[i], &is[j])
		}
		out = append(out, DiffLine{Kind: kind, Part: s.Part, Before: &before[i], After: &after[j]})
	}
	gained(len(is))
	return out
}

// bothMarked are two sentences of the same thing with the names marked that only
// one of them has: one new name among twenty is to be seen. Where they have none
// in common everything is new, and nothing is marked.
func bothMarked(ctx context.Context, v *policydoc.Vocabulary, was, is *policydoc.Sentence) (before, after Line) {
	old, now := namesOf(was), namesOf(is)
	common := false
	for name := range old {
		common = common || now[name]
	}
	t := newTeller(ctx, v)
	marking := func(other map[string]bool) teller {
		if common {
			t.changed = func(n policydoc.Name) bool { return !other[n.ID()] }
		}
		return t
	}
	return marking(now).line(was), marking(old).line(is)
}

func namesOf(s *policydoc.Sentence) map[string]bool {
	out := make(map[string]bool)
	for _, a := range s.Args {
		for _, n := range a.Names {
			out[n.ID()] = true
		}
	}
	return out
}

type partDiff struct {
	part policydoc.Part
	rows []DiffLine
}

// diffed puts the lines of a comparison under their parts.
func diffed(all []DiffLine) []partDiff {
	var out []partDiff
	for _, p := range policydoc.Parts() {
		group := partDiff{part: p}
		for _, l := range all {
			if l.Part == p {
				group.rows = append(group.rows, l)
			}
		}
		if len(group.rows) > 0 {
			out = append(out, group)
		}
	}
	return out
}
