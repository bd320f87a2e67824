package files

import "strings"

// types is fixed, unlike the table of package mime, which takes in whatever the machine has
// installed: the same file must have the same type everywhere. Text is UTF-8, as the build writes it.
var types = map[string][]string{
	".avif":        {"image/avif"},
	".css":         {"text/css; charset=utf-8"},
	".gif":         {"image/gif"},
	".html":        {"text/html; charset=utf-8"},
	".ico":         {"image/vnd.microsoft.icon"},
	".jpeg":        {"image/jpeg"},
	".jpg":         {"image/jpeg"},
	".js":          {"text/javascript; charset=utf-8"}, // RFC 9239 §6
	".json":        {"application/json"},               // has no charset: RFC 8259 §11
	".map":         {"application/json"},
	".mjs":         {"text/javascript; charset=utf-8"},
	".pdf":         {"application/pdf"},
	".png":         {"image/png"},
	".svg":         {"image/svg+xml"},
	".ttf":         {"font/ttf"},
	".txt":         {"text/plain; charset=utf-8"},
	".wasm":        {"application/wasm"},
	".webmanifest": {"application/manifest+json"},
	".webp":        {"image/webp"},
	".woff":        {"font/woff"},
	".woff2":       {"font/woff2"},
	".xml":         {"text/xml; charset=utf-8"},
}

// unknownType makes browsers save a file, not show or run it.
var unknownType = []string{"application/octet-stream"}

func contentType(extension string) []string {
	if t, ok := types[strings.ToLower(extension)]; ok {
		return t
	}
	return unknownType
}
