package password

import (
	"embed"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// The lists of common passwords. They are our own composition, not taken from
// leaked passwords: words, names and phrases that we know people to use, in
// English, French and Arabic, and every phrase with a * combined with every
// name. That gives some 12,000 entries of full length. What a list cannot hold,
// all the ways to pad and join its entries, is the work of strength.go. Anyone
// who may use a list of leaked passwords can add its lines to phrases.txt.
//
//go:embed common/*.txt
var files embed.FS

// dictionary holds folded and squeezed entries in order, so that all entries
// which start with some text stand side by side.
type dictionary [][]rune

func newDictionary(texts []string) dictionary {
	var d dictionary
	for _, text := range texts {
		if word := squeeze(fold(text)); len(word) >= shortestWord {
			d = append(d, word)
		}
	}
	slices.SortFunc(d, slices.Compare)
	return slices.CompactFunc(d, slices.Equal)
}

// at returns the lengths of all entries that text starts with.
func (d dictionary) at(text []rune) []int {
	var lengths []int
	for k, r := range text {
		// d holds the entries that share the first k characters with text; one
		// that ends there comes first.
		from := sort.Search(len(d), func(i int) bool { return len(d[i]) > k && d[i][k] >= r })
		d = d[from:]
		d = d[:sort.Search(len(d), func(i int) bool { return d[i][k] > r })]
		if len(d) == 0 {
			break
		}
		if len(d[0]) == k+1 {
			lengths = append(lengths, k+1)
		}
	}
	return lengths
}

// common is made when first needed: most processes start far more often than a
// password is chosen.
var common = sync.OnceValue(func() dictionary {
	names := fields("names")
	texts := append(fields("words"), names...)
	for _, phrase := range lines("phrases") {
		if !strings.Contains(phrase, "*") {
			texts = append(texts, phrase)
			continue
		}
		for _, name := range names {
			texts = append(texts, strings.ReplaceAll(phrase, "*", name))
		}
	}
	return newDictionary(texts)
})

// fields are the words of an embedded file.
func fields(name string) []string { return strings.Fields(strings.Join(lines(name), " ")) }

// lines of an embedded file, without comments.
func lines(name string) []string {
	text, err := files.ReadFile("common/" + name + ".txt")
	if err != nil {
		panic(err) // impossible: embedded
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

// service holds the words that everybody knows about this site.
var service = []string{"portal", "partner", "partners", "management", "mosip", "identity", "policy"}

// own is the dictionary of what is known about the person and the service:
// each text as a whole ("acmetelecom") and its words.
func own(words []string) dictionary {
	texts := slices.Clone(service)
	for _, text := range words {
		texts = append(texts, text)
		texts = append(texts, strings.FieldsFunc(text, func(r rune) bool { return !isLetterOrDigit(r) })...)
	}
	return newDictionary(texts)
}

// fold drops what people vary without making a password harder to guess:
// letter case, accents, width, and the script of digits.
func fold(s string) []rune {
	var out []rune
	for _, r := range norm.NFKD.String(cases.Fold().String(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case '٠' <= r && r <= '٩':
			out = append(out, '0'+r-'٠')
		case '۰' <= r && r <= '۹':
			out = append(out, '0'+r-'۰')
		default:
			out = append(out, r)
		}
	}
	return out
}

// squeeze keeps letters and digits.
func squeeze(s []rune) []rune {
	var out []rune
	for _, r := range s {
		if isLetterOrDigit(r) {
			out = append(out, r)
		}
	}
	return out
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
