# Shortcuts; everything real is in tools/run.py, which also works where make does not.
PYTHON ?= python3

.PHONY: demo test play wheel clean
demo:  ## hear the band: writes demo/session.{mid,wav,png}
	$(PYTHON) tools/run.py demo
test:  ## set up for development, run all checks and tests
	$(PYTHON) tools/run.py test
play:  ## open the screen
	$(PYTHON) tools/run.py play
wheel:  ## build dist/*.whl (after `make test`)
	.venv/bin/python -m build --wheel
clean:  ## remove what was made, the environment too
	rm -rf .venv build dist demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
