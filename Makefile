# The doors of this repository. Each target does its own set-up; `make help` says what each is for.
# Settings: REPO=path-or-url TRUST=1 KEEP=1 CLUSTER=current (demo), CLAIMS=name FULL=1 (prove), SAVE=file (images), CODITECT_CACHE=folder (all).

RUN := scripts/run.sh
CLAIMS ?= skeleton

.DEFAULT_GOAL := help
.PHONY: help demo demo-llm demo-gitops shell services images test e2e e2e-kubelet prove bench bench-roles bench-cost bench-autonomy check generate clean

help: ## Say what each target is for.
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

demo: ## Run a mission on this repository, or on REPO, in a Kubernetes on this machine (KEEP=1 leaves it up).
	@$(RUN) node cli/main.ts demo

demo-llm: ## Give a language model a goal: it plans, writes code and is checked (a simulation without ANTHROPIC_API_KEY).
	@LLM=1 $(RUN) node cli/main.ts demo

demo-gitops: ## Keep missions in Git: a real Argo CD applies, heals, prunes and steers them on this machine.
	@GITOPS=1 $(RUN) node cli/main.ts demo

shell: ## Open a shell with kubectl, kubectl mission and the kubeconfig of the demo cluster.
	@$(RUN) node cli/main.ts shell

services: ## Start the stores of the mirror (NATS, Redis, ClickHouse, S3, Chroma) on this machine until Ctrl-C.
	@$(RUN) node scripts/services.ts

images: ## Build all container images with DOCKER_HOST's engine or one of our own, and say how large they are (SAVE=file.tar keeps them).
	@$(RUN) node scripts/images/main.ts $(if $(SAVE),--save $(SAVE))

test: ## Run all unit and component tests with coverage.
	@$(RUN) vitest run --coverage --reporter=default --reporter=json --outputFile.json=.coditect/tests.json

e2e: ## Run the stories on a real API server with real agents.
	@$(RUN) node e2e/main.ts

e2e-kubelet: ## Install the charts on a node with real pods and run the stories there (as root, on Linux).
	@$(RUN) node e2e/kubelet/main.ts

prove: ## Check the product claims of e2e/claims/ named CLAIMS and print a table of the results (FULL=1 runs all).
	@$(RUN) node e2e/prove.ts $(CLAIMS)

bench: ## Measure speed and cost against a floor measured in the same run.
	@$(RUN) node bench/main.ts

bench-roles: ## Score Analyzer and Tester on testing/corpus.
	@$(RUN) node bench/roles/main.ts

bench-cost: ## Measure what missions cost with each lever, by scripted models (LIVE=1 MAX_USD=5 asks real ones).
	@$(RUN) node bench/cost/main.ts

bench-autonomy: ## Measure which share of missions ends well without a person, left alone and with a fault each.
	@$(RUN) node bench/autonomy/main.ts

check: ## Check types, lint, borders, unused code, duplicates, lengths, lock file, generated files, protos and charts.
	@$(RUN) node scripts/check.ts

generate: ## Write everything that is generated: CRDs, charts, install manifests, reference pages, schemas, stubs.
	@$(RUN) node scripts/generate.ts

clean: ## Remove what builds and tests left in the checkout; caches outside it stay.
	@rm -rf dist coverage .coditect e2e/results
