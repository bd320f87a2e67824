# Each target says what it does: make help
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run run-keycloak build check test lighthouse bench bench-quick realm keycloak FORCE

help: ## show this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do printf '  %-12s %s\n' "$$name" "$$text"; done

run: build ## build and start the app with its development realm: no Keycloak needed
	@bin/keystead dev

run-keycloak: build ## build and start the app, and a real Keycloak beside it when nothing answers at the issuer
	@scripts/run.sh

build: web/dist/index.html bin/keystead ## leave bin/keystead: one static binary with the app inside

check: ## the quick part of the tests: no browser, no Keycloak
	@scripts/test.sh quick

test: ## all tests: in a real browser, on the development realm and on a real Keycloak, too
	@scripts/test.sh

lighthouse: build ## measure the first loads of a signed-in person in a browser; nothing else should run beside it
	@cd e2e && npm ci --no-audit --no-fund --loglevel=error && npm run --silent lighthouse

bench: build ## measure Keystead beside the guides' stacks and other libraries, into docs/performance.md; a quarter of an hour, and nothing else should run
	@cd bench && go run . && go run ./realmstart && go run ./sidebyside -docs ../docs

bench-quick: build ## the same in under three minutes, without the guides' stacks: shows that it works, and measures little
	@cd bench && go run ./sidebyside -quick

realm: bin/keystead ## start the development realm alone on :8080, until Ctrl-C
	@bin/keystead realm

keycloak: ## start a real Keycloak with the demo realm on :8080, until Ctrl-C
	@scripts/keycloak.sh

# The rest is files.

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(wildcard web/*.html) web/vite.config.ts web/tsconfig.json $(shell find web/src web/build web/public -type f)
	cd web && npm run --silent build

# Go knows best what has changed.
bin/keystead: FORCE
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/keystead .
