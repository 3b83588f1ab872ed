# Everything a developer types. `make` alone explains.

# Tools, pinned. They are run from the module cache and never enter go.mod.
TEMPL_VERSION    = v0.3.1020
GOLANGCI_VERSION = v2.15.0
AXE_VERSION      = 4.14.1

# What may be set on the command line: make run ADDR=127.0.0.1:9000
ADDR      ?= 127.0.0.1:8080
DATA_DIR  ?= .data
MOSIP     ?= ../shared/mosip
FUZZTIME  ?= 10s
TESTFLAGS ?=
GO        ?= go
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

TEMPL    = $(GO) run github.com/a-h/templ/cmd/templ@$(TEMPL_VERSION)
GOLANGCI = bin/tools/golangci-lint-$(GOLANGCI_VERSION)

##@ Every day

.PHONY: help
help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run dev
run: deps-postgres build ## Serve with demonstration data at http://ADDR; data in DATA_DIR
	@exec bin/portal dev --addr "$(ADDR)" --data-dir "$(DATA_DIR)"
dev: run ## The same as run

.PHONY: test
test: deps race e2e ## Run every test, the browser's too

.PHONY: generate
generate: ## Write *_templ.go anew from *.templ
	$(TEMPL) generate -include-version=false

.PHONY: fmt
fmt: $(GOLANGCI) ## Format Go and templ files
	$(TEMPL) fmt .
	$(GOLANGCI) fmt

.PHONY: lint
lint: $(GOLANGCI) ## Check style, import rules and go.mod
	$(GOLANGCI) run
	$(GO) mod tidy -diff
	GOOS=darwin $(GO) vet ./internal/pg/devpg/...

.PHONY: check
check: test lint generated conformance ## What CI runs

