# Tenure's commands. Each brings what it needs: see README.md.

PYTHON := .venv/bin/python
THROWAWAY := $(PYTHON) -m config.local.throwaway

# Empty unless given: make run PORT=9000 DEMO=0, make test ARGS="-k wallet".
PORT ?=
DEMO ?=
ARGS ?=

.PHONY: run test lint bench drill format messages clean bootstrap
.DEFAULT_GOAL := run

bootstrap:
	@config/local/bootstrap.sh

run: bootstrap
	@exec env PORT=$(PORT) DEMO=$(DEMO) $(PYTHON) -m config.local.run --stop-with-parent

test: bootstrap
	@exec $(THROWAWAY) -- $(PYTHON) -m pytest -n 2 $(ARGS)

lint: bootstrap
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	@exec $(THROWAWAY) -- config/local/lint.sh

bench: bootstrap
	@exec $(THROWAWAY) --durable -- $(PYTHON) -m benchmarks $(ARGS)

# Against the instance that runs in this clone, which it kills parts of: see tests/drills.
drill: bootstrap
	@exec $(PYTHON) -m tests.drills $(ARGS)

format: bootstrap
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# Texts for translators, gathered and compiled: see docs/translation.md.
messages: bootstrap
	@exec $(THROWAWAY) -- $(PYTHON) -m config.local.messages

# Run by the machine's Python, because it removes .venv.
clean:
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m config.local.clean; else rm -rf var .venv; fi
