package policydoc

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Summary is a good document made readable: what it says, in its own names and
// order, without a sentence. Auth is filled for KindAuth, Share for
// KindDataShare.
type Summary struct {
	Kind  Kind
	Auth  AuthSummary
	Share ShareSummary
}

// AuthSummary is what an Auth policy allows.
type AuthSummary struct {
	TokenType  string // TokenTypeKey
	AuthTypes  []AuthType
	Attributes []string // AttributeKey; empty: the partner receives no data
	Languages  []string // LanguageKey; empty: the policy does not choose
}

// AuthType is a way of authenticating, with all sub-types that stand under the
// same condition.
type AuthType struct {
	Name      string // AuthTypeKey
	Mandatory bool
	SubTypes  []string // SubTypeKey; empty: none named
}

// ShareSummary is what a Data share policy hands over, and how.
type ShareSummary struct {
	TypeOfShare       string // ShareTypeKey
	EncryptionType    string // EncryptionKey
	Domain, Source    string
	Protocol          string // "" if the policy does not say
	ValidMinutes      int
	TransactionsLimit int // how often the link may be opened
	Attributes        []SharedAttribute
}

// SharedAttribute is one attribute that the partner receives.
type SharedAttribute struct {
	Name      string // AttributeKey
	Group     string // "" if none
	Format    string // FormatKey; "" as recorded
	Encrypted bool
	Sources   []Source
}

// Source is where a shared attribute is taken from.
type Source struct {
	Attribute string
	Filters   []Filter // empty: all of it
}

// Filter takes a part of a source. Empty fields do not filter.
type Filter struct {
	Type     string // FilterTypeKey
	SubTypes []string
	Language string // LanguageKey
}

// Summarize reads a document of the given kind. It is false for a document with
// errors: half a policy must not look like a whole one.
func Summarize(kind Kind, doc []byte) (Summary, bool) {
	if !Check(kind, doc).OK() {
		return Summary{}, false
	}
	s := Summary{Kind: kind}
	// The document follows the schema, so encoding/json reads it as we do.
	switch kind {
	case KindAuth:
		var d authDocument
		if json.Unmarshal(doc, &d) != nil {
			return Summary{}, false
		}
		s.Auth = d.summary()
	case KindDataShare:
		var d shareDocument
		if json.Unmarshal(doc, &d) != nil {
			return Summary{}, false
		}
		s.Share = d.summary()
	}
	return s, true
}

type authDocument struct {
	TokenType string `json:"authTokenType"`
	AuthTypes []struct {
		Type      string `json:"authType"`
		SubType   string `json:"authSubType"`
		Mandatory bool   `json:"mandatory"`
	} `json:"allowedAuthTypes"`
	Attributes []struct {
		Name string `json:"attributeName"`
	} `json:"allowedKycAttributes"`
	Languages []string `json:"kycLanguages"`
}

func (d authDocument) summary() AuthSummary {
	s := AuthSummary{TokenType: d.TokenType, Languages: d.Languages}
	type group struct {
		name            string
		mandatory, bare bool
	}
	at := make(map[group]int)
	for _, a := range d.AuthTypes {
		// "bio" alone means any kind of biometrics: it must not disappear
		// behind a sub-type that is also listed.
		g := group{a.Type, a.Mandatory, a.SubType == ""}
		i, seen := at[g]
		if !seen {
			i = len(s.AuthTypes)
			at[g] = i
			s.AuthTypes = append(s.AuthTypes, AuthType{Name: a.Type, Mandatory: a.Mandatory})
		}
		if sub := &s.AuthTypes[i].SubTypes; a.SubType != "" && !slices.Contains(*sub, a.SubType) {
			*sub = append(*sub, a.SubType)
		}
	}
	for _, a := range d.Attributes {
		s.Attributes = append(s.Attributes, a.Name)
	}
	return s
}

type shareDocument struct {
	Rules struct {
		TypeOfShare    string `json:"typeOfShare"`
		Minutes        string `json:"validForInMinutes"`
		Transactions   string `json:"transactionsAllowed"`
		EncryptionType string `json:"encryptionType"`
		Domain         string `json:"shareDomain"`
		Source         string `json:"source"`
		Protocol       string `json:"protocol"`
	} `json:"dataSharePolicies"`
	Attributes []struct {
		Name   string `json:"attributeName"`
		Group  string `json:"group"`
		Source []struct {
			Attribute string `json:"attribute"`
			Filter    []struct {
				Type     string   `json:"type"`
				SubType  []string `json:"subType"`
				Language string   `json:"language"`
			} `json:"filter"`
		} `json:"source"`
		Encrypted bool   `json:"encrypted"`
		Format    string `json:"format"`
	} `json:"shareableAttributes"`
}

func (d shareDocument) summary() ShareSummary {
	s := ShareSummary{
		TypeOfShare: d.Rules.TypeOfShare, EncryptionType: d.Rules.EncryptionType,
		Domain: d.Rules.Domain, Source: d.Rules.Source, Protocol: d.Rules.Protocol,
		ValidMinutes: number(d.Rules.Minutes), TransactionsLimit: number(d.Rules.Transactions),
	}
	for _, a := range d.Attributes {
		shared := SharedAttribute{Name: a.Name, Group: a.Group, Format: a.Format, Encrypted: a.Encrypted}
		for _, from := range a.Source {
			source := Source{Attribute: from.Attribute}
			for _, f := range from.Filter {
				source.Filters = append(source.Filters, Filter{f.Type, f.SubType, f.Language})
			}
			shared.Sources = append(shared.Sources, source)
		}
		s.Attributes = append(s.Attributes, shared)
	}
	return s
}

// number reads a count; the schema has seen that it is one of at most nine
// digits.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
