# The whole project in four words. Options of the demo go into ARGS: make demo ARGS=--once

ARGS ?=

.PHONY: help demo test soak docs prepare

help:
	@echo 'make demo   build, start a regtest chain and three nodes, play the story, keep the network up'
	@echo '            make demo ARGS=--once ends after the story; ARGS=--help lists the options'
	@echo 'make test   everything that must pass: format, lints, architecture, tests, documentation'
	@echo 'make soak   the long versions of the tests; the log goes to target/soak.log'
	@echo 'make docs   make the reference, the JSON Schemas and the sample configuration anew'
	@echo 'They install missing system packages first, and say so.'

demo: prepare
	cargo build --locked
	@exec "$${CARGO_TARGET_DIR:-target}/debug/offerd" demo $(ARGS)

test:
	@scripts/prepare tests
	@scripts/test

soak: prepare
	@scripts/soak

docs: prepare
	@scripts/docs

prepare:
	@scripts/prepare
