//go:build conformance

package policydoc

import "testing"

func TestConformanceFormsGiveTheirDocumentsByteByByte(t *testing.T) {
	t.Parallel()
	for file, doc := range conformanceDocuments(t) {
		kind := conformanceKind(t, file)
		for _, text := range layouts(string(doc)) {
			roundTrip(t, kindDoc{kind, text})
			changesMean(t, kind, text)
		}
		if f := formOf(t, kind, string(doc)); len(f.Others) > 0 {
			t.Errorf("%s: something is not shown: %+v", file, f.Others)
		}
	}
}
