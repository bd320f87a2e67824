package files

import "strings"

// coding is an encoding of the content, in the order of our preference: brotli makes the smallest files.
type coding int

const (
	brotli coding = iota
	gzipped
	identity
	codings // how many there are
)

// maxAcceptEncoding bounds the bytes of Accept-Encoding that are looked at. Browsers send about 30.
const maxAcceptEncoding = 1024

// weights says how welcome each coding is, in thousandths; 0 is "not acceptable".
type weights [codings]int

const unlisted = -1

// choose picks the variant that is most welcome, ours to prefer among equals. With none acceptable it
// is the uncompressed one: RFC 9110 §12.4.1 allows to disregard the field, every client can read it,
// and a 406 would help nobody.
func (f *file) choose(acceptEncoding []string) *variant {
	if !f.varies() {
		return f.variants[identity]
	}
	best, most := f.variants[identity], 0
	for c, weight := range weigh(acceptEncoding) {
		if v := f.variants[c]; v != nil && weight > most {
			best, most = v, weight
		}
	}
	return best
}

// varies reports whether the answer depends on Accept-Encoding.
func (f *file) varies() bool {
	return f.variants[brotli] != nil || f.variants[gzipped] != nil
}

// weigh reads the lines of Accept-Encoding by the rules of RFC 9110 §12.5.3. A field that is too long
// is not read in part, for that could turn "br;q=0" into "br": it counts as none, and so asks for
// nothing compressed.
func weigh(lines []string) weights {
	length := 0
	for _, line := range lines {
		length += len(line)
	}
	if length > maxAcceptEncoding {
		lines = nil
	}
	listed, others := list(lines)
	for c := range listed {
		if listed[c] == unlisted {
			listed[c] = others
		}
	}
	if listed[identity] == unlisted {
		listed[identity] = 1 // acceptable, but less so than any that was asked for
	}
	return listed
}

// list gives the weight of each coding that is named, and of "*". One named twice keeps the lower
// weight, so that a refusal stands.
func list(lines []string) (listed weights, others int) {
	listed, others = weights{unlisted, unlisted, unlisted}, unlisted
	for _, line := range lines {
		for member := range strings.SplitSeq(line, ",") {
			name, parameter, weighted := strings.Cut(member, ";")
			at := pick(trim(name), &listed, &others)
			if at == nil {
				continue
			}
			weight := 1000
			if weighted {
				weight = parseWeight(trim(parameter))
			}
			if *at == unlisted || weight < *at {
				*at = weight
			}
		}
	}
	return listed, others
}

// pick says where the weight of a coding belongs, nil for one that we do not have.
func pick(name string, listed *weights, others *int) *int {
	switch {
	case name == "*":
		return others
	case strings.EqualFold(name, "br"):
		return &listed[brotli]
	case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "x-gzip"): // the same: RFC 9110 §8.4.1.3
		return &listed[gzipped]
	case strings.EqualFold(name, "identity"):
		return &listed[identity]
	}
	return nil
}

// parseWeight reads "q=0.5" as 500 (RFC 9110 §12.4.2). What is malformed is 0: whoever wrote it meant
// something other than plain consent.
func parseWeight(s string) int {
	if len(s) < 3 || len(s) > 7 || s[0]|0x20 != 'q' || s[1] != '=' || s[2] != '0' && s[2] != '1' {
		return 0
	}
	weight := int(s[2]-'0') * 1000
	if len(s) > 3 && s[3] != '.' {
		return 0
	}
	for i, unit := 4, 100; i < len(s); i, unit = i+1, unit/10 {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		weight += int(s[i]-'0') * unit
	}
	if weight > 1000 {
		return 0
	}
	return weight
}

// trim removes optional whitespace as HTTP has it: spaces and tabs only (RFC 9110 §5.6.3).
func trim(s string) string { return strings.Trim(s, " \t") }
