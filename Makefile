# FinQ. `make` lists the targets.
.DEFAULT_GOAL := help
SHELL := bash
PYTHON := .venv/bin/python
FINQ := .venv/bin/finq

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install everything that is pinned in locks/ into .venv and .venv-aws
	@scripts/setup

.PHONY: run
run: setup ## Set up, start the whole stack in the background, ask it a question
	@$(FINQ) up --detach
	@$(FINQ) chat --age 25 --region 서울 "25살인데 청년 적금 추천해줘"

.PHONY: stop
stop: ## Stop the stack that `make run` started; its data stays
	@$(FINQ) down

.PHONY: test
test: setup ## Run every test, with coverage
	@$(PYTHON) -m pytest --cov --cov-report=term:skip-covered

.PHONY: lint
lint: setup ## Check style and types
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy

.PHONY: bench
bench: setup ## Measure the figures that docs/ promises
	@$(PYTHON) -m benchmarks

.PHONY: images
images: ## Build the container images finq-chatbot, finq-backend, finq-etl and finq-zip
	@for image in chatbot backend etl zip; do \
		docker build --file images/$$image/Dockerfile --build-arg REVISION=$$(git rev-parse HEAD) --tag finq-$$image . || exit; \
	done

.PHONY: zips
zips: setup ## Build dist/zips/NAME.zip of every function that ships as a zip
	@$(PYTHON) -m finq_local.bundle zips . dist/zips

.PHONY: sbom
sbom: setup ## Write dist/sbom/NAME.cdx.json, what each function ships (CycloneDX)
	@scripts/scan sbom

.PHONY: scan
scan: setup ## Look up known vulnerabilities of what each function ships
	@scripts/scan audit

.PHONY: scan-terraform
scan-terraform: setup ## Check what Terraform makes against checkov's policies
	@scripts/scan terraform

.PHONY: lock
lock: setup ## Rewrite locks/ after a change of pyproject.toml
	@scripts/lock

.PHONY: clean
clean: ## Stop the stack and remove all that was installed or made
	@[ ! -x $(FINQ) ] || $(FINQ) down --purge
	@rm -rf .venv .venv-aws .venv-scan .venv-checkov .finq .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* htmlcov dist build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
