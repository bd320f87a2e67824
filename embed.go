package main

import "embed"

// webDist holds the built single-page app. A clean clone has only .gitkeep there, so that it compiles.
//
//go:embed all:web/dist
var webDist embed.FS
