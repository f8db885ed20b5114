# One word a task; the work of each is a script in .ci, which CI runs too.

GO      ?= go
OUT     ?= dist
RELEASE ?= $(shell git describe --tags --always --dirty 2>/dev/null)

# The release is given, so that a checkout whose owner git does not trust builds too.
FLAGS := -s -w -X main.release=$(RELEASE)
BUILD := CGO_ENABLED=0 $(GO) build -buildvcs=false -trimpath

# The tray: on Windows a program with an icon has no console; a Mac's needs cgo.
TRAY_FLAGS := $(if $(filter windows,$(shell $(GO) env GOOS)),-H=windowsgui)
TRAY_BUILD := $(if $(filter Darwin,$(shell uname -s)),$(BUILD:CGO_ENABLED=0%=CGO_ENABLED=1%),$(BUILD))

.DEFAULT_GOAL := build
.PHONY: help build demo test test-deps test-desktop test-windows test-service test-chaos test-pace test-releases test-vendor test-real test-large test-packages lint unit cross bench man completions dist clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build dist/baissh and dist/baissh-tray
	$(BUILD) -ldflags '$(FLAGS)' -o $(OUT)/ ./cmd/baissh
	$(TRAY_BUILD) -ldflags '$(FLAGS) $(TRAY_FLAGS)' -o $(OUT)/ ./cmd/baissh-tray

demo: build ## log in to an embedded Backend.AI with this machine's ssh; ONCE=1 ends by itself
	$(OUT)/baissh demo $(if $(ONCE),--once)

test: test-deps lint cross unit ## all that CI checks (installs what the tests need, where it may)

test-deps: ## install the programs that only the tests need, or say which are missing
	@bash .ci/test-deps

lint: ## go vet, gofumpt, staticcheck
	@bash .ci/lint

unit: ## go test -race
	@bash .ci/unit

cross: ## build and vet for Linux, Windows and macOS, on amd64 and arm64
	@bash .ci/cross

test-desktop: ## the real FileZilla and xfce4-panel, in a display of their own (installs it, where it may)
	@bash .ci/test-desktop

test-windows: ## the programs for Windows, under Wine (installs it, where it may)
	@bash .ci/test-windows

test-service: ## the service, in a Debian that is booted for it (needs root)
	@bash .ci/test-service

test-releases: ## the end-to-end suite on every release that the simulator plays
	@bash .ci/test-releases

test-chaos: ## five bad minutes for the engine, and a kill at each change of a file
	@bash .ci/test-chaos

test-pace: ## downloads by every method, 200 times each, through the vendor's ssh server (needs root)
	@bash .ci/test-pace

test-vendor: ## the vendor's own command line on our simulator (installs it, where it may)
	@bash .ci/test-vendor

test-real: ## a real Backend.AI of 23.09 with the vendor's ssh server, on loopback (needs root; installs it)
	@bash .ci/test-real

test-large: ## 64 MiB and 1 GiB through that Backend.AI and back, right RUNS=20 times of 20
	@bash .ci/test-large

bench: ## compare the tunnel with a plain TLS tunnel, and time a turn and a start of the engine
	$(GO) run ./proxy/bench
	$(GO) test -run '^$$' -bench 'Turn|Start' ./proxy

man: ## write the man pages to dist/man
	$(GO) test -count=1 -run '^TestManPages$$' ./cmd/baissh -man '$(abspath $(OUT)/man)'

completions: build ## write completions for four shells to dist/completions
	@bash .ci/completions '$(OUT)'

dist: ## make all packages, archives and the MSI in dist (installs what it needs)
	@bash .ci/dist '$(OUT)' '$(RELEASE)'

test-packages: ## install, check and remove what "make dist" makes, in throw-away roots
	@bash .ci/test-packages

clean: ## remove what was built
	rm -rf '$(OUT)'