.PHONY: migration
migration: ## Start a new migration: make migration name=add_something
	@[[ "$(name)" =~ ^[a-z][a-z0-9_]*$$ ]] || { echo 'usage: make migration name=add_something (a-z, 0-9, _)' >&2; exit 2; }
	@last=$$(ls migrations | sed -n 's/^\([0-9]\{5\}\)_.*\.sql$$/\1/p' | sort | tail -1); \
	file=$$(printf 'migrations/%05d_%s.sql' $$((10#$${last:-0} + 1)) "$(name)"); \
	printf -- '-- +goose Up\n\n-- +goose Down\n' > "$$file"; echo "$$file"

.PHONY: psql
psql: ## Open psql on DATABASE_URL, else on the database of a running `make run`
	@if [ -n "$${DATABASE_URL:-}" ]; then exec psql "$$DATABASE_URL"; fi; \
	for pid in "$(DATA_DIR)"/pg*/postmaster.pid "$(DATA_DIR)"/*/pg*/postmaster.pid /var/tmp/portal-$$(id -u)-*/pg*/postmaster.pid; do \
		[ ! -f "$$pid" ] || exec psql -h "$$(sed -n 5p "$$pid")" -p 5432 -U portal portal; \
	done; \
	echo 'no database is running; start one with: make run' >&2; exit 1

##@ Tests, one kind at a time

.PHONY: race
race: ## All tests but the browser's; with the race detector where more than one thing runs at a time
	@race=-race; \
	if [ "$$($(GO) env CGO_ENABLED)" != 1 ]; then \
		race=; echo 'WARNING: no C compiler, so the race detector is off' >&2; \
	fi; \
	alone='^portal/web($$|/)|^portal/internal/(policydoc|certdoc|arch|config|email|id|textdiff)$$'; shared='^portal/web/(api|page|route|session|static)$$'; \
	all=$$($(GO) list ./... | grep -v /internal/e2e); one=$$(grep -E "$$alone" <<< "$$all" | grep -vE "$$shared"); \
	set -x; $(GO) test $$race -shuffle=on $(TESTFLAGS) $$(grep -vxF "$$one" <<< "$$all"); \
	$(GO) test -shuffle=on $(TESTFLAGS) $$one # screens keep nothing between requests, and documents have no goroutine

.PHONY: e2e
e2e: deps-postgres deps-chromium deps-axe ## The journeys in a real browser, and the accessibility of every page
	PORTAL_AXE="$${PORTAL_AXE:-$(AXE)}" $(GO) test -tags e2e -shuffle=on $(TESTFLAGS) ./internal/e2e/...

.PHONY: conformance
conformance: deps-postgres ## Real policy documents and groups: make conformance MOSIP=folder
	@[ -d "$(MOSIP)" ] || { echo 'MOSIP="$(MOSIP)" is no folder; give one: make conformance MOSIP=folder' >&2; exit 2; }
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; set -x; \
	MOSIP="$(abspath $(MOSIP))" $(GO) test -tags conformance -run Conformance -count=1 -v ./internal/policydoc/... ./internal/policy/... ./internal/certdoc/... ./internal/devicetype/... | tee "$$log"; \
	grep -q '^--- PASS: .*Conformance' "$$log" # a run without tests is no proof

.PHONY: fuzz
fuzz: ## Fuzz every fuzz test for FUZZTIME
	@grep -rlE '^func Fuzz' --include='*_test.go' internal web | while read -r file; do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$file"); do \
			echo "== $$file $$name"; \
			$(GO) test -run='^$$' -fuzz="^$$name\$$" -fuzztime=$(FUZZTIME) "./$$(dirname "$$file")"; \
		done; \
	done

.PHONY: bench
bench: deps-postgres ## Run the benchmarks
	$(GO) test -run='^$$' -bench=. -benchmem $(TESTFLAGS) ./internal/... ./web/...

.PHONY: cover
cover: deps-postgres ## Measure coverage; the report is cover.html
	$(GO) test -coverpkg=./internal/...,./web/... -coverprofile=cover.out ./...
	$(GO) tool cover -html=cover.out -o cover.html
	@$(GO) tool cover -func=cover.out | tail -1

.PHONY: security
security: ## Print every security requirement with the tests that hold it; fail when one has none
	@$(GO) run ./internal/arch/security

.PHONY: generated
generated: generate ## Fail when *_templ.go and *.templ do not belong together
	$(TEMPL) fmt -fail .
	@git ls-files '*_templ.go' | while read -r f; do \
		[ -f "$${f%_templ.go}.templ" ] || { echo "$$f has no templ file" >&2; exit 1; }; \
	done
	@new=$$(git ls-files --others --exclude-standard -- '*_templ.go' '*.templ'); \
	[ -z "$$new" ] || { echo "not committed: $$new" >&2; exit 1; }
	git diff --exit-code -- '*_templ.go' '*.templ'

##@ Building

.PHONY: build
build: ## Build bin/portal
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/portal ./cmd/portal

.PHONY: image
image: ## Build the container image portal:VERSION
	docker build --build-arg VERSION=$(VERSION) -t portal:$(VERSION) .

.PHONY: clean
clean: stop-test-db ## Remove what was built, and end the tests' database (DATA_DIR stays)
	rm -rf bin cover.out cover.html

# Taking the door away asks the server to end as soon as nobody uses it.
.PHONY: stop-test-db
stop-test-db:
	@dirs=(/dev/shm "$${TMPDIR:-/tmp}" /tmp /var/tmp); \
	for d in "$${dirs[@]}"; do rm -f "$$d"/portal-test-$$(id -u)-pg*/users; done; \
	for d in "$${dirs[@]}"; do \
		for i in {1..30}; do compgen -G "$$d/portal-test-$$(id -u)-pg*" >/dev/null || break; sleep 0.5; done; \
	done

##@ What has to be on the machine (installed where that is allowed)

.PHONY: deps
deps: deps-cc deps-postgres deps-openssl deps-chromium deps-axe ## C compiler, PostgreSQL, OpenSSL, Chromium, axe-core

# We may install as root with apt-get, in CI with sudo too, and with Homebrew.
# Anywhere else the developer gets the command to type.
# $(call install,Debian packages,Homebrew packages)
define install
if command -v apt-get >/dev/null && { [ "$$(id -u)" = 0 ] || { [ "$${CI:-}" = true ] && sudo -n true 2>/dev/null; }; }; then \
	sudo=; [ "$$(id -u)" = 0 ] || sudo='sudo -n'; \
	echo 'installing $(1)'; \
	$$sudo apt-get -qq update; \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(1); \
elif command -v brew >/dev/null && [ -n '$(2)' ]; then \
	echo 'installing $(2)'; brew install $(2); \
fi
endef

# A database that is given needs no server programs here.
PG_URL   = $(TEST_DATABASE_URL)
run dev: PG_URL = $(or $(DATABASE_URL),$(PORTAL_DATABASE_URL))

.PHONY: deps-postgres
deps-postgres:
	@[ -z "$(PG_URL)" ] || exit 0; \
	$(GO) build -o bin/tools/findpg ./internal/pg/devpg/findpg; \
	! bin/tools/findpg >/dev/null 2>&1 || exit 0; \
	if [ -z "$${PORTAL_PG_BIN:-}" ]; then $(call install,postgresql,postgresql@17); fi; \
	bin/tools/findpg >/dev/null

.PHONY: deps-cc
deps-cc:
	@[ "$$($(GO) env CGO_ENABLED)" != 1 ] || exit 0; \
	if [ "$${CI:-}" = true ]; then $(call install,gcc libc6-dev,); fi; \
	[ "$$($(GO) env CGO_ENABLED)" = 1 ] || [ "$${CI:-}" != true ] || { echo 'CI needs a C compiler for the race detector: apt-get install -y gcc libc6-dev' >&2; exit 1; }

.PHONY: deps-chromium
deps-chromium: # a browser without windows takes half the time; CI does not do with less if it can be had
	@has() { local b; for b in "$$@"; do if [ -n "$$b" ] && command -v "$$b" >/dev/null; then return 0; fi; done; return 1; }; \
	has_shell() { has "$${PORTAL_CHROMIUM:-}" headless_shell headless-shell chromium-headless-shell; }; \
	has_chromium() { has_shell || has chromium chromium-browser google-chrome google-chrome-stable \
		'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' /Applications/Chromium.app/Contents/MacOS/Chromium; }; \
	! has_shell || exit 0; \
	[ "$${CI:-}" != true ] && has_chromium || { $(call install,chromium-headless-shell,); } || true; \
	has_chromium || { $(call install,chromium,--cask google-chrome); }; \
	has_chromium || { echo 'Chromium or Google Chrome is needed for the browser tests; on Debian: sudo apt-get install -y chromium' >&2; exit 1; }

# axe-core judges the pages in the browser tests. It is nobody's dependency and
# never enters the repository; npm only fetches it.
AXE = $(abspath $(DATA_DIR))/axe/axe-$(AXE_VERSION).min.js

.PHONY: deps-openssl
deps-openssl:
	@command -v openssl >/dev/null || { $(call install,openssl,openssl@3); }; \
	command -v openssl >/dev/null || { echo 'OpenSSL is needed to make certificates for the tests; on Debian: sudo apt-get install -y openssl' >&2; exit 1; }

.PHONY: deps-axe
deps-axe:
	@[ -z "$${PORTAL_AXE:-}" ] || exit 0; [ ! -s "$(AXE)" ] || exit 0; \
	if ! command -v npm >/dev/null; then $(call install,npm,node); fi; \
	command -v npm >/dev/null || { echo 'npm is needed to fetch axe-core for the accessibility tests; on Debian: sudo apt-get install -y npm' >&2; exit 1; }; \
	echo 'fetching axe-core $(AXE_VERSION)'; \
	tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; mkdir -p "$(dir $(AXE))"; \
	(cd "$$tmp" && npm pack --silent axe-core@$(AXE_VERSION) >/dev/null && tar xzf axe-core-$(AXE_VERSION).tgz package/axe.min.js); \
	mv "$$tmp/package/axe.min.js" "$(AXE)"

$(GOLANGCI):
	GOBIN="$(CURDIR)/bin/tools" $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv bin/tools/golangci-lint $@
