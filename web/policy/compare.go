package policy

import (
	"context"
	"net/http"
	"slices"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/textdiff"
	"portal/web/i18n"
	"portal/web/page"
)

// comparePage is two versions beside each other. Both are nil where there is
// only one.
type comparePage struct {
	policy.Full
	From, To   *policy.Version
	Vocabulary *policydoc.Vocabulary
	Understood bool // both follow their schema, so that they can be compared by what they say
	Was, Is    policydoc.Meaning
	Delta      policydoc.Delta
	Runs       []run // of the two texts, as one
	Garbage    bool  // the address asks for numbers that are none
}

// same reports whether the reader chose one version twice.
func (c comparePage) same() bool { return c.From.Number == c.To.Number }

// compare shows two versions by the numbers in the address. What is no number
// counts as not chosen; a number that no version has is a page that does not
// exist.
func (h handlers) compare(w http.ResponseWriter, r *http.Request) error {
	p, err := h.load(r)
	if err != nil {
		return err
	}
	c := comparePage{Full: p}
	from, to := choice(p)
	q := r.URL.Query()
	for name, number := range map[string]*int{"from": &from, "to": &to} {
		if asked := q.Get(name); asked != "" {
			if n, err := parseNumber(asked); err == nil {
				*number = n
			} else {
				c.Garbage = true
			}
		}
	}
	if from == 0 || to == 0 {
		return page.Render(w, r, http.StatusOK, nothingToCompare(c))
	}
	if err := h.fill(r, &c, from, to); err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, comparison(c))
}

// choice are the two versions that most people want to compare: what is in force
// and what waits, else the last two. Zeros if there is only one.
func choice(p policy.Full) (from, to int) {
	switch {
	case p.InForce != nil && p.Waiting != nil:
		return p.InForce.Number, p.Waiting.Number
	case len(p.Versions) > 1:
		return p.Versions[1].Number, p.Versions[0].Number
	}
	return 0, 0
}

// fill reads both versions and what is different between them.
func (h handlers) fill(r *http.Request, c *comparePage, from, to int) error {
	a, err := h.policies.Version(r.Context(), c.ID, from)
	if err != nil {
		return err
	}
	b, err := h.policies.Version(r.Context(), c.ID, to)
	if err != nil {
		return err
	}
	if c.Vocabulary, err = h.words.All(r.Context()); err != nil {
		return err
	}
	c.From, c.To = &a, &b
	c.Runs = runsOf(textdiff.Lines(a.Document, b.Document))
	var was, is bool
	c.Was, was = policydoc.Understand(c.Kind, []byte(a.Document))
	c.Is, is = policydoc.Understand(c.Kind, []byte(b.Document))
	if c.Understood = was && is; c.Understood {
		c.Delta = policydoc.Compare(c.Was, c.Is, c.Vocabulary)
	}
	return nil
}

func (c comparePage) title(ctx context.Context) string {
	if c.same() {
		return i18n.T(ctx, "policy_version.compare.title.one", "Number", c.From.Number, "Name", c.Name)
	}
	return i18n.T(ctx, "policy_version.compare.title", "From", c.From.Number, "To", c.To.Number, "Name", c.Name)
}

// offered are the versions to choose from: those of the policy's page, and the
// chosen one if it is too old for that.
func offered(versions []policy.Version, chosen policy.Version) []policy.Version {
	if slices.ContainsFunc(versions, func(v policy.Version) bool { return v.Number == chosen.Number }) {
		return versions
	}
	return append(slices.Clone(versions), chosen)
}
