# Everything runs in .venv, which scripts/setup makes and keeps up to date with pyproject.toml.
PY := .venv/bin/python
OUT ?= out/demo

.PHONY: help setup demo test lint bench bench-keys bench-long-term bench-site requirements docs site serve serve-two site-tests site-browser site-two install-check restore-drill clean

help:
	@echo "make demo          a made-up school's records: signed, released, received, recalled, verified, printed (into $(OUT))"
	@echo "make test          all checks: ruff, mypy, import contracts, pytest; on a site and in a browser where a bench is"
	@echo "make lint          the checks without pytest"
	@echo "make bench         speed and memory, one run, as ratios"
	@echo "make bench-keys    a batch of 1,000 signatures by every key source, as ratios to the source alone"
	@echo "make bench-long-term  what evidence costs: offline verification, renewal of 10,000 records"
	@echo "make requirements  the 107 rows of the regulation and the tests that prove them"
	@echo "make docs          docs/format.md from the XSD, docs/permissions.md from the table of rights, docs/api from the messages"
	@echo "make site          a real Frappe 15 site with ERPNext, Education and this app (scripts/site says where)"
	@echo "make serve         opens its desk"
	@echo "make serve-two     a school's site and the department's own beside each other; Ctrl-C ends them"
	@echo "make site-tests    the site's tests, where such a site is"
	@echo "make site-browser  the year-end in a browser, as its people (HOCBASO_PICTURES=1 writes docs/pictures)"
	@echo "make site-two      a school's site and the department's, the year-end from one to the other, with faults"
	@echo "make install-check install, migrate twice, uninstall, install again; every row compared"
	@echo "make restore-drill a backup put into a site of its own, verified there; prints a protocol"
	@echo "make bench-site    speed on a site, as ratios to the bare core"
	@echo "make clean         removes .venv, caches and outputs"

setup:
	@scripts/setup

demo: setup
	$(PY) -m hocbaso_app.cli demo --out $(OUT) $(ARGS)

test: setup lint
	@scripts/judges
	$(PY) -m pytest -q $(ARGS)
	@scripts/site-tests
	@scripts/site-browser

lint: setup
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports

site:
	@scripts/site build

serve:
	@scripts/site serve

serve-two:
	@scripts/site two

site-tests:
	@scripts/site-tests $(ARGS)

site-browser: setup
	@scripts/site-browser $(ARGS)

site-two: setup
	@scripts/site-two $(ARGS)

install-check:
	@scripts/site install-check

restore-drill:
	@scripts/site restore-drill

bench-site:
	@scripts/site speed $(ARGS)

bench: setup
	$(PY) benchmarks/sign_verify.py $(ARGS)

bench-keys: setup
	$(PY) benchmarks/key_sources.py $(ARGS)

bench-long-term: setup
	$(PY) benchmarks/long_term.py $(ARGS)

requirements: setup
	$(PY) -m pytest -q --requirements=build/requirements.json || true
	scripts/site-browser --requirements=build/browser.json || true
	scripts/site-two --requirements=build/two.json || true
	scripts/site-tests || true
	scripts/site-claims > build/claims.jsonl
	$(PY) scripts/requirements_table.py build/requirements.json build/browser.json build/two.json build/claims.jsonl

docs: setup
	$(PY) scripts/format_docs.py
	$(PY) scripts/permissions_docs.py
	$(PY) scripts/contract_docs.py

clean:
	rm -rf .venv build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
