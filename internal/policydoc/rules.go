package policydoc

// ruleID names one thing that can be found. Codes are stable: other programs
// and people refer to them. A rule that goes leaves its code unused.
type ruleID int

const (
	jsEmpty ruleID = iota
	jsTooBig
	jsEncoding
	jsBOM
	jsUTF8
	jsTooDeep
	jsTooManyValues
	jsKeyTooLong
	jsTextTooLong
	jsDuplicateKey
	jsControl
	jsInvisible
	jsSurrogate
	jsEscape
	jsExponent
	jsNumberLong
	jsNumberForm
	jsCommaMissing
	jsCommaExtra
	jsColonMissing
	jsKeyExpected
	jsKeyQuotes
	jsQuoteMissing
	jsQuoteOpening
	jsQuoteStray
	jsQuotes
	jsComment
	jsLiteral
	jsWord
	jsValueMissing
	jsUnclosed
	jsCloser
	jsCloserExtra
	jsTrailing
	jsSeparator
	jsUnexpected
	jsMore

	docKind
	docUnknownKey
	docUnknownKeyNear
	docMissingKey
	docTypeDocument
	docTypeObject
	docTypeEntryObject
	docTypeList
	docTypeText
	docTypeEntryText
	docTypeFlag
	docFlagQuotes
	docCountQuotes
	docEnum
	docEnumNear
	docEmptyText
	docEmptyList
	docFormCount
	docFormHost
	docFormLanguage
	docFormName
	docTextLong
	docFilterEmpty
	docFilterType
	docForm
	docOtherKind

	docAuthType
	docAuthTypeNear
	docSubType
	docSubTypeNear
	docTwiceAuthType
	docTwiceAttribute
	docTwiceLanguage
)

// rule is what the catalogue says of a finding. A code without letters gets
// AP- or DS- by the kind of the document. args are the names of the message's
// arguments, in the order in which the finder gives their values.
type rule struct {
	code, key string
	level     Level
	args      []string
}

