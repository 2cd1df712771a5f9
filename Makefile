# make demo | test | coverage | lint | bench | test-train | test-ray | test-lock: each makes its own environment first. PYTHON= chooses the interpreter.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SUPPLY = .venv-supply
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
TORCH ?= torch==2.13.0
export PYTHONWARNINGS =

.PHONY: demo test coverage lint bench test-train test-ray test-lock clean wheel licences audit
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	$(BIN)/qa-speech demo --out demo-report

# A file of tests stays in one process; `make test TESTS=` runs all of them in one.
TESTS ?= -n 2 --dist loadfile
test: $(VENV)/.dev
	$(BIN)/python -m pytest $(TESTS)

# The suite with every branch counted, in the processes it starts too, and the files below 90 %.
coverage: $(VENV)/.dev
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage json --quiet -o .coverage.json
	$(BIN)/python benchmarks/branches.py .coverage.json

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

bench: $(VENV)/.dev
	$(BIN)/python benchmarks

# The extra `train` is heavy (torch): it has an environment of its own.
test-train: .venv-train/.installed
	# one run per recipe: their programs bear the same names
	.venv-train/bin/python -m pytest training/demo_asr --import-mode=prepend
	.venv-train/bin/python -m pytest training/text --import-mode=prepend

# Ray is heavy too; these tests start a cluster on this machine and kill its parts.
test-ray: .venv-ray/.installed
	.venv-ray/bin/python -m pytest tests/cluster

# A release is its wheel and the list of what it was tested with (CycloneDX).
wheel: $(VENV)/.dev dist/sbom.cdx.json
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

dist/sbom.cdx.json: $(VENV)/.installed $(SUPPLY)/.installed
	mkdir -p dist
	$(SUPPLY)/bin/cyclonedx-py environment $(VENV) --pyproject pyproject.toml --output-reproducible --of JSON -o $@

# The versions of constraints.txt with the hashes of their files: what an installation may be held to.
EXTRAS = desk sso postgres word sherpa ray s3
requirements.lock: pyproject.toml constraints.txt $(SUPPLY)/.installed
	$(SUPPLY)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(SUPPLY)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	    --constraint constraints.txt $(EXTRAS:%=--extra %) --output-file $@ pyproject.toml

# A machine that is held to the hashes: everything from the lock, then this package alone, then the demo.
test-lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check --no-deps .
	.venv-lock/bin/python -m pip check
	cd .venv-lock && bin/qa-speech demo --out demo-report

# Name, version and licence of everything installed.
licences: $(VENV)/.installed $(SUPPLY)/.installed
	$(SUPPLY)/bin/pip-licenses --python $(BIN)/python --order license --format markdown

# Skipped: pickle between own processes and markup of own templates (tests/test_supply.py and tests/test_page.py look at these),
# SQL of column names, a model's revision that the user names.
audit: $(VENV)/.installed $(SUPPLY)/.installed
	$(SUPPLY)/bin/bandit --quiet --recursive qa_speech -ll --skip B301,B608,B615,B704
	.ci/audit $(SUPPLY)/bin $(BIN)

# The tools that look at an environment have one of their own.
$(SUPPLY)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(SUPPLY)
	$(SUPPLY)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(SUPPLY)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group supply
	touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'qa_speech needs Python 3.11 or newer; choose one with: make $(MAKECMDGOALS) PYTHON=python3.12' >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo 'this Python has no venv module; on Debian and Ubuntu: apt-get install python3-venv' >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' # for --group
	$(PIP) --group dev
	touch $@

.venv-train/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt $(TORCH)
	.venv-train/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train,sherpa]' pytest
	touch $@

.venv-ray/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-ray
	.venv-ray/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[ray,s3]' pytest hypothesis 'moto[s3]' flask flask-cors
	touch $@

clean:
	rm -rf $(VENV) .venv-train .venv-ray .venv-lock $(SUPPLY) dist build demo-report .coverage .coverage.*
