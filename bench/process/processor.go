package process

import (
	"cmp"
	"os"
	"strings"
)

// Processor returns what Linux calls this machine's processor.
func Processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(info), "model name")
	line, _, _ := strings.Cut(rest, "\n")
	return cmp.Or(strings.TrimLeft(line, "\t: "), "an unnamed processor")
}
