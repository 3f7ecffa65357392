# Seedbed: `make study` answers the main question, `make test` checks everything.
# A bare machine needs Python 3.11, 3.12 or 3.13 and make; each target makes the environment it needs.

.DEFAULT_GOAL := help
SUPPORTED := 3.11 3.12 3.13

# The Python versions this machine has, the one to work with first (choose another: make study PYTHON=3.13)
ifneq ($(filter-out help clean,$(MAKECMDGOALS)),)
FOUND := $(shell sh .ci/pythons)
PYTHON := $(firstword $(FOUND))
OTHERS := $(filter-out $(PYTHON),$(FOUND))
ENV := .venv-$(PYTHON)
endif

EXTRAS := lab,page,docs,browser,test
ARGS :=
ANSWERS := experiments/results/studies
QUICK := not science and not slow
NO_PYTHON = echo "Seedbed needs one of Python $(SUPPORTED) with its modules venv and ensurepip (on Debian: the package python3-venv)." \
    "Found here: $(or $(FOUND),none)." >&2; exit 1;
PYTEST := -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

.PHONY: help environment study studies calibrate answer validate site test lint coverage bench science clean

help:
	@echo "make study        set up and run the study of tolerance and horizon; the answer goes to results/"
	@echo "make studies      run the studies of the report's claims, or what is missing of them; answers go to experiments/results/studies/"
	@echo "make calibrate    fit the uncertain parameters to the targets (25,640 runs); the posterior goes to experiments/results/calibration/"
	@echo "make answer       the main question over the posterior and over structural alternatives (12,800 runs)"
	@echo "make validate     every target beside the model; tables and figures go to experiments/results/validation/, tables into README.md"
	@echo "make site         the documentation as web pages, into results/site; nothing in them asks the internet for anything"
	@echo "make test         all tests, on every supported Python that this machine has"
	@echo "make science      verification of the model: closed forms, placebos, falsification (minutes)"
	@echo "make bench        speed, against the goals"
	@echo "make environment  only set up .venv"
	@echo "make lint         only ruff"
	@echo "make coverage     which lines the tests reach, with the rules interpreted"
	@echo "make clean        remove environments, caches and build products; results/ stays"
	@echo "Add PYTHON=3.12 to choose the Python, ARGS='...' for more arguments to pytest, to the benchmark or to the studies."

environment: $(ENV)/.installed
	@if [ -L .venv ] || [ ! -e .venv ]; then ln -sfn $(ENV) .venv; fi

.venv-/.installed:
	@$(NO_PYTHON)

# An environment is made anew or brought up to date when what it is made from changes. Python compiles what it imports
# when it first does; leaving that out here halves the time.
.venv-%/.installed: pyproject.toml constraints.txt
	@python=$$(sh .ci/pythons $*) || { $(NO_PYTHON) }; \
	echo "Setting up .venv-$* with $$python (a minute or two)"; \
	.venv-$*/bin/python -c "" 2>/dev/null || "$$python" -m venv --clear .venv-$*
	@PYTHONWARNINGS="ignore:Editable installation" .venv-$*/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-compile \
	    --constraint constraints.txt --editable ".[$(EXTRAS)]"
	@touch $@

study: environment
	$(ENV)/bin/seedbed study tolerance-horizon --out results/tolerance-horizon

# Some 30 studies of mostly 900 to 1,200 runs each: about half an hour on two processors. Stopped, it goes on by the same command; what
# is to be smaller, or which, goes into ARGS: make studies ARGS='--seeds 20', ARGS='grant_or_fund feed_or_flood'.
studies: environment
	$(ENV)/bin/seedbed studies --run --out results/studies --answers $(ANSWERS) $(ARGS)

# Each goes on by the same command after a stop: runs are kept in results/.
calibrate: environment
	$(ENV)/bin/seedbed calibrate baseline --answers experiments/results/calibration/baseline

answer: environment
	$(ENV)/bin/seedbed answer --answers experiments/results/answer

validate: environment
	$(ENV)/bin/seedbed validate baseline --out experiments/results/validation/baseline
	$(ENV)/bin/seedbed validate report --out experiments/results/validation/report
	$(ENV)/bin/python -m seedbed.experiments.readme

site: environment
	$(ENV)/bin/python notebooks/handbook/pages.py results/site

# The whole set on the first Python, what matters for compatibility on the others; every one runs, then any failure counts.
test: environment $(OTHERS:%=.venv-%/.installed)
	@for version in $(SUPPORTED); do \
	    case " $(PYTHON) " in *" $$version "*) echo "Python $$version: found, runs all tests"; continue;; esac; \
	    case " $(OTHERS) " in *" $$version "*) echo "Python $$version: found, runs the tests that are $(QUICK)";; \
	    *) echo "Python $$version: NOT FOUND on this machine, not tested";; esac; \
	done; \
	failed=""; \
	$(ENV)/bin/ruff check || failed="ruff"; \
	for version in $(PYTHON) $(OTHERS); do \
	    echo; \
	    if [ $$version = $(PYTHON) ]; then chosen="not science"; else chosen="$(QUICK)"; fi; \
	    .venv-$$version/bin/python -c 'import sys, mesa, numba, numpy; print("Python", sys.version.split()[0], "Mesa", mesa.__version__, "numpy", numpy.__version__, "numba", numba.__version__)'; \
	    .venv-$$version/bin/python $(PYTEST) -m "$$chosen" $(ARGS) || failed="$$failed $$version"; \
	done; \
	echo; \
	if [ -n "$$failed" ]; then echo "make test: FAILED on: $$failed"; exit 1; fi; \
	echo "make test: passed on Python $(PYTHON) $(OTHERS)"

lint: environment
	$(ENV)/bin/ruff check

coverage: environment
	NUMBA_DISABLE_JIT=1 $(ENV)/bin/python $(PYTEST) -m "$(QUICK)" --cov $(ARGS)

bench: environment
	$(ENV)/bin/python tests/bench/bench.py $(ARGS)

science: environment
	$(ENV)/bin/python $(PYTEST) -m science --timeout 0 $(ARGS)

clean:
	rm -rf .venv .venv-* build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
