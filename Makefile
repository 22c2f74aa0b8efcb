# Seventh: everything a person types. Needs Python 3.11 or 3.12, git and make; the rest is fetched, pinned and hashed.
.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test test-gpu test-all lint format requirements environment clean

PYTHON ?=
export PYTHON
RUN := .venv/bin/python
DEMO := $(CURDIR)/var/demo
# The demonstration keeps to itself, whatever the environment or .env says about a real installation.
DEMO_ENV := env SEVENTH_DEMO=yes SEVENTH_DEBUG=no SEVENTH_VAR_DIR="$(DEMO)" MEDIA_ROOT="$(DEMO)/media" \
    DATABASE_URL="sqlite:///$(DEMO)/seventh.sqlite3" REDIS_URL= CELERY_BROKER_URL=
QUICK := not worker and not services and not browser and not slow and not gpu
PACKAGES := analysis clinic tasks tests

help:
	@echo "make demo          fictional clinic with real analyses on this machine; Ctrl-C ends it"
	@echo "make demo-reset    the same from the beginning"
	@echo "make test          all tests that need no outside service"
	@echo "make test-gpu      the tests that need a GPU"
	@echo "make lint          format, lint, types, import contracts, migrations, containers"
	@echo "make test-all      also slow ones, workers, services, browser: needs DATABASE_URL, REDIS_URL, Chromium; see .ci/run"

environment:
	@tools/environment test

demo:
	@tools/environment base
	@$(DEMO_ENV) $(RUN) manage.py demo

demo-reset:
	rm -rf "$(DEMO)"
	@$(MAKE) --no-print-directory demo

test: environment
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n auto --maxprocesses 4 --dist loadfile -m "$(QUICK)" $(ARGS)

test-gpu: environment
	$(RUN) -m pytest -m gpu $(ARGS)

test-all: environment
	$(RUN) -m pytest $(ARGS)

lint: environment
	@tools/lint

format: environment
	$(RUN) -m ruff format $(PACKAGES)
	$(RUN) -m ruff check --fix $(PACKAGES)

# After a change of requirements/*.in. All sets take their versions from test.txt, so one environment serves them all.
UV_COMPILE := .tools/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-header --override requirements/overrides.txt
requirements: environment
	$(UV_COMPILE) requirements/test.in -o requirements/test.txt
	for set in web light base rendering; do \
	    $(UV_COMPILE) -c requirements/test.txt requirements/$$set.in -o requirements/$$set.txt || exit 1; done
	for set in uv node; do $(UV_COMPILE) requirements/$$set.in -o requirements/$$set.txt || exit 1; done

clean:
	rm -rf .venv .tools node_modules static_vendor static_root
