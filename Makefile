# NC Connect: `make` or `make help` lists what there is.

export DEMO_MODE ?= 1
PYTHON_BIN = .venv/bin/python

.PHONY: help run test test-all mutants lint format bench lock messages

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/'
	@echo
	@echo "Variables of make run: PORT (8000), DEMO_PORT (8001), BIND (127.0.0.1), DATA_DIR (var),"
	@echo "DATABASE_URL, REDIS_URL and those of docs/operations.md."

run: ## start the site, the demonstration partner and the mail worker; Ctrl-C stops them
	@requirements/install.sh demo
	@$(PYTHON_BIN) manage.py run_demonstration --with-parent

FAST = not servers and not browser and not clients and not slow
test: ## what needs no server and no browser, on the embedded default; TESTS=path runs a part
	@requirements/install.sh dev
	@env -u DATABASE_URL -u REDIS_URL SAMPLES=small \
		$(PYTHON_BIN) -m pytest -n 2 --dist worksteal -q -m "$(FAST)" \
		--ignore tests/browser --ignore tests/clients $(TESTS)

test-all: ## the whole suite, on PostgreSQL and Redis where they are found, browsers and clients
	@requirements/install.sh dev
	@$(PYTHON_BIN) -m tests.services $(PYTHON_BIN) -m pytest -n 2 --dist loadgroup -q $(TESTS)

mutants: ## break the modules that guard, and tell what no test sees (hours; goes on where it was)
	@requirements/install.sh dev
	@$(PYTHON_BIN) -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements/mutants.lock
	@nice -n 10 $(PYTHON_BIN) -m tests.mutants $(MODULES)

lint: ## format, style, floors, migrations, translations
	@requirements/install.sh dev
	$(PYTHON_BIN) -m ruff format --check .
	$(PYTHON_BIN) -m ruff check .
	.venv/bin/lint-imports
	$(PYTHON_BIN) manage.py makemigrations --check --dry-run
	$(PYTHON_BIN) -m pytest -q tests/architecture/test_locale.py

format: ## write the code in the project's format
	@requirements/install.sh dev
	$(PYTHON_BIN) -m ruff check --fix-only --quiet .
	$(PYTHON_BIN) -m ruff format .

bench: ## CPU and SQL statements of the sign-in journey and of each endpoint
	@requirements/install.sh dev
	@$(PYTHON_BIN) -m benchmarks

# Needs gettext (xgettext, msgmerge).
messages: ## collect the texts into locale/ and compile them
	@requirements/install.sh dev
	$(PYTHON_BIN) manage.py makemessages --locale en --no-obsolete --no-location \
		--ignore .venv --ignore examples --ignore tests --ignore var --ignore node_modules
	$(PYTHON_BIN) -m ncconnect.demonstration.catalogues

LOCK = .venv/bin/uv pip compile --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --quiet
lock: ## resolve the dependencies of pyproject.toml again; UPGRADE=1 takes newer versions
	@requirements/install.sh dev
	@.venv/bin/uv --version >/dev/null 2>&1 || $(PYTHON_BIN) -m pip install --quiet uv
	$(LOCK) $(if $(UPGRADE),--upgrade) --output-file requirements/production.lock pyproject.toml
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra demo --output-file requirements/demo.lock pyproject.toml
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra demo --group dev --output-file requirements/dev.lock pyproject.toml
	$(LOCK) $(if $(UPGRADE),--upgrade) --group build --output-file requirements/build.lock
	$(LOCK) $(if $(UPGRADE),--upgrade) --group mutants --output-file requirements/mutants.lock
