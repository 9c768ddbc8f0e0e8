test: setup
	.venv/bin/python -m pytest -q

setup:
	@scripts/setup

.PHONY: test setup
