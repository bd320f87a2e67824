package files

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var member = regexp.MustCompile(`(?i)^[ \t]*(\*|[a-z-]+)[ \t]*(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?$`)

// Whatever the field holds, one of the file's variants is sent, a refused encoding never, and
// identity when refused only for want of another.
func FuzzChoose(f *testing.F) {
	for _, seed := range []string{"", "gzip, deflate, br, zstd", "br;q=0, *", "identity;q=0", "*;q=0, gzip;q=0.001", "x-gzip;q=1.000", " BR\t;\tQ=0.5,,", "br;q=1;q=0", "br;q=", ";", "gzip;q=0,gzip", "identity;q=0, x-br, x-gzip"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		refused, wanted := readMembers(field)
		for _, has := range []string{"", ".br", ".gz", ".br .gz"} {
			file := fileWith(has)
			got := file.choose([]string{field})
			if got == nil || !slices.Contains(file.variants[:], got) {
				t.Fatalf("%q beside %q gives %v", field, has, got)
			}
			coding := encodingOf(got)
			if coding != "" && (refused[coding] || !wanted[coding] && !wanted["*"]) {
				t.Errorf("%q beside %q gives %s, which was refused or never asked for", field, has, coding)
			}
			if len(field) > maxAcceptEncoding || coding != "" {
				continue
			}
			for _, v := range file.variants[:identity] {
				if v != nil && refused["identity"] && wanted[encodingOf(v)] && !refused[encodingOf(v)] {
					t.Errorf("%q beside %q gives identity, although refused, and not %s", field, has, encodingOf(v))
				}
			}
		}
	})
}

// readMembers is a second reading of the field: what a well-formed member refuses and what it asks for.
// A malformed one counts as a refusal.
func readMembers(field string) (refused, wanted map[string]bool) {
	refused, wanted = make(map[string]bool), make(map[string]bool)
	for m := range strings.SplitSeq(field, ",") {
		name, _, _ := strings.Cut(m, ";")
		name = strings.ToLower(strings.Trim(name, " \t"))
		if name == "x-gzip" {
			name = "gzip"
		}
		if parts := member.FindStringSubmatch(m); parts == nil || parts[2] != "" && strings.Trim(parts[2], "0.") == "" {
			refused[name] = true
		} else {
			wanted[name] = true
		}
	}
	return refused, wanted
}
