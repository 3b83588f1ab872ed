package policy

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"portal/internal/policydoc"
)

// The made-up people. None exists: the names are the words for a sample, the
// phone numbers are of a country code that nobody has, and the addresses of a
// domain that nobody can own.
const (
	Adult      = "adult"       // has everything, in three languages
	Minor      = "minor"       // has neither phone nor e-mail
	ArabicOnly = "arabic_only" // has no spelling in Latin letters
)

// PeopleIDs lists the made-up people in the order in which they are shown.
func PeopleIDs() []string { return []string{Adult, Minor, ArabicOnly} }

// People are the made-up people. Each has an example in place of a value for an
// attribute of the documents that the portal knows nothing about. They grow no
// older: on the day today they are as old as on any other, so that the minor
// stays one.
func People(today time.Time, ms ...policydoc.Meaning) []Person {
	people := []Person{
		{ID: Adult, Values: adult(today)},
		{ID: Minor, Values: minor(today)},
		{ID: ArabicOnly, Values: arabicOnly(today)},
	}
	for _, name := range recordedNames(ms) {
		if len(people[0].Values[people[0].recordedAs(name)]) > 0 { // the adult has everything that is known
			continue
		}
		for _, p := range people {
			p.Values[name] = []Value{{Text: name, Example: true}}
		}
	}
	return people
}

// recordedNames are the attributes of a person's record that documents name.
func recordedNames(ms []policydoc.Meaning) []string {
	var names []string
	for _, m := range ms {
		for _, a := range m.Auth.Attributes {
			names = append(names, a.Name)
		}
		for _, a := range m.Share.Attributes {
			for _, s := range a.Sources {
				names = append(names, s.Attribute)
			}
		}
	}
	return once(names)
}

// Names are the attributes that the person has, in the order of the alphabet.
func (p Person) Names() []string { return slices.Sorted(maps.Keys(p.Values)) }

func adult(today time.Time) map[string][]Value {
	return record(map[string][]Value{
		"fullName":        said("Mira Exemplar", "Mira Exemplaire", "ميرا المثال"),
		"gender":          said("Female", "Féminin", "أنثى"),
		"residenceStatus": said("Citizen", "Ressortissante", "مواطنة"),
		"dateOfBirth":     born(today, adultAge),
		"age":             same(strconv.Itoa(adultAge)),
		"phone":           same("+999 555 0101"),
		"email":           same("mira@example.test"),
		"addressLine1":    said("12 Specimen Street", "12, rue du Spécimen", "١٢ شارع العيّنة"),
		"addressLine2":    said("Flat 4", "Appartement 4", "شقة ٤"),
		"addressLine3":    said("Old Harbour", "Vieux-Port", "الميناء القديم"),
		"preferredLang":   same("eng"),
		"postalCode":      same("00100"),
		"individual_id":   same("0000 1111 2222"),
	})
}

func minor(today time.Time) map[string][]Value {
	return record(map[string][]Value{
		"fullName":        said("Timo Sample", "Timo Échantillon", "تيمو العيّنة"),
		"gender":          said("Male", "Masculin", "ذكر"),
		"residenceStatus": said("Citizen", "Ressortissant", "مواطن"),
		"dateOfBirth":     born(today, minorAge),
		"age":             same(strconv.Itoa(minorAge)),
		"addressLine1":    said("7 Pattern Lane", "7, allée du Modèle", "٧ زقاق النموذج"),
		"addressLine2":    said("Ground floor", "Rez-de-chaussée", "الطابق الأرضي"),
		"addressLine3":    said("Hill Quarter", "Quartier de la Colline", "حي التل"),
		"preferredLang":   same("fra"),
		"postalCode":      same("00200"),
		"individual_id":   same("0000 3333 4444"),
	})
}

// arabicOnly was recorded in Arabic alone.
func arabicOnly(today time.Time) map[string][]Value {
	r := record(map[string][]Value{
		"fullName":        {{Language: "ara", Text: "سلمى النموذج"}},
		"gender":          {{Language: "ara", Text: "أنثى"}},
		"residenceStatus": {{Language: "ara", Text: "مقيمة"}},
		"dateOfBirth":     born(today, arabicOnlyAge),
		"age":             same(strconv.Itoa(arabicOnlyAge)),
		"phone":           same("+999 555 0103"),
		"email":           same("salma@example.test"),
		"addressLine1":    {{Language: "ara", Text: "٣ شارع المثال"}},
		"addressLine2":    {{Language: "ara", Text: "الطابق الثاني"}},
		"addressLine3":    {{Language: "ara", Text: "حي النخيل"}},
		"preferredLang":   same("ara"),
		"postalCode":      same("00300"),
		"individual_id":   same("0000 5555 6666"),
	})
	for _, name := range []string{"city", "province", "region", "zone"} {
		r[name] = r[name][2:] // said in English, French and Arabic
	}
	return r
}

// record completes what is told of somebody with what all the people share: a
// country that does not exist, and what the portal shows of pictures and
// biometrics, which is what they are.
func record(values map[string][]Value) map[string][]Value {
	photo := []Value{{Photo: Photo{Width: 413, Height: 531}}}
	maps.Copy(values, map[string][]Value{
		"city":                 said("Sampleton", "Exempleville", "مدينة العيّنة"),
		"province":             said("North Province", "Province du Nord", "المقاطعة الشمالية"),
		"region":               said("Coast", "Littoral", "الساحل"),
		"zone":                 said("Zone 5", "Zone 5", "المنطقة ٥"),
		"photo":                photo,
		"face":                 photo,
		"biometrics":           biometrics(),
		"individualBiometrics": biometrics(),
	})
	return values
}

// biometrics are everything that an enrolment takes, in the words of filters.
func biometrics() []Value {
	var out []Value
	for _, side := range []string{"Left", "Right"} {
		out = append(out, Value{Part: Part{"Iris", side}})
	}
	for _, side := range []string{"Left", "Right"} {
		for _, finger := range []string{"Thumb", "IndexFinger", "MiddleFinger", "RingFinger", "LittleFinger"} {
			out = append(out, Value{Part: Part{"Finger", side + " " + finger}})
		}
	}
	return append(out, Value{Part: Part{Type: "Face"}})
}

// How old the people are.
const (
	adultAge      = 35
	minorAge      = 11
	arabicOnlyAge = 58
)

// born is the date of birth of a person of an age: the second day of the year, so
// that whoever looks at the year alone sees the age as well. On the first day of
// a year it is the year before.
func born(today time.Time, age int) []Value {
	return same(strconv.Itoa(today.AddDate(0, 0, -1).Year()-age) + "/01/02")
}

// said is a value in the languages that are English, French and Arabic.
func said(eng, fra, ara string) []Value {
	return []Value{{Language: "eng", Text: eng}, {Language: "fra", Text: fra}, {Language: "ara", Text: ara}}
}

// same is a value that is the same in all languages.
func same(text string) []Value { return []Value{{Text: text}} }
