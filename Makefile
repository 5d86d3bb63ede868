# makewhole: `make demo` and `make test` set up everything they need first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# pip, and nothing quicker: it heeds whatever mirror, proxy or certificate the machine's pip configuration names.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

# Programs are started again and again, and lanes beside them: each would compile all of them where this is set.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-system check properties mutants rulebook pictures by-pages licences sbom vulnerabilities up down retail baskets import audit bench queueing chaos simulate conformance simulate-mutants histories load flat growth reconcile what-if statements hostile overload large bulk soak instants fuzz protections key env client contract lock clean

help:
	@echo "make demo    set up, start the whole stack, run real refunds end to end (LOCALE=en: in English; KEEP=1: leave it running; FULL=1: with npm's parties)"
	@echo "make test    set up, check and run all tests"
	@echo "make test-system   what needs more (curl, jq, npx, chromium, Prometheus, nginx, network namespaces as root, PostgreSQL 15): the tour, npm's parties, pages in a browser, alerts and dashboards, the door before the Temporal UI, machines that are cut off, an upgrade, a second linter of the OpenAPI document"
	@echo "make up      the whole stack in the foreground until Ctrl-C"
	@echo "make down    stop it from another terminal"
	@echo "make retail  replay real orders and returns over HTTP (BY_CLOCK=1: day by day, by the test clock)"
	@echo "make baskets BASKETS=20000 HTTP=500 SEED=1   baskets of two real shops come back in every way, to the cent"
	@echo "make import FROM=shopify FILES=orders.json GATEWAYS=stripe=card:stripe   orders and past refunds of another system (CHECK=1: only read)"
	@echo "make load ORDERS=1000000   fill the database of MAKEWHOLE_HOME as two years of fifty merchants would"
	@echo "make reconcile   read a settlement report of 100,000 lines with 50 differences; REPORT=file GATEWAY=… FORMAT=… sends one to make up"
	@echo "make audit TO=folder   export the audit trail of make up with its checkpoints, and verify it against what was exported before"
	@echo "make what-if time a what-if over 10,000 past refunds"
	@echo "make bench   refunds a second beside the same functions on DBOS and beside Temporal alone (ROUNDS=4, QUICK=1: sooner)"
	@echo "make queueing     measures plain refunds, foretells from their costs how long they take, and goes on to a thousand a second (RUN=what make bench told last, in a file; RATE=1000)"
	@echo "make flat    is it as fast with the orders that make load has left in MAKEWHOLE_HOME as with none? (ROUNDS=8)"
	@echo "make growth ROWS=10000000   loads a year of so many rows: how much longer statements take after it, and is any table read from end to end? (ROUNDS=6)"
	@echo "make statements   count what a refund sends to Postgres, and what of that is parsed anew"
	@echo "make overload     more refunds than there is capacity for: who waits, who is refused, and is anything lost"
	@echo "make large        what an order of 5,000 lines costs beside one of 500"
	@echo "make bulk LINES=10000   many refunds by one file: previewed, confirmed, completed, and another merchant meanwhile"
	@echo "make streams N=1000     so many watch at one API process: nothing is asked without news, and a stop ends all cleanly"
	@echo "make pages WAITING=10000   how fast the first page and the desk are, in Chromium, with so many waiting refunds"
	@echo "make soak REFUNDS=20000   does the memory of worker and API grow with what they have done?"
	@echo "make hostile      how long others wait while one merchant tries to stop the service"
	@echo "make protections ROUNDS=6   what sealing, row-level security and signed checkpoints cost, beside a stack without"
	@echo "make fuzz EXAMPLES=50 SEED=1   every operation asked by every role, each answer held against the document (ROLES=\"ops owner\")"
	@echo "make instants N=1000   two words in one instant: one wins, both answers are true; WHAT=words: very many words; WHAT=lost: lost ones"
	@echo "make rulebook   write docs/rulebook.md from the rules and their tests"
	@echo "make by-pages ORDERS=50   real orders come back through the pages alone, in Chromium, to the penny"
	@echo "make pictures   take the pictures of the main pages in docs/pictures anew, of a real stack, in Chromium"
	@echo "make properties CASES=200000 SEED=1   try the rules on generated orders and refunds"
	@echo "make chaos   REFUNDS=500 KILLS=100 RESTORES=0 PG_RESTORES=0 refunds while everything is killed, then an audit of the books"
	@echo "make mutants MODULES=points   change the rules in small ways and see that a test notices; TESTS=tests/domain/entitlements: by these alone"
	@echo "make simulate N=100000 SEED=1   play so many different schedules of the saga; ONE=1 tells the story of one seed, DISPUTES=1 disputes payments of all"
	@echo "make simulate-mutants           the same with deliberate faults, each of which must be noticed"
	@echo "make conformance N=2000 SEED=1  schedules with the real activities on Postgres: both books must agree"
	@echo "make histories                  record the histories that every change is replayed against"
	@echo "make check   formatting, lint, types, import arrows, container files, the OpenAPI document"
	@echo "make licences   write docs/licences.md: what is installed, and under which licence"
	@echo "make sbom TO=makewhole.cdx.json   write what the image holds as CycloneDX, with hashes"
	@echo "make vulnerabilities   look up whether one is known in what the image holds; without the database of them it fails"
	@echo "make contract  write docs/entitlements.openapi.json anew out of its models"
	@echo "make client  write the Python client anew out of the OpenAPI document"
	@echo "make env     write the secrets that docker-compose.yml needs to .env, each a random one"
	@echo "make key MERCHANT=acme ROLE=merchant   make an API key; with ROLE=customer CUSTOMER=lilei one of a customer, with PERSON=li one of a person"

