# Two commands do everything on a fresh machine: `make demo` and `make test`.
PORT ?= 8000
SERVE ?= yes
INCIDENTS ?= ../shared/data/iom_mmp_incidents_sourced_from_4mi.csv
ROWS ?= 20000
PYTHON ?= python3
ARGS ?= -n 4 --dist loadfile --no-loadscope-reorder
BIN := .venv/bin
# Compiled once, not anew by every process that is started.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo run setup code worker keeper web test cover check format lock messages bench clean

demo: .venv/.runtime ## Play the main job from upload to download, then serve it
	@$(BIN)/python -m portal demo --port $(PORT) --serve $(SERVE) --incidents "$(INCIDENTS)" --rows $(ROWS)

run: .venv/.runtime ## Serve web, worker and keeper of an instance that is set up
	@$(BIN)/python -m portal run --port $(PORT)

code: .venv/.runtime ## Print a sample person's one-time code: make code WHO=amina
	@$(BIN)/python -m portal code "$(WHO)"

test: .venv/.dev ## Everything that can be tested on this machine
	@$(BIN)/python -m pytest $(ARGS)

cover: .venv/.dev ## Every branch of the disclosure library, by its own tests
	@$(BIN)/python -m pytest -n 2 -q tests/core/disclosure --cov=portal.disclosure --cov-branch --cov-fail-under=100 \
		--cov-report=term-missing:skip-covered

check: .venv/.dev ## What must be clean before a change lands
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/vulture
	$(BIN)/deptry .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python -m portal doctor

format: .venv/.dev ## Lay the code out
	$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

bench: .venv/.dev .venv-peers/.peers ## Measure beside other tools; prints figures, ratios and goals
	@$(BIN)/python -m bench

messages: .venv/.dev ## Collect the sentences to translate into translations/
	$(BIN)/pybabel -q extract -F babel.cfg -k lazy_gettext -k N_ --add-location=file -w 100 --project="4Mi data portal" \
		--version=1 --copyright-holder="Mixed Migration Centre" -o translations/messages.pot .
	$(BIN)/pybabel -q update -i translations/messages.pot -d translations -l fr -w 100 --init-missing \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@rm translations/messages.pot

lock: ## Compile the pins anew
	$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade -o requirements.txt requirements.in
	$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade -o requirements-dev.txt requirements-dev.in
	$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade -o bench/peers.txt bench/peers.in

.venv/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=…")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what the portal runs on (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.txt
	@echo "Installing what the tests need (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# Without them bench measures all the same, and says what is missing.
.venv-peers/.peers: bench/peers.txt
	@test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	@echo "Installing the tools that bench runs beside ours (once) …"
	@.venv-peers/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r bench/peers.txt \
		&& touch $@ || echo "They could not all be installed."

clean: ## Forget everything that was made here, the demo's data and keys included
	rm -rf .venv .venv-peers instance demo-downloads
