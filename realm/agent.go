package realm

import (
	"net/http"
	"regexp"
	"strings"
)

// agent is what a browser's User-Agent says of it, in the words of Keycloak's account REST.
type agent struct {
	Browser   string `json:"browser"`   // with its version: Firefox/127.0; Other/Unknown
	OS        string `json:"os"`        // Linux; Other
	OSVersion string `json:"osVersion"` // Unknown where nothing tells
	Device    string `json:"device"`    // Mac, iPhone, iPad, the model of an Android; Other
	Mobile    bool   `json:"mobile"`
}

// maxAgent is how much of a User-Agent is read and kept.
const maxAgent = 300

func agentOf(r *http.Request) agent {
	text := r.UserAgent()
	if len(text) > maxAgent {
		text = text[:maxAgent]
	}
	a := agent{Browser: browserIn(text), OS: "Other", OSVersion: "Unknown", Device: "Other"}
	for _, known := range systems {
		if found := known.sign.FindStringSubmatch(text); found != nil {
			a.OS, a.Device, a.Mobile = known.os, known.device, known.mobile
			if len(found) > 1 {
				a.OSVersion = strings.ReplaceAll(found[1], "_", ".")
			}
			if len(found) > 2 && found[2] != "" {
				a.Device = found[2]
			}
			break
		}
	}
	return a
}

// browsers are told by these, the first that is there: many name others beside themselves.
var browsers = []struct {
	sign *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`\b(?:Edg|EdgA|EdgiOS)/([\d.]+)`), "Edge"},
	{regexp.MustCompile(`\bOPR/([\d.]+)`), "Opera"},
	{regexp.MustCompile(`\bFxiOS/([\d.]+)`), "Firefox iOS"},
	{regexp.MustCompile(`\bFirefox/([\d.]+)`), "Firefox"},
	{regexp.MustCompile(`\bCriOS/([\d.]+)`), "Chrome Mobile iOS"},
	{regexp.MustCompile(`\bHeadlessChrome/([\d.]+)`), "HeadlessChrome"},
	{regexp.MustCompile(`\bChrome/([\d.]+) Mobile`), "Chrome Mobile"},
	{regexp.MustCompile(`\bChrome/([\d.]+)`), "Chrome"},
	{regexp.MustCompile(`\bVersion/([\d.]+) Mobile\S* Safari/`), "Mobile Safari"},
	{regexp.MustCompile(`\bVersion/([\d.]+) Safari/`), "Safari"},
	{regexp.MustCompile(`^curl/([\d.]+)`), "curl"},
	{regexp.MustCompile(`^Go-http-client/([\d.]+)`), "Go-http-client"},
}

var systems = []struct {
	sign       *regexp.Regexp // finds the version, and the device where that varies
	os, device string
	mobile     bool
}{
	{regexp.MustCompile(`\biPhone OS ([\d_]+)`), "iOS", "iPhone", true},
	{regexp.MustCompile(`\biPad; CPU OS ([\d_]+)`), "iOS", "iPad", true},
	{regexp.MustCompile(`\bAndroid ([\d.]+)(?:; ([^;)]+))?`), "Android", "Other", true},
	{regexp.MustCompile(`\bWindows NT (\d+)`), "Windows", "Other", false},
	{regexp.MustCompile(`\bMac OS X ([\d_]+)`), "Mac OS X", "Mac", false},
	{regexp.MustCompile(`\bLinux\b`), "Linux", "Other", false},
}

func browserIn(text string) string {
	for _, known := range browsers {
		if found := known.sign.FindStringSubmatch(text); found != nil {
			numbers := strings.Split(found[1], ".")
			return known.name + "/" + strings.Join(numbers[:min(3, len(numbers))], ".")
		}
	}
	return "Other/Unknown"
}

// title is the browser for people: Firefox 127 on Windows.
func (a agent) title() string {
	name, version, _ := strings.Cut(a.Browser, "/")
	if name == "Other" {
		name = "A program"
	} else if major, _, _ := strings.Cut(version, "."); major != "" {
		name += " " + major
	}
	if a.OS != "Other" {
		name += " on " + a.OS
	}
	return name
}