$(VENV)/.run: requirements/run.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "makewhole needs Python 3.11 or newer; this is " + sys.version)'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Python's venv is missing: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements/run.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.lock
	$(PIP) -r requirements/dev.lock
	@touch $@

$(VENV)/.demo: $(VENV)/.run requirements/demo.lock
	$(PIP) -r requirements/demo.lock
	@touch $@

# npm's parties of the second act, in a folder of their own: Node comes from PyPI, and the lock file names no registry.
$(VENV)/.parties: $(VENV)/.demo requirements/full.lock requirements/parties/package.json requirements/parties/package-lock.json
	$(PIP) -r requirements/full.lock
	$(BIN)/python -m tools.demo.parties.install
	@touch $@

$(VENV)/.browser: $(VENV)/.run requirements/browser.lock
	$(PIP) -r requirements/browser.lock
	@touch $@

$(VENV)/.bench: $(VENV)/.run requirements/bench.lock
	$(PIP) -r requirements/bench.lock
	@touch $@

$(VENV)/.baskets: $(VENV)/.run requirements/baskets.lock
	$(PIP) -r requirements/baskets.lock
	@touch $@

demo: $(VENV)/.demo $(if $(FULL),$(VENV)/.parties)
	@$(BIN)/python -m tools demo $(if $(LOCALE),--locale $(LOCALE)) $(if $(KEEP),--keep) $(if $(KILL),--kill-worker) $(if $(FULL),--full)

up: $(VENV)/.run
	@$(BIN)/python -m tools.stack up

down: $(VENV)/.run
	@$(BIN)/python -m tools.stack down

retail: $(VENV)/.run
	@$(BIN)/python -m tools retail $(if $(BY_CLOCK),--by-clock)

baskets: $(VENV)/.baskets
	@$(BIN)/python -m proof.baskets --baskets $(or $(BASKETS),20000) --http $(or $(HTTP),500) --seed $(or $(SEED),1)

import: $(VENV)/.run
	@$(BIN)/python -m tools import --from $(FROM) $(foreach each,$(GATEWAYS),--gateway $(each)) $(if $(CHECK),--check) $(FILES)

load: $(VENV)/.run
	@$(BIN)/python -m tools load --orders $(or $(ORDERS),1000000)

flat: $(VENV)/.run
	@$(BIN)/python -m proof.bench flat --rounds $(or $(ROUNDS),8)

growth: $(VENV)/.run
	@$(BIN)/python -m proof.bench growth --rows $(or $(ROWS),10000000) --rounds $(or $(ROUNDS),6)

reconcile: $(VENV)/.run
	@$(BIN)/python -m $(if $(REPORT),tools reconcile "$(REPORT)" --gateway "$(GATEWAY)" --format "$(FORMAT)",proof.bench reconcile --lines $(or $(LINES),100000))

audit: $(VENV)/.run
	@$(BIN)/python -m tools audit export "$(TO)" && $(BIN)/python -m tools audit verify "$(TO)"

what-if: $(VENV)/.run
	@$(BIN)/python -m tools what-if --refunds $(or $(REFUNDS),10000)

bench: $(VENV)/.bench
	@$(BIN)/python -m proof.bench speed --rounds $(or $(ROUNDS),4) $(if $(QUICK),--quick)

queueing: $(VENV)/.run
	@$(BIN)/python -m proof.queueing $(if $(RUN),"$(RUN)") $(if $(RATE),--rate $(RATE))

hostile: $(VENV)/.run
	@$(BIN)/python -m proof.bench hostile --seconds $(or $(SECONDS),10)

statements: $(VENV)/.run
	@$(BIN)/python -m proof.bench statements --refunds $(or $(REFUNDS),10)

