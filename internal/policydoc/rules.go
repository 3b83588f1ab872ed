package policydoc

// ruleID names one thing that can be found. Codes are stable: other programs
// and people refer to them. A rule that goes leaves its code unused. JS-… is the
// text as JSON, 1xx the schema, 2xx names and what is there twice, 3xx
// contradictions and risks, 4xx hints.
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
	docAttribute
	docAttributeNear
	docShareName
	docShareNameNear
	docPath
	docPathNear
	docSource
	docSourceNear
	docFormat
	docFormatNear
	docFilter
	docFilterNear
	docFilterSub
	docFilterSubNear
	docLanguage
	docLanguageNear
	docTwiceSource
	docTwiceFilter
	docTwiceSubType
	docDeprecated

	docMandatoryTwice
	docSubTypeAlone
	docBioAny
	docEncryptedTwice
	docFormatTwice
	docKycEmpty
	docKycUnused
	docDirectTimes
	docHTTP
	docMandatoryLogin
	docLoginIncomplete
	docSpecialClear
	docNoneSpecial
	docNonePersonal
	docLongLife
	docManyTimes
	docFaceAndAddress
	docTokenSpecial

	docMoreAttributes
	docMandatoryElsewhere

	rules // how many there are
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
	docAttribute:      {"206", "attribute", Warning, []string{"Value"}},
	docAttributeNear:  {"206", "attribute_near", Warning, []string{"Value", "Suggestion"}},
	docShareName:      {"207", "share_name", Hint, []string{"Value"}},
	docShareNameNear:  {"207", "share_name_near", Warning, []string{"Value", "Suggestion"}},
	docPath:           {"208", "path", Hint, []string{"Value"}},
	docPathNear:       {"208", "path_near", Hint, []string{"Value", "Suggestion"}},
	docSource:         {"209", "source", Warning, []string{"Value"}},
	docSourceNear:     {"209", "source_near", Warning, []string{"Value", "Suggestion"}},
	docFormat:         {"210", "format_unknown", Hint, []string{"Value"}},
	docFormatNear:     {"210", "format_near", Warning, []string{"Value", "Suggestion"}},
	docFilter:         {"211", "filter", Warning, []string{"Value"}},
	docFilterNear:     {"211", "filter_near", Warning, []string{"Value", "Suggestion"}},
	docLanguage:       {"212", "language", Warning, []string{"Value"}},
	docLanguageNear:   {"212", "language_near", Warning, []string{"Value", "Suggestion"}},
	docTwiceSource:    {"213", "twice_source", Warning, []string{"Name", "Line"}},
	docTwiceFilter:    {"214", "twice_filter", Warning, []string{"Line"}},
	docTwiceSubType:   {"215", "twice_sub_type", Warning, []string{"Name", "Line"}},
	docFilterSub:      {"217", "filter_sub", Warning, []string{"Value"}},
	docFilterSubNear:  {"217", "filter_sub_near", Warning, []string{"Value", "Suggestion"}},
	docDeprecated:     {"216", "deprecated", Warning, []string{"Value", "Date"}},

	docMandatoryTwice:  {"301", "mandatory_twice", Warning, []string{"Name", "Line"}},
	docSubTypeAlone:    {"302", "sub_type_alone", Warning, []string{"Name", "Value"}},
	docBioAny:          {"303", "bio_any", Warning, []string{"Value", "Line"}},
	docEncryptedTwice:  {"304", "encrypted_twice", Risk, []string{"Name", "Line"}},
	docFormatTwice:     {"305", "format_twice", Warning, []string{"Name", "Line"}},
	docKycEmpty:        {"306", "kyc_empty", Warning, []string{"Name", "Line"}},
	docKycUnused:       {"307", "kyc_unused", Warning, nil},
	docDirectTimes:     {"308", "direct_times", Warning, []string{"Value"}},
	docHTTP:            {"309", "http", Risk, nil},
	docMandatoryLogin:  {"310", "mandatory_login", Warning, []string{"Name"}},
	docLoginIncomplete: {"311", "login_incomplete", Warning, []string{"Missing"}},
	docSpecialClear:    {"312", "special_clear", Risk, []string{"Name"}},
	docNoneSpecial:     {"313", "none_special", Risk, []string{"Name", "Line"}},
	docNonePersonal:    {"314", "none_personal", Risk, []string{"Name", "Line"}},
	docLongLife:        {"315", "long_life", Risk, []string{"Max"}},
	docManyTimes:       {"316", "many_times", Risk, []string{"Max"}},
	docFaceAndAddress:  {"317", "face_and_address", Risk, []string{"Name", "Other", "Line"}},
	docTokenSpecial:    {"318", "token_special", Risk, []string{"Name", "Line"}},

	docMoreAttributes:     {"401", "more_attributes", Hint, []string{"Count", "Most"}},
	docMandatoryElsewhere: {"402", "mandatory_elsewhere", Hint, []string{"Name"}},
}
