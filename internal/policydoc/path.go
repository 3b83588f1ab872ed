package policydoc

import "strconv"

// Step is one step of a path: a key of an object, or a place in a list.
type Step struct {
	Key   string // of an object; may be empty, as "" is a key too
	Index int    // in a list, from 0
	Item  bool   // true: Index counts, false: Key
}

// String is the step as a JSON Pointer has it, unescaped.
func (s Step) String() string {
	if s.Item {
		return strconv.Itoa(s.Index)
	}
	return s.Key
}

// Word is one piece of a path for a reader.
type Word struct {
	Key  string // message; empty: there is no word for it, show Raw
	Args []any  // of the message: name, value …
	Raw  string // the key, or the place in the list, as the document has it
}

// PathWords says a finding's path in words, from the outside in, for instance
// "allowed ways of authenticating", "entry 3", "way of authenticating". The
// page puts a sign of its own between the pieces. The whole document is one
// piece; a key that no schema knows has no message.
func PathWords(path []Step) []Word {
	if len(path) == 0 {
		return []Word{{Key: "policydoc.path.document"}}
	}
	words := make([]Word, len(path))
	for i, s := range path {
		words[i].Raw = s.String()
		switch {
		case s.Item:
			words[i].Key, words[i].Args = "policydoc.path.entry", []any{"Number", s.Index + 1}
		case pathKeys[s.Key]:
			words[i].Key = "policydoc.path." + s.Key
		}
	}
	return words
}

// pathKeys are the keys of both schemas; every one has a word in every
// language. A test holds them against the schemas.
var pathKeys = map[string]bool{
	"authTokenType": true, "allowedAuthTypes": true, "authType": true, "authSubType": true,
	"mandatory": true, "allowedKycAttributes": true, "attributeName": true, "kycLanguages": true,

	"dataSharePolicies": true, "typeOfShare": true, "validForInMinutes": true,
	"transactionsAllowed": true, "encryptionType": true, "shareDomain": true, "source": true,
	"protocol": true, "shareableAttributes": true, "group": true, "attribute": true,
	"filter": true, "type": true, "subType": true, "language": true, "encrypted": true, "format": true,
}