protections: $(VENV)/.run
	@$(BIN)/python -m proof.bench protections --rounds $(or $(ROUNDS),6) $(if $(RETAIL),--retail)

overload: $(VENV)/.run
	@$(BIN)/python -m proof.bench overload --seconds $(or $(SECONDS),60)

large: $(VENV)/.run
	@$(BIN)/python -m proof.bench large --rounds $(or $(ROUNDS),4)

bulk: $(VENV)/.run
	@$(BIN)/python -m proof.bench bulk --lines $(or $(LINES),10000) $(if $(ALONE),--alone)

.PHONY: streams pages
streams: $(VENV)/.run
	@$(BIN)/python -m proof.bench streams --streams $(or $(N),1000)

pages: $(VENV)/.browser
	@$(BIN)/python -m proof.bench pages --waiting $(or $(WAITING),10000)

soak: $(VENV)/.run
	@$(BIN)/python -m proof.bench soak --refunds $(or $(REFUNDS),20000)

instants: $(VENV)/.run
	@$(BIN)/python -m proof.instants $(or $(WHAT),races) $(if $(N),--times $(N)) $(if $(SEED),--seed $(SEED))

chaos: $(VENV)/.run
	@$(BIN)/python -m proof.chaos --refunds $(or $(REFUNDS),500) --kills $(or $(KILLS),100) --restores $(or $(RESTORES),0) --pg-restores $(or $(PG_RESTORES),0) $(if $(SEED),--seed $(SEED))

simulate: $(VENV)/.run
	@$(BIN)/python -m proof.simulation schedules --schedules $(or $(N),100000) --seed $(or $(SEED),1) $(if $(ONE),--one) $(if $(DISPUTES),--disputes $(DISPUTES))

conformance: $(VENV)/.run
	@$(BIN)/python -m proof.simulation conformance --schedules $(or $(N),2000) --seed $(or $(SEED),1) $(if $(DISPUTES),--disputes $(DISPUTES))

simulate-mutants: $(VENV)/.run
	@$(BIN)/python -m proof.simulation mutants --schedules $(or $(N),20000) --seed $(or $(SEED),1)

histories: $(VENV)/.dev
	$(BIN)/python -m tests.histories.record

key: $(VENV)/.run
	@$(BIN)/python -m api.keys --merchant "$(MERCHANT)" --role "$(ROLE)" $(if $(CUSTOMER),--customer "$(CUSTOMER)") $(if $(PERSON),--person "$(PERSON)")

env:
	@$(PYTHON) tools/environment_file.py

# Six parts, four at once: with three, two cores still stood idle a quarter of the time, as many tests wait for time to pass;
# what more at once would gain they lose by taking the cores from each other (the same work costs two thirds more when eighteen
# want them than when three do). The long ones begin, with those that wait the most; what computes comes last. Each tells at its
# end what became of it, then the ten slowest are named. `rest` is what no other part names. With SYSTEM=1 there is a
# seventh: what needs a browser and cut machines.
PARTS := upkeep rest $(if $(SYSTEM),system) edges service rules check
SERVICE := tests/api tests/proof tests/tools/load
UPKEEP := tests/upkeep tests/tools tests/carriers tests/importers tests/messages tests/webhooks tests/clients
EDGES := tests/gateways tests/db tests/activities tests/containers tests/rulebook tests/kept tests/histories tests/web
TOLD = > $(VENV)/$@.log 2>&1; code=$$?; cat $(VENV)/$@.log; exit $$code
PYTEST := $(BIN)/python -m pytest --durations=10

test: $(VENV)/.dev $(if $(SYSTEM),$(VENV)/.parties $(VENV)/.browser)
	@rm -f $(PARTS:%=$(VENV)/test-%.log); echo "$(words $(PARTS)) parts, four at once; each tells at its end what became of it."
	@$(MAKE) --no-print-directory --keep-going -j4 $(PARTS:%=test-%); code=$$?; echo "The ten slowest of all:"; \
	grep -hE '^[0-9.]+s (call|setup|teardown) ' $(PARTS:%=$(VENV)/test-%.log) | sort -rn | head -n 10; exit $$code

.PHONY: $(PARTS:%=test-%)
test-check: $(VENV)/.dev
	@$(MAKE) --no-print-directory check $(TOLD)

# The rules are tested to the last branch (fail_under in pyproject.toml).
test-rules: $(VENV)/.dev
	@{ $(BIN)/coverage run -m pytest --durations=10 tests/domain && $(BIN)/coverage report; } $(TOLD)

test-service: $(VENV)/.dev
	@$(PYTEST) $(SERVICE) $(TOLD)

