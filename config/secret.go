package config

// Secret is a setting that is not to be printed or logged. Convert it to a string to use it.
type Secret string

// String tells only whether there is one.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(set)"
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String, for logs and other text in JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
