# `make help` lists what there is. Every target makes its own environment in .venv first, from the pinned requirements.
PYTHON ?= python3
EXTRAS = test export search cluster lint  # not bench, which is large, and not audit
INSTALL = -m pip install --quiet --disable-pip-version-check --require-hashes
# PyTorch's own build for CPUs, CPython 3.11 on Linux x86-64, which some machines have beside the registry's.
TORCH_FOR_CPUS = sha256:6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b
PIN = uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	--custom-compile-command "make requirements" --upgrade --quiet
TORCH = grep -o 'torch==[^"]*' pyproject.toml | $(PIN) - --constraint requirements.txt \
	$$(sed -n 's/^\([^ =]*\)==.*/--no-emit-package \1/p' requirements.txt)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# Pages whose commands `make readme` runs anew, which takes some minutes; `make readme PAGES=` runs none.
PAGES ?= README.md stages/README.md

.PHONY: help setup repro clean readme test soak torch bench lint format requirements licences audit
.DEFAULT_GOAL := help

help:  ## list targets and commands
	@echo "make targets:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' Makefile
	@echo "stages of 'dvc repro', each a command of its own (python -m stages.NAME --help):"
	@awk '/^  [a-z]+:$$/ {name = substr($$1, 1, length($$1) - 1)} /^    desc:/ {sub(/ *desc: /, ""); printf "  %-13s %s\n", name, $$0}' dvc.yaml
	@echo "commands:"
	@echo "  python -m stages.predict PICTURE      what digit is it? (--help: folders, --index, --json, --interactive ...)"
	@echo "  python -m stages.draw                 draw a digit and see what the network makes of it, in the browser"
	@echo "  python -m stages.finder rates.png     which learning rate?"
	@echo "  python -m stages.gradcheck            how exact is every gradient?"
	@echo "  python -m stages.export --onnx m.onnx the model for other programs"
	@echo "  python -m stages.transfer             what are its layers worth to another task?"
	@echo "  dvc exp run -S train.epochs=20        one experiment; dvc exp show lists them"
	@echo "  python -m stages.experiments list     ready-made comparisons; run NAME runs one"
	@echo "  python -m stages.presets              networks with recipes; run NAME trains one"
	@echo "  python -m stages.search               better parameters, in ten minutes"
	@echo "  python -m stages.seeds --seeds 5      how far does chance move the result?"
	@echo "  python -m stages.verify               does the training give the same bytes again?"
	@echo "  dvc metrics diff                      what changed"
	@echo "  mnist                                 python -m stages by another name, from any folder: mnist predict digit.png"
	@echo "with .venv/bin on the PATH: source .venv/bin/activate"

setup: .venv/installed  ## make .venv from the pinned requirements, and the command mnist in it

.venv/installed: requirements.txt pyproject.toml
	@echo "First the packages, into .venv: one to three minutes, in which pip says nothing."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than Python 3.11;" \
		"name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	# pip is the one that comes with Python. What is built from source is built with the pinned setuptools, as pip would fetch
	# another one, unpinned, for a build of its own.
	sed -n '/^setuptools==/,/[^\\]$$/p' requirements.txt | python $(INSTALL) -r /dev/stdin
	python $(INSTALL) --no-build-isolation -r requirements.txt
	python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@

repro: .venv/installed  ## run the pipeline: data, training, evaluation, figures, report
	@test -e .git || grep -qs no_scm .dvc/config .dvc/config.local || { echo "error: DVC wants a git repository:" \
		"git init && git add --all && git commit --message start" \
		"(without experiments: dvc config core.no_scm true)" >&2; exit 1; }
	@echo "Now data, training, evaluation and report: where all is to be made, three to eight minutes on two cores."
	@echo "A stage that is done stays done. While it trains, reports/live.html in a browser draws the learning curves."
	@if grep -qs '"fallback": true' data/raw/dataset.json; then dvc repro --force --single-item fetch; fi
	dvc repro
	@printf '%s\n' '' 'Done (dvc push, of which DVC speaks, is for those who have a remote storage). What to do next:' \
		'  reports/report.html                            the results: open it in a browser' \
		'  source .venv/bin/activate                      for the commands below' \
		'  python -m stages.predict data/examples/42.png  what is in a picture?' \
		'  dvc exp run -S train.epochs=10                 change a parameter; dvc metrics diff tells what that changed'
	@git diff --quiet HEAD -- dvc.lock reports 2>/dev/null; test $$? -ne 1 || printf '%s\n' \
		'The results differ from the committed ones. To keep them, and to compare with them from now on:' \
		'  git add params.yaml dvc.lock reports && git commit --message "my results"'

clean: .venv/installed  ## remove temporaries and locks of killed commands, checkpoints that nothing continues, caches
	python -m stages.clean

readme: .venv/installed  ## bring figures, tables and outputs in README and stages/README.md to what they are now
	@mkdir -p reports/readme
	cp $(patsubst %,reports/figures/%.png,mistakes learning_curves confusion) reports/readme/
	python -m stages.presets readme
	$(if $(PAGES),python -m tests.pages $(PAGES))

test: .venv/installed  ## run the test suite
	python -m pytest

soak: .venv/installed  ## kill, starve and deceive the project for half an hour (SOAK="--minutes 1.6": less), see SECURITY.md
	python -m tests.soak $(SOAK)
	python -m tests.soak.report

torch: .venv/torch  ## PyTorch, for tests and bench to compare with

.venv/torch: .venv/installed requirements-cpu.txt requirements-bench.txt
	# pip takes a build for CPUs only where it is named, and the registry's build only with all of CUDA listed: gigabytes.
	python $(INSTALL) --no-deps -r requirements-cpu.txt 2>/dev/null || { echo "pip has no PyTorch for CPUs, or not the pinned" \
		"one: installing the registry's"; python $(INSTALL) --no-deps -r requirements-bench.txt; }
	@touch $@

bench: .venv/torch  ## time against PyTorch, scikit-learn and ONNX Runtime, ten minutes (BENCH=--quick: one)
	python -m tests.benchmarks $(BENCH)

lint: .venv/installed  ## check style and types
	ruff format --check
	ruff check
	mypy

format: .venv/installed  ## format the code
	ruff format
	ruff check --fix

requirements:  ## pin the newest versions of what pyproject.toml asks for, with hashes (needs uv)
	$(PIN) pyproject.toml $(EXTRAS:%=--extra %) --universal --output-file requirements.txt
	$(TORCH) --universal --output-file requirements-bench.txt
	# What PyTorch needs where there is no CUDA, and its build for CPUs.
	$(TORCH) --python-platform windows --no-emit-package torch --output-file requirements-cpu.txt
	grep -o 'torch==[^"]*' pyproject.toml | sed 's/$$/+cpu --hash=$(TORCH_FOR_CPUS)/' >> requirements-cpu.txt
	grep -o 'pip-audit[^"]*' pyproject.toml | $(PIN) - --constraint requirements.txt --universal \
		--output-file requirements-audit.txt

licences: .venv/installed  ## list the licences of all that is pinned, in LICENSES.md
	python -m tests.supply.licences

audit: .venv/audit/installed  ## ask whether vulnerabilities are known in what is pinned (needs the internet)
	python -m tests.supply.audit

.venv/audit/installed: .venv/installed requirements-audit.txt
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python $(INSTALL) -r requirements-audit.txt
	@touch $@