var catalogue = [...]rule{
	jsEmpty:         {"JS-001", "empty", Error, nil},
	jsTooBig:        {"JS-002", "too_big", Error, []string{"Max"}},
	jsEncoding:      {"JS-003", "encoding", Error, nil},
	jsBOM:           {"JS-004", "bom", Error, nil},
	jsUTF8:          {"JS-005", "utf8", Error, nil},
	jsTooDeep:       {"JS-006", "too_deep", Error, []string{"Max"}},
	jsTooManyValues: {"JS-007", "too_many_values", Error, []string{"Max"}},
	jsKeyTooLong:    {"JS-008", "key_too_long", Error, []string{"Max"}},
	jsTextTooLong:   {"JS-009", "text_too_long", Error, []string{"Max"}},
	jsDuplicateKey:  {"JS-010", "duplicate_key", Error, []string{"Name", "Line"}},
	jsControl:       {"JS-011", "control", Error, []string{"Char"}},
	jsInvisible:     {"JS-012", "invisible", Error, []string{"Char"}},
	jsSurrogate:     {"JS-013", "surrogate", Error, []string{"Text"}},
	jsEscape:        {"JS-014", "escape", Error, []string{"Text"}},
	jsExponent:      {"JS-015", "exponent", Error, []string{"Text"}},
	jsNumberLong:    {"JS-016", "number_long", Error, []string{"Max"}},
	jsNumberForm:    {"JS-017", "number_form", Error, []string{"Text"}},
	jsCommaMissing:  {"JS-020", "comma_missing", Error, []string{"Before", "After"}},
	jsCommaExtra:    {"JS-021", "comma_extra", Error, nil},
	jsColonMissing:  {"JS-022", "colon_missing", Error, []string{"Name"}},
	jsKeyExpected:   {"JS-023", "key_expected", Error, []string{"Text", "Line"}},
	jsKeyQuotes:     {"JS-024", "key_quotes", Error, []string{"Name"}},
	jsQuoteMissing:  {"JS-025", "quote_missing", Error, nil},
	jsQuoteOpening:  {"JS-026", "quote_opening", Error, []string{"Text"}},
	jsQuoteStray:    {"JS-027", "quote_stray", Error, nil},
	jsQuotes:        {"JS-028", "quotes", Error, []string{"Text"}},
	jsComment:       {"JS-029", "comment", Error, nil},
	jsLiteral:       {"JS-030", "literal", Error, []string{"Text", "Suggestion"}},
	jsWord:          {"JS-031", "word", Error, []string{"Text"}},
	jsValueMissing:  {"JS-032", "value_missing", Error, []string{"Name"}},
	jsUnclosed:      {"JS-033", "unclosed", Error, []string{"Open", "Line", "Close"}},
	jsCloser:        {"JS-034", "closer", Error, []string{"Text", "Open", "Line", "Close"}},
	jsCloserExtra:   {"JS-035", "closer_extra", Error, []string{"Text"}},
	jsTrailing:      {"JS-036", "trailing", Error, nil},
	jsSeparator:     {"JS-037", "separator", Error, []string{"Text", "Want"}},
	jsUnexpected:    {"JS-038", "unexpected", Error, []string{"Text"}},
	jsMore:          {"JS-099", "more", Error, []string{"Count"}},

	docKind:            {"100", "kind", Error, nil},
	docUnknownKey:      {"101", "unknown_key", Error, []string{"Name", "Allowed"}},
	docUnknownKeyNear:  {"101", "unknown_key_near", Error, []string{"Name", "Suggestion"}},
	docMissingKey:      {"102", "missing_key", Error, []string{"Name"}},
	docTypeDocument:    {"103", "type_document", Error, nil},
	docTypeObject:      {"103", "type_object", Error, []string{"Name"}},
	docTypeEntryObject: {"103", "type_entry_object", Error, []string{"Name"}},
	docTypeList:        {"103", "type_list", Error, []string{"Name"}},
	docTypeText:        {"103", "type_text", Error, []string{"Name"}},
	docTypeEntryText:   {"103", "type_entry_text", Error, []string{"Name"}},
	docTypeFlag:        {"103", "type_flag", Error, []string{"Name"}},
	docFlagQuotes:      {"103", "flag_quotes", Error, []string{"Name", "Value"}},
	docCountQuotes:     {"103", "count_quotes", Error, []string{"Name", "Value"}},
	docEnum:            {"104", "enum", Error, []string{"Name", "Value", "Allowed"}},
	docEnumNear:        {"104", "enum_near", Error, []string{"Name", "Value", "Suggestion"}},
	docEmptyText:       {"105", "empty_text", Error, []string{"Name"}},
	docEmptyList:       {"106", "empty_list", Error, []string{"Name"}},
	docFormCount:       {"107", "form_count", Error, []string{"Name"}},
	docFormHost:        {"107", "form_host", Error, []string{"Name"}},
	docFormLanguage:    {"107", "form_language", Error, []string{"Value"}},
	docFormName:        {"107", "form_name", Error, []string{"Name"}},
	docTextLong:        {"108", "text_long", Error, []string{"Name", "Max"}},
	docFilterEmpty:     {"109", "filter_empty", Error, nil},
	docFilterType:      {"109", "filter_type", Error, nil},
	docForm:            {"199", "form", Error, []string{"Name"}},
	docOtherKind:       {"110", "other_kind", Error, []string{"Name"}},

	docAuthType:       {"201", "auth_type", Warning, []string{"Value", "Allowed"}},
	docAuthTypeNear:   {"201", "auth_type_near", Warning, []string{"Value", "Suggestion"}},
	docSubType:        {"202", "sub_type", Warning, []string{"Value", "Allowed"}},
	docSubTypeNear:    {"202", "sub_type_near", Warning, []string{"Value", "Suggestion"}},
	docTwiceAuthType:  {"203", "twice_auth_type", Warning, []string{"Name", "Line"}},
	docTwiceAttribute: {"204", "twice_attribute", Warning, []string{"Name", "Line"}},
	docTwiceLanguage:  {"205", "twice_language", Warning, []string{"Name", "Line"}},
}
