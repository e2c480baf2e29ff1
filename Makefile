# `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help demo test torture bench check audit build functions docs tools plan apply destroy clean ministack ministack-and-moto

STACK ?= stacks/dev.yaml

# Tests wait for emulators more than they work.
more_than_processors = RUST_TEST_THREADS="$$(($$(getconf _NPROCESSORS_ONLN) + 3))"
# Runs two goals at once: installing waits for the network while cargo uses the processors.
both = $(MAKE) --no-print-directory --jobs=2
# Else cargo would take `--jobs=2` for itself, however many processors there are.
unexport MAKEFLAGS

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo: ## build, start an emulator of AWS, and take a stack from plan to destroy on it (STACK=stacks/dev.yaml)
	@$(both) build ministack
	@scripts/functions.sh
	@scripts/demo.sh $(STACK)

test: ## everything that CI checks; installs the emulators that it needs
	@$(both) check ministack-and-moto
	scripts/functions.sh
	$(more_than_processors) cargo test

torture: ministack ## kill and fail every call of apply, update and destroy (about half an hour)
	cargo test --test it torture:: -- --include-ignored --nocapture

bench: ## measure what docs/PERFORMANCE.md tells (the first time builds all of it optimised)
	@scripts/tools.sh ministack boto3 ansible
	cargo build --release
	cargo bench --no-default-features --bench performance

check: ## what needs no test to run: format, lints, the wall before AWS, documentation, dependencies
	scripts/format.sh check
	cargo clippy --all-targets -- --deny warnings
	cargo clippy --lib --no-default-features -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' cargo doc --no-deps
	scripts/supply_chain.sh check

audit: ## what is known to be unsafe among the dependencies; fetches the list of it
	scripts/supply_chain.sh audit

build: ## build target/debug/ccprov
	cargo build

functions: ## build what stacks run, for here, or for AWS with TARGET=aarch64-unknown-linux-gnu
	@scripts/functions.sh $(TARGET)

docs: ## write those parts of docs/ anew that repeat what the code knows
	UPDATE_DOCS=1 cargo test --test it -- page

tools: ministack-and-moto ## install the emulators of AWS, and what else the tests need, into .tools/

plan: ## show what would change in AWS, with your own credentials (STACK=stacks/dev.yaml)
	$(call in_aws,plan)

apply: ## change AWS, with your own credentials (STACK=stacks/dev.yaml)
	$(call in_aws,apply)

destroy: ## remove the stack from AWS, with your own credentials (STACK=stacks/dev.yaml)
	$(call in_aws,destroy)

clean: ## remove what was built and installed
	cargo clean
	rm -rf .tools

define in_aws
@echo 'In AWS itself, as whoever your environment says you are. For an emulator: make demo.' >&2
cargo run --quiet -- $(1) $(STACK)
endef

ministack:
	@scripts/tools.sh ministack

ministack-and-moto:
	@scripts/tools.sh ministack moto docker-registry kafka
