package policydoc

import (
	"bytes"
	"embed"
)

//go:embed samples/*.json
var sampleFiles embed.FS

// Sample is a good document to start from.
type Sample struct {
	ID             string // for an address or a form value
	TitleKey       string
	DescriptionKey string
	Document       []byte // a copy: the caller may change it
}

var sampleIDs = map[Kind][]string{
	KindAuth:      {"one_time_code", "know_your_customer", "single_sign_on"},
	KindDataShare: {"few_data", "card_printing", "duplicate_search"},
}

// Samples are the documents to start from, for a kind. None has a finding.
func Samples(kind Kind) []Sample {
	var out []Sample
	for _, id := range sampleIDs[kind] {
		doc, err := sampleFiles.ReadFile("samples/" + id + ".json")
		if err != nil {
			panic("policydoc: " + err.Error()) // embedded
		}
		out = append(out, Sample{
			ID:             id,
			TitleKey:       "policydoc.sample." + id + ".title",
			DescriptionKey: "policydoc.sample." + id + ".description",
			Document:       bytes.Clone(doc),
		})
	}
	return out
}

// SampleByID finds one of Samples(kind).
func SampleByID(kind Kind, id string) (Sample, bool) {
	for _, s := range Samples(kind) {
		if s.ID == id {
			return s, true
		}
	}
	return Sample{}, false
}
