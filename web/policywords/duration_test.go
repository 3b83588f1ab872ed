package policywords

import "testing"

func TestMinutesAreSaidAsPeopleDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ minutes, en, fr, ar string }{
		{"1", "1 minute", "1 minute", "دقيقة واحدة"},
		{"2", "2 minutes", "2 minutes", "دقيقتين"},
		{"59", "59 minutes", "59 minutes", "59 دقيقة"},
		{"60", "1 hour", "1 heure", "ساعة واحدة"},
		{"61", "61 minutes", "61 minutes", "61 دقيقة"},
		{"180", "3 hours", "3 heures", "3 ساعات"},
		{"1440", "1 day", "1 jour", "يوم واحد"},
		{"1500", "25 hours", "25 heures", "25 ساعة"},
		{"10080", "7 days", "7 jours", "7 أيام"},
		{"525600", "365 days", "365 jours", "365 يومًا"},
		{"525601", "more than a year (525,601 minutes)", "plus d’un an (525\u00a0601 minutes)", "أكثر من سنة (525,601 دقيقة)"},
		{"1000000", "more than a year (1,000,000 minutes)", "plus d’un an (1\u00a0000\u00a0000 de minutes)", "أكثر من سنة (1,000,000 دقيقة)"},
		{"many", "many", "many", "many"},
	} {
		for lang, want := range map[string]string{"en": c.en, "fr": c.fr, "ar": c.ar} {
			if got := (teller{lang: lang}).duration(c.minutes); got != want {
				t.Errorf("%s in %s: %q, want %q", c.minutes, lang, got, want)
			}
		}
	}
}
