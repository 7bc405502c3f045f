# Everything a contributor runs. Go, make and a C compiler are enough; without
# the compiler the race detector is left out, and make test says so.

GO       ?= go
FUZZTIME ?= 30s
DURATION ?= 10m
ENGINE   ?= sqlite-cgo
SEED     ?= 1
MODULES  := $(patsubst %/go.mod,%,$(shell find . -name go.mod -not -path '*/.*/*' -not -path '*/testdata/*' | sort))

.DEFAULT_GOAL := help
.PHONY: help test checklist mutants rolemutants soak lint tidy cover fuzz bench load

help: ## what there is to run
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

test: ## every module and every engine; TENANCY_INSTALL=1 installs what is missing, ARGS="-run X" picks tests
	@$(GO) -C internal/conformance run ./cmd/testall $(ARGS)

checklist: ## what the library has to do, line by line, and the test that proves it; ARGS="-list" runs nothing, "-only A04,B12" some
	@$(GO) -C internal/conformance run ./cmd/checklist $(ARGS)

soak: ## random statements against the oracles for DURATION (10m) on ENGINE (sqlite-cgo; also sqlite, postgres, mysql, with commas)
	@$(GO) -C internal/conformance run ./cmd/soak -engine $(ENGINE) -for $(DURATION) -seed $(SEED) -v

mutants: ## the mutation score of the oracle, from faults planted into the scoper; ARGS="-on sqlite -only X -v"
	@$(GO) -C internal/conformance run ./cmd/mutants $(ARGS)

rolemutants: ## what the tests of package rbac see of faults planted into it; ARGS="-list compiled -only 'who: ' -every -v"
	@$(GO) -C internal/conformance run ./cmd/rolemutants $(ARGS)

lint: ## gofmt, go vet and go mod tidy in every module; golangci-lint where it is installed
	@unformatted=$$(find . -name '*.go' -not -path '*/.*/*' -exec gofmt -l {} +); \
		if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	@for dir in $(MODULES); do \
		echo "== $$dir"; \
		$(GO) -C $$dir vet ./... && $(GO) -C $$dir mod tidy -diff || exit 1; \
		if command -v golangci-lint >/dev/null; then (cd $$dir && golangci-lint run ./...) || exit 1; fi; \
	done
	@command -v golangci-lint >/dev/null || echo "LEFT OUT: golangci-lint is not installed"

tidy: ## go mod tidy in every module, after an import has come or gone
	@for dir in $(MODULES); do $(GO) -C $$dir mod tidy || exit 1; done

cover: ## statement coverage of the root module, by function in .cover.out
	@$(GO) test -coverprofile=.cover.out ./...
	@$(GO) tool cover -func=.cover.out | tail -n 1

fuzz: ## every fuzz target for FUZZTIME (30s)
	@grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do \
		sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file" | while read -r target; do \
			echo "== $$(dirname "$$file") $$target"; \
			$(GO) -C "$$(dirname "$$file")" test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) . </dev/null || exit 1; \
		done || exit 1; \
	done

bench: ## the bars; ONLY=config for one package, raw output in internal/bench/out
	@$(GO) -C internal/bench run . $(ONLY)

load: ## examples/sales as a thousand organisations on PostgreSQL, about 4 minutes; ARGS="-db postgres://... -tenants 100"
	@$(GO) -C examples run ./sales/load $(ARGS)

release: ## the go.mod files of a version, to be tagged: make release VERSION=v0.1.0
	@$(GO) -C internal/release run . ../.. $(VERSION)
