package realm

import (
	"fmt"
	"strings"
)

// profileWords are Keycloak's messages to people, by their names. Numbers in brackets stand for parameters.
var profileWords = map[string]string{
	"missingEmailMessage":                 "Please specify email.",
	"missingUsernameMessage":              "Please specify username.",
	"emailExistsMessage":                  "Email already exists.",
	"usernameExistsMessage":               "Username already exists.",
	"readOnlyUsernameMessage":             "You can't update your username as it is read-only.",
	missingValue:                          "Please specify this field.",
	"error-user-attribute-read-only":      "This field is read only.",
	"error-invalid-value":                 "Invalid value.",
	"error-invalid-multivalued-size":      "Attribute {0} must have at least {1} and at most {2} values.",
	"error-invalid-length":                "Length must be between {1} and {2}.",
	"error-invalid-length-too-short":      "Minimal length is {1}.",
	"error-invalid-length-too-long":       "Maximal length is {2}.",
	"error-invalid-number":                "Invalid number.",
	"error-number-out-of-range":           "Number must be between {1} and {2}.",
	"error-number-out-of-range-too-small": "Number must have minimal value of {1}.",
	"error-number-out-of-range-too-big":   "Number must have maximal value of {2}.",
	"error-pattern-no-match":              "Invalid value.",
	"error-invalid-date":                  "Invalid date.",
	"error-invalid-email":                 "Invalid email address.",
	"error-invalid-uri":                   "Invalid URL.",
	"error-invalid-uri-scheme":            "Invalid URL scheme.",
	"error-invalid-uri-fragment":          "Invalid URL fragment.",
	"error-person-name-invalid-character": "Value contains invalid character.",
	"error-username-invalid-character":    "Value contains invalid character.",
}

// text is the flaw in words for the person whose profile it is.
func (f profileFlaw) text() string {
	words, known := profileWords[f.key]
	if !known {
		return f.key // the profile's own message
	}
	for i, param := range f.params {
		text := "any number of"
		if param != nil {
			text = fmt.Sprint(param)
		}
		words = strings.ReplaceAll(words, fmt.Sprintf("{%d}", i), text)
	}
	return words
}

// attributeWords are names of attributes for people, by Keycloak's keys of its texts.
var attributeWords = map[string]string{
	"${username}": "Username", "${email}": "Email", "${firstName}": "First name", "${lastName}": "Last name",
}
