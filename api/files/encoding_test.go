package files

import (
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	tests := []struct {
		name, has string // the suffixes of the variants beside the file
		accept    []string
		want      string
	}{
		{"no field", ".br .gz", nil, ""},
		{"empty field", ".br .gz", []string{""}, ""},
		{"browser", ".br .gz", []string{"gzip, deflate, br, zstd"}, "br"},
		{"browser, no brotli", ".gz", []string{"gzip, deflate, br, zstd"}, "gzip"},
		{"browser without brotli", ".br .gz", []string{"gzip, deflate"}, "gzip"},
		{"unknown only", ".br .gz", []string{"zstd, deflate"}, ""},
		{"nothing beside", "", []string{"br, gzip"}, ""},
		{"nothing beside, identity refused", "", []string{"br, identity;q=0"}, ""},

		{"heavier gzip", ".br .gz", []string{"br;q=0.8, gzip;q=0.9"}, "gzip"},
		{"heavier identity", ".br .gz", []string{"br;q=0.8, gzip;q=0.8, identity;q=0.9"}, ""},
		{"lighter identity", ".br .gz", []string{"gzip;q=0.5, identity;q=0.4"}, "gzip"},
		{"equal", ".br .gz", []string{"identity, gzip, br"}, "br"},
		{"equal, no brotli", ".gz", []string{"identity, gzip, br"}, "gzip"},
		{"three digits", ".br .gz", []string{"br;q=0.001, gzip;q=0.002"}, "gzip"},
		{"least weight", ".br .gz", []string{"gzip;q=0.001"}, "gzip"},
		{"one in full", ".br .gz", []string{"br;q=0.999, gzip;q=1.000"}, "gzip"},
		{"bare points", ".br .gz", []string{"br;q=0., gzip;q=1."}, "gzip"},

		{"br refused", ".br .gz", []string{"br;q=0, gzip"}, "gzip"},
		{"br refused in full", ".br .gz", []string{"br;q=0.000, *"}, "gzip"},
		{"both refused", ".br .gz", []string{"br;q=0, gzip;q=0, *"}, ""},
		{"identity refused", ".br .gz", []string{"gzip;q=0.1, identity;q=0"}, "gzip"},
		{"only identity refused", ".br .gz", []string{"identity;q=0"}, ""},
		{"all refused", ".br .gz", []string{"*;q=0"}, ""},
		{"all but gzip refused", ".br .gz", []string{"gzip;q=0.2, *;q=0"}, "gzip"},
		{"all but zstd refused", ".br .gz", []string{"zstd, *;q=0"}, ""},
		{"refused and asked for", ".br .gz", []string{"br;q=0, br, gzip;q=0.1"}, "gzip"},
		{"asked for and refused", ".br .gz", []string{"br, br;q=0, gzip;q=0.1"}, "gzip"},

		{"star", ".br .gz", []string{"*"}, "br"},
		{"star, no brotli", ".gz", []string{"*"}, "gzip"},
		{"star is not what is listed", ".br .gz", []string{"*;q=0.5, br;q=0.1"}, "gzip"},
		{"star lighter than identity", ".br .gz", []string{"*;q=0.5, identity"}, ""},
		{"star but identity refused", ".gz", []string{"*, identity;q=0"}, "gzip"},

		{"case", ".br .gz", []string{"GZip;Q=0.9, BR;Q=0.3"}, "gzip"},
		{"x-gzip", ".br .gz", []string{"X-GZIP"}, "gzip"},
		{"x-gzip refused is gzip refused", ".gz", []string{"x-gzip;q=0, *"}, ""},
		{"odd whitespace", ".br .gz", []string{"\t br \t;\t q=0.1 ,,  gzip;q=0.2\t,"}, "gzip"},
		{"not HTTP's whitespace", ".br .gz", []string{"br\u00a0, gzip\v"}, ""},
		{"several lines", ".br .gz", []string{"deflate", "gzip", "br;q=0"}, "gzip"},
		{"part of a name", ".br .gz", []string{"brotli, gzipped, xgzip"}, ""},

		{"weight is a word", ".br .gz", []string{"br;q=high, gzip"}, "gzip"},
		{"weight above one", ".br .gz", []string{"br;q=1.001, gzip"}, "gzip"},
		{"weight of two", ".br .gz", []string{"br;q=2, gzip"}, "gzip"},
		{"weight below nought", ".br .gz", []string{"br;q=-1, gzip"}, "gzip"},
		{"four digits", ".br .gz", []string{"br;q=0.9999, gzip;q=0.1"}, "gzip"},
		{"no digit", ".br .gz", []string{"br;q=, gzip"}, "gzip"},
		{"empty parameter", ".br .gz", []string{"br;, gzip"}, "gzip"},
		{"other parameter", ".br .gz", []string{"br;level=9, gzip"}, "gzip"},
		{"two weights", ".br .gz", []string{"br;q=1;q=0, gzip"}, "gzip"},
		{"no point", ".br .gz", []string{"br;q=099, gzip"}, "gzip"},
		{"spaced weight", ".br .gz", []string{"br;q = 1, gzip"}, "gzip"},
		{"malformed star is no consent", ".br .gz", []string{"*;q=yes"}, ""},

		{"as long as allowed", ".br .gz", []string{"gzip" + strings.Repeat(" ", maxAcceptEncoding-4)}, "gzip"},
		{"too long", ".br .gz", []string{"gzip" + strings.Repeat(" ", maxAcceptEncoding-3)}, ""},
		{"too long together", ".br .gz", []string{"gzip", strings.Repeat(",", maxAcceptEncoding)}, ""},
	}
	for _, tt := range tests {
		got := fileWith(tt.has).choose(tt.accept)
		if encodingOf(got) != tt.want {
			t.Errorf("%s: %q beside %q gives %q, want %q", tt.name, tt.accept, tt.has, encodingOf(got), tt.want)
		}
	}
}

// fileWith is a file with the variants that the suffixes name, separated by spaces.
func fileWith(has string) *file {
	names := map[string]bool{"a.js": true}
	for suffix := range strings.FieldsSeq(has) {
		names["a.js"+suffix] = true
	}
	return newFile("a.js", names, nil)
}

func encodingOf(v *variant) string { return strings.Join(v.encoding, ",") }