test-upkeep: $(VENV)/.dev
	@$(PYTEST) --ignore=tests/tools/load $(UPKEEP) $(TOLD)

test-edges: $(VENV)/.dev
	@$(PYTEST) $(EDGES) $(TOLD)

test-rest: $(VENV)/.dev
	@$(PYTEST) $(addprefix --ignore=,tests/system tests/machines tests/domain $(SERVICE) $(UPKEEP) $(EDGES)) $(TOLD)

# What needs more than Python and make; it fails where one of them lacks.
test-system: $(VENV)/.dev $(VENV)/.parties $(VENV)/.browser
	@command -v chromium-headless-shell > /dev/null || command -v chromium > /dev/null || { echo "make test-system needs Chromium: on Debian and Ubuntu, apt-get install chromium (with chromium-headless-shell it takes a third less of the processor)"; exit 1; }
	@for each in curl jq npx promtool prometheus nginx ip nft; do command -v $$each > /dev/null || { echo "make test-system needs $$each: on Debian and Ubuntu, apt-get install $$each (npx: npm; promtool: prometheus; nginx: nginx-light; ip: iproute2; nft: nftables)"; exit 1; }; done
	@{ $(PYTEST) tests/system tests/machines \
	&& MAKEWHOLE_NPM_PARTIES=1 $(PYTEST) tests/gateways/test_refunds.py tests/messages/test_messengers.py -k "stripe-stateful-mock or emulate" \
	&& $(BIN)/python -m api.publish > $(VENV)/openapi.json \
	&& REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npx --yes @redocly/cli@2.77.0 lint $(VENV)/openapi.json; \
	} $(if $(SYSTEM),$(TOLD))

CASES ?= 200000
properties: $(VENV)/.dev
	@$(BIN)/python -m proof.properties --cases $(CASES) $(if $(SEED),--seed $(SEED))

mutants: $(VENV)/.dev
	@$(BIN)/python -m proof.mutants $(MODULES) $(if $(TESTS),--tests $(TESTS))

rulebook: $(VENV)/.run
	@$(BIN)/python -m tools rulebook

pictures: $(VENV)/.browser
	@$(BIN)/python -m tools pictures

by-pages: $(VENV)/.browser
	@$(BIN)/python -m proof.by_pages --orders $(or $(ORDERS),50)

licences: $(VENV)/.run
	@$(BIN)/python -m tools licences

# In an environment of its own, so that none of it is ever part of what it looks at: the lock file of the image.
$(VENV)/.supply: $(VENV)/.run requirements/supply.lock
	$(PYTHON) -m venv $(VENV)/supply
	$(VENV)/supply/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/supply.lock
	@touch $@

# Schemathesis, in an environment of its own for the same reason.
$(VENV)/.fuzz: $(VENV)/.run requirements/fuzz.lock
	$(PYTHON) -m venv $(VENV)/fuzz
	$(VENV)/fuzz/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.lock
	@touch $@

fuzz: $(VENV)/.fuzz
	@SCHEMATHESIS=$(VENV)/fuzz/bin/schemathesis $(BIN)/python -m proof.fuzz $(if $(EXAMPLES),--examples $(EXAMPLES)) $(if $(SEED),--seed $(SEED)) $(ROLES)

sbom: $(VENV)/.supply
	@$(VENV)/supply/bin/cyclonedx-py requirements --pyproject pyproject.toml --spec-version 1.6 --output-reproducible \
		--output-file $(or $(TO),makewhole.cdx.json) requirements/serve.lock && echo "$(or $(TO),makewhole.cdx.json)"

vulnerabilities: $(VENV)/.supply
	@$(VENV)/supply/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off --requirement requirements/serve.lock

client: $(VENV)/.dev
	@$(BIN)/python -m tools python-client

contract: $(VENV)/.run
	@$(BIN)/python -m tools entitlement-contract

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict docker-compose.yml deploy
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m api.publish | $(BIN)/openapi-spec-validator -

# The lock files name versions and hashes, never an index.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements/serve.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra embedded --extra karrio -o requirements/run.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra embedded --extra karrio --extra demo --extra dev -o requirements/dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra embedded --extra karrio --extra demo -c requirements/dev.lock -o requirements/demo.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra embedded --extra karrio --extra full -c requirements/dev.lock -o requirements/full.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra embedded --extra karrio --extra browser -c requirements/dev.lock -o requirements/browser.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra embedded --extra karrio --extra bench -c requirements/dev.lock -o requirements/bench.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra embedded --extra karrio --extra baskets -c requirements/dev.lock -o requirements/baskets.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/supply.in -o requirements/supply.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements/fuzz.in -o requirements/fuzz.lock

clean:
	rm -rf $(VENV) .dev
