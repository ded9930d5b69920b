# Two commands for everybody: `make demo` and `make test`. Each sets up what it needs, with plain Python 3.11 or newer.
# The rest: `make help`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SOURCES := addon server simulator bench tests salesforce lists deploy

WORLD ?=
JSON ?=
FILE ?=
STATE ?=
PORT ?= 8080
SEED ?=
SEEDS ?= 10
RUN ?=
MAILBOXES ?=
MESSAGES ?=
MBOX ?=
ME ?=
CONTACTS ?=
PLAN ?=
YES ?=
SETTINGS ?=
SECONDS ?= 60
ONLY ?=
CLOUD ?=
ORG ?=
SYNC_USER ?=
OPTIONS ?=
MINUTES ?= 30
# Tests wait more than they compute: on a small machine twice as many run side by side as there are processors.
SIDE_BY_SIDE = -n $$($(BIN)/python -c 'import os; n = os.cpu_count(); print(max(n, min(2 * n, 6)))') --dist loadgroup
# What `make deploy` takes from the environment too: all settings of the deployment, and those of the service that are needed.
DEPLOYED := PROJECT REGION FIRESTORE_LOCATION KEY_PROTECTION BACKUP_RETENTION SIDEBAR_INSTANCES WORKER_INSTANCES SALESFORCE_KEY \
  SALESFORCE_SECRET COPY_OPENERS OPERATORS ORGANISATION GOOGLE_ADMIN SALESFORCE_DOMAIN SALESFORCE_CONSUMER_KEY SALESFORCE_USERNAME
# All else on make's command line is passed as well: deploy takes a setting of the service, and refuses what it does not know.
TYPED = $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
PASSED = $(sort $(foreach name,$(DEPLOYED),$(if $(value $(name)),$(name))) $(filter-out PLAN YES SETTINGS PYTHON VENV,$(TYPED)))
DEMO := $(BIN)/python -m simulator.demo $(if $(WORLD),--world "$(WORLD)") $(if $(STATE),--state "$(STATE)") $(if $(CLOUD),--cloud)

.PHONY: demo try explain test test-all check lock lists salesforce bench faults soak fuzz deploy screenshots format help clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

demo: $(STAMP) ## Sync a simulated company, show what became of each email; ONCE=1 ends at rest, CLOUD=1 as on Google Cloud, WORLD=dir JSON=file PORT=8080
	@$(DEMO) --port $(PORT) $(if $(ONCE),--once) $(if $(JSON),--json "$(JSON)")

try: $(STAMP) ## The same on your own Google Takeout export, all on this machine; MBOX=file.mbox ME=address CONTACTS=file.csv
	@$(BIN)/python -m simulator.demo --mbox "$(MBOX)" --me "$(ME)" --contacts "$(CONTACTS)" --port $(PORT) \
	  $(if $(ONCE),--once) $(if $(JSON),--json "$(JSON)")

explain: $(STAMP) ## The decision for one message and why, nothing written; FILE=a.eml WORLD=dir
	@$(if $(FILE),,echo "Say which message: make explain FILE=a.eml" >&2; exit 4;) $(DEMO) --explain "$(FILE)"

test: $(STAMP) ## All tests that run here; a closing table says what could not, and how to install it
	@$(BIN)/python -m pytest -q $(SIDE_BY_SIDE)

test-all: $(STAMP) ## The same, and nothing may be missing
	@REQUIRE_ALL=1 $(BIN)/python -m pytest -q $(SIDE_BY_SIDE)

check: $(STAMP) ## Lint, types, import directions
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py

lock: $(STAMP) ## Make requirements.lock anew from requirements.txt, for all systems and Pythons that we run on
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==0.13.9 >&2
	@UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-emit-index-url requirements.txt -o requirements.lock

lists: $(STAMP) ## Make the list of public mail domains anew, for the server and the Salesforce package (lists/README.md)
	@$(BIN)/python -m lists

bench: $(STAMP) ## Measure; figures to build/bench.json
	@$(BIN)/python -m bench

faults: $(STAMP) ## A day of a failing org and a week in which all fails, ten seeds each; RUN=org|week SEEDS=10 MAILBOXES=40 MESSAGES=10000, or SEED=7
	@$(BIN)/python -m tests.soak $(if $(RUN),--run $(RUN)) --seeds $(SEEDS) $(if $(SEED),--seed $(SEED)) \
	  $(if $(MAILBOXES),--mailboxes $(MAILBOXES)) $(if $(MESSAGES),--messages $(MESSAGES))

soak: $(STAMP) ## The cloud engine under kills and failures, report in build/soak.json; RUN=cloud MINUTES=30 MAILBOXES=1000 SEED=1 CALM=1
	@$(if $(filter cloud,$(or $(RUN),cloud)),,echo "There is one soak: make soak RUN=cloud" >&2; exit 4;) \
	  $(BIN)/python -m tests.soak.cloud --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(MAILBOXES),--mailboxes $(MAILBOXES)) $(if $(CALM),--calm)

fuzz: $(STAMP) ## Hostile bytes into everything that reads what others wrote; SECONDS=60 for each harness, ONLY="addresses headers"
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-fuzz.txt >&2 || true
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(ONLY)

deploy: $(STAMP) ## Put the service on Google Cloud (docs/deploy.md); PROJECT=id REGION=region, PLAN=1 only shows, YES=1 does not ask
	@$(BIN)/python -m deploy $(if $(PLAN),--plan) $(if $(YES),--yes) $(if $(SETTINGS),--settings "$(SETTINGS)") \
	  $(foreach name,$(PASSED),'$(name)=$(subst ','\'',$(value $(name)))')

salesforce: ## Install the Salesforce package in an org, or bring it up to date (docs/salesforce.md); ORG=alias SYNC_USER=username, CHECK=1 only checks, YES=1 does not ask, OPTIONS="--layouts"
	@$(if $(ORG),,echo "Say which org: make salesforce ORG=alias" >&2; exit 4;) \
	  $(PYTHON) salesforce/install.py --org "$(ORG)" $(if $(SYNC_USER),--integration-user "$(SYNC_USER)") $(if $(CHECK),--check) $(if $(YES),--yes) $(OPTIONS)

screenshots: $(STAMP) ## Take the README's pictures anew, in Chromium
	@$(BIN)/python -m simulator.demo.screenshots

format: $(STAMP) ## Format the code
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

clean: ## Remove everything that was built or installed here
	rm -rf build $(VENV) tests/node/node_modules

$(STAMP): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Say which one: make PYTHON=python3.12 ..." >&2; exit 3; }
	@test -x $(BIN)/python || { echo "Setting up $(VENV) (once, about a minute) ..." >&2; \
	  $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3-venv is missing; on Debian: apt install python3-venv" >&2; exit 3; }; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt >&2
	@touch $@
