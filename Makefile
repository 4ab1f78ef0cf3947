# Everything is set up by these targets: they need python3 (3.11 or later), git and make.
# PYTHON names another Python for a new .venv: make lint PYTHON=python3.13
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip
NODE := ci/node/node_modules/.installed
MULTITOOL := ci/node/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
PARALLEL := --numprocesses auto --maxprocesses 8 --dist loadgroup --no-loadscope-reorder

# Without bytecode, each process of a checkout takes more than twice as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: lint check test static judge chromium neovim builders site bench docs fuzz audit release-check lock clean

lint: $(VENV)/.run
	$(BIN)/zr4lint docker/Dockerfile.zr4

# In less than a minute: what to run before each commit.
check: static
	$(BIN)/pytest $(PARALLEL) -m "not slow and not thorough"

# What has to be green before a commit. The slowest ten come last, then what tests have measured, such as the two rates
# of the mutation suite, and below that what failed.
test: static
	$(BIN)/pytest $(PARALLEL) --durations=10 -rfE -m "not thorough"

static: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# Inputs of every kind through parser, engine, fixer and reports, then, where atheris can be installed, those that it
# finds for GUIDED seconds a room: docs/robustness.md. HOURS takes the place of INPUTS: make fuzz HOURS=8
SEED   := 1
INPUTS := 100000
HOURS  :=
GUIDED := 60
fuzz: $(VENV)/.test
	$(BIN)/python -m tests.fuzz --seed $(SEED) $(if $(HOURS),--hours $(HOURS),--inputs $(INPUTS))
	@$(PIP) install --quiet --quiet 'atheris>=3,<4' || true
	@for room in parser shell facts checks documents logs; do \
	  $(BIN)/python -m tests.fuzz.guided $$room -max_total_time=$(GUIDED) || exit 1; done

# Known vulnerabilities of what an installation brings along: SECURITY.md.
audit: $(VENV)/.run
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.7,<3'
	$(VENV)/audit/bin/pip-audit --strict .

# The documentation as a site, in build/site.
site: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

# What a release needs to be right: SECURITY.md.
release-check: $(VENV)/.release
	ci/release-check.sh $(BIN)/python

# The tests that take longest, and what needs more than PyPI: npm for Microsoft's judge of SARIF, axe-core and
# the extension for VS Code, Chromium for pages, Neovim for the language server, git for pre-commit, buildah and podman
# for logs of builds.
judge: $(VENV)/.judge $(NODE) neovim builders
	$(BIN)/pytest $(PARALLEL) -m thorough
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 -o 'python_files=judge_*.py' tests/judge

# Beside hadolint and tally, in an environment of its own: benchmarks/README.md.
bench:
	$(PYTHON) -m benchmarks

docs: $(VENV)/.test
	$(BIN)/python -m tests.adopt_page
	$(BIN)/python -m tests.api_page
	$(BIN)/python -m tests.architecture_page
	$(BIN)/python -m tests.cli_page
	$(BIN)/python -m tests.kinds_page
	$(BIN)/python -m tests.pack_schema
	$(BIN)/python -m tests.rule_pages
	$(BIN)/python -m tests.signature_schema
	$(BIN)/python -m tests.trace_page
	$(BIN)/python -m tests.prd_report
	$(BIN)/python -m tests.readme

# The versions of .venv become those of continuous integration.
lock: $(VENV)/.judge
	ci/lock.sh

# What is installed is written down in ci/requirements with the hashes of its files, by `make lock`. LOCKED= takes what
# pyproject.toml lets in instead: make test LOCKED=
LOCKED := yes
INSTALL := $(PIP) install --quiet --quiet --disable-pip-version-check
HASHED = $(INSTALL) --require-hashes --requirement ci/requirements/$(1).txt

# An environment that was left half made, or whose Python is gone, is made anew. --quiet twice: warnings of pip about
# its own configuration are no news, errors are.
$(VENV)/.run: pyproject.toml $(BIN)/python
	@$(PIP) --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing zr4lint into $(VENV) ..."
	@$(if $(LOCKED),$(call HASHED,run) && $(INSTALL) --no-deps --no-build-isolation --editable .,$(INSTALL) --editable .)
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@echo "Installing what the tests need ..."
	@$(if $(LOCKED),$(call HASHED,test),$(INSTALL) --editable '.[test,lsp,fleet]')
	@touch $@

$(VENV)/.judge: $(VENV)/.test
	@echo "Installing the judges ..."
	@$(if $(LOCKED),$(call HASHED,judge),$(INSTALL) --editable '.[test,judge,lsp,fleet]')
	@touch $@

$(VENV)/.docs $(VENV)/.release: $(VENV)/.%: $(VENV)/.run
	@echo "Installing what $* needs ..."
	@$(if $(LOCKED),$(call HASHED,$*),$(INSTALL) --editable '.[$*]')
	@touch $@

# No package runs a script; the multitool's own would make its program executable.
$(NODE): ci/node/package-lock.json
	@npm ci --silent --ignore-scripts --no-audit --no-fund --prefix ci/node
	@chmod u+x $(MULTITOOL)
	@touch $@

# Debian's Chromium and Neovim, where there are none yet. Without Neovim its judge says so and is skipped.
chromium:
	@command -v chromium >/dev/null || { apt-get update --quiet --quiet; \
		apt-get install --quiet --yes --no-install-recommends chromium fonts-dejavu-core; }

neovim: chromium
	@command -v nvim >/dev/null || apt-get install --quiet --yes --no-install-recommends neovim >/dev/null 2>&1 || true

builders: chromium
	@for one in buildah podman; do command -v $$one >/dev/null || \
		apt-get install --quiet --yes --no-install-recommends $$one crun >/dev/null; done

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("zr4lint needs Python 3.11 or later, for example: make lint PYTHON=python3.12")'
	@$(PYTHON) -m venv --clear $(VENV)

clean:
	rm -rf $(VENV) dist build
