# make run: set up what is missing, then open the window. make test: set up, then every check. The others are below.
.PHONY: run test train bench screenshot frozen lock clean
.DEFAULT_GOAL := run
MAKEFLAGS += --no-builtin-rules

PY := .venv/bin/python
DATA ?= data

run: .venv/.stamp-run models/step.so
	@if [ "$$(uname)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY$$QT_QPA_PLATFORM" ]; then \
		echo "There is no screen here, so the window cannot open; everything is set up for the command line:" >&2; \
		echo "  .venv/bin/antiphon continue IN.mid -o OUT.mid --bars 4   (and .venv/bin/antiphon check)" >&2; \
		exit 1; \
	fi
	@exec .venv/bin/antiphon $(FILE)

test: .venv/.stamp-test models/step.so
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright
	.venv/bin/lint-imports
	$(PY) -m pytest

train: .venv/.stamp-run models/step.so
	nice $(PY) -m models.training.train lstm --data $(DATA)

bench: .venv/.stamp-run models/step.so
	.venv/bin/antiphon bench

screenshot: .venv/.stamp-test models/step.so
	$(PY) packaging/screenshot.py resources/screenshot.png

frozen: .venv/.stamp-test models/step.so
	$(PY) packaging/build.py
	$(PY) packaging/smoke_test.py

# Renews the lock files. torch is left out, so that nothing names the CUDA packages only its PyPI build needs.
lock:
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-emit-package torch \
		--override packaging/torch-cpu.txt --find-links https://download.pytorch.org/whl/cpu/torch/ \
		--upgrade --quiet -o packaging/requirements.lock
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header --no-emit-package torch \
		--override packaging/torch-cpu.txt --find-links https://download.pytorch.org/whl/cpu/torch/ \
		--upgrade --quiet -o packaging/requirements-dev.lock

clean:
	rm -rf build dist models/step.so .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache ./*.egg-info
	find app models tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.stamp-run: pyproject.toml packaging/requirements.lock packaging/apt.txt packaging/setup.sh
	@packaging/setup.sh apt packaging/apt.txt
	@packaging/setup.sh python packaging/requirements.lock
	@touch $@

models/step.so: $(wildcard models/step/*) packaging/kernel.sh | .venv/.stamp-run
	@packaging/kernel.sh

.venv/.stamp-test: .venv/.stamp-run packaging/requirements-dev.lock packaging/apt-test.txt
	@packaging/setup.sh apt packaging/apt.txt packaging/apt-test.txt
	@packaging/setup.sh python packaging/requirements-dev.lock
	@touch $@
