package api

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// isNavigation reports whether a person's browser wants a page to show, rather than a program data. Browsers say so
// (Fetch Metadata, Sec-Fetch-Mode); for those that do not, what they would rather have decides.
func isNavigation(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	accept := strings.Join(r.Header.Values("Accept"), ",")
	page := weightOf(accept, "text/html")
	for item := range strings.SplitSeq(accept, ",") {
		if span, _, _ := strings.Cut(strings.TrimSpace(item), ";"); weightOf(accept, span) > page {
			return false // something else is wanted more
		}
	}
	return page > weightOf(accept, "application/json")
}

// weightOf returns the weight that an Accept header gives to a media type: that of the most specific range which covers it
// (RFC 9110 §12.5.1). What cannot be read counts for nothing.
func weightOf(accept, mediaType string) float64 {
	kind, _, _ := strings.Cut(mediaType, "/")
	weight, most := 0.0, -1
	for item := range strings.SplitSeq(accept, ",") {
		span, params, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		specific := map[string]int{"*/*": 0, kind + "/*": 1, mediaType: 2}
		rank, covers := specific[span]
		if !covers || rank <= most {
			continue
		}
		q, err := strconv.ParseFloat(params["q"], 64)
		switch {
		case params["q"] == "":
			q = 1
		case err != nil || q < 0 || q > 1:
			continue
		}
		weight, most = q, rank
	}
	return weight
}
