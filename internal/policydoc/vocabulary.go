package policydoc

import (
	"slices"
	"strings"
)

// The names that deployments are known to use (domain.md §8). Names of
// authentication types and attributes are open: an unknown one is at most a
// warning, and has no label.
var (
	authTypeNames = []string{
		"otp", "otp-request", "demo", "bio", "kyc", "kycauth", "kycexchange",
		"keybinding", "kbt", "wla", "pwd", "pin", "vciexchange",
	}
	subTypeNames   = []string{"IRIS", "FINGER", "FACE"}
	attributeNames = []string{
		"fullName", "gender", "residenceStatus", "dateOfBirth", "age", "photo", "face", "phone", "email",
		"addressLine1", "addressLine2", "addressLine3", "city", "province", "region", "zone", "postalCode",
		"preferredLang", "individual_id", "biometrics", "individualBiometrics",
	}
	tokenTypeNames  = []string{"random", "partner", "policy"}
	shareTypeNames  = []string{"Data Share", "direct"}
	encryptionNames = []string{"Partner Based", "none"}
	formatNames     = []string{"YYYY", "extraction"}
	filterTypeNames = []string{"Iris", "Finger", "Face"}
	languageNames   = []string{"eng", "fra", "ara", "hin", "tam", "kan", "spa", "por"}
)

// AuthTypeKey is the message that names a way of authenticating ("otp"). known
// is false for a name without a message: show the name itself. So for the
// other functions of this family.
func AuthTypeKey(name string) (key string, known bool) {
	return label("auth_type", authTypeNames, name)
}

// SubTypeKey names a kind of biometrics of an Auth policy ("IRIS").
func SubTypeKey(name string) (key string, known bool) {
	return label("sub_type", subTypeNames, name)
}

// AttributeKey names a piece of personal data ("fullName").
func AttributeKey(name string) (key string, known bool) {
	return label("attribute", attributeNames, name)
}

// TokenTypeKey names a type of token ("policy"); the same key with ".help"
// behind it explains it.
func TokenTypeKey(name string) (key string, known bool) {
	return label("token_type", tokenTypeNames, name)
}

// ShareTypeKey names a way of sharing ("Data Share").
func ShareTypeKey(name string) (key string, known bool) {
	return label("share_type", shareTypeNames, name)
}

// EncryptionKey names an encryption of the whole ("Partner Based").
func EncryptionKey(name string) (key string, known bool) {
	return label("encryption", encryptionNames, name)
}

// FormatKey names the format of a shared attribute ("YYYY").
func FormatKey(name string) (key string, known bool) {
	return label("format", formatNames, name)
}

// FilterTypeKey names a filter of a shared attribute ("Finger").
func FilterTypeKey(name string) (key string, known bool) {
	return label("filter_type", filterTypeNames, name)
}

// LanguageKey names a language of an e-KYC answer ("eng").
func LanguageKey(name string) (key string, known bool) {
	return label("language", languageNames, name)
}

func label(family string, names []string, name string) (string, bool) {
	if !slices.Contains(names, name) {
		return "", false
	}
	return "policydoc." + family + "." + labelName.Replace(name), true
}

var labelName = strings.NewReplacer("-", "_", " ", "_")
