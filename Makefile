# Everything runs in a virtual environment of its own; a fresh machine needs Python, pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
JOBS ?= 2

REAL_VENV ?= build/real-venv
REAL_BIN = $(REAL_VENV)/bin
REAL_READY = $(REAL_VENV)/.ready

EXAMPLES ?= $(PYTORCH_EXAMPLES)
MUTANTS ?= build/mutants.json
REAL_MUTANTS ?= build/real_mutants.json
PEERS = build/peers

.PHONY: demo test slow lint types bench conformance programs networks real-code real-gradual real-mutants libraries mutants peers clean

demo: $(READY)
	$(BIN)/python demo/demo.py

test: lint types
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

lint: $(READY)
	$(BIN)/ruff check mypy_torch_shapes stubs tests benchmarks

types: $(READY)
	$(BIN)/mypy --strict mypy_torch_shapes

bench: $(READY)
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/rules.py

conformance: $(READY)
	$(BIN)/python -m tests.rules.conformance --jobs $(JOBS)
	$(BIN)/python -m tests.rules.conformance --jobs $(JOBS) --symbolic
	$(BIN)/python -m tests.rules.conformance --jobs $(JOBS) --errors

slow: $(READY)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m slow

programs: $(READY)
	$(BIN)/python -m tests.harness.measure --suite programs

# A clone of pytorch/examples is needed: make networks EXAMPLES=/path/to/examples
networks: $(READY)
	$(BIN)/python -m tests.harness.measure --suite networks --examples $(EXAMPLES)

# Model files of public libraries, which are installed in an environment of their own; and with EXAMPLES, of examples.
real-code: $(REAL_READY)
	$(REAL_BIN)/python -m tests.harness.measure --suite real --examples "$(EXAMPLES)" --json build/real_code.json

# mypy with the plugin and without it over each of these programs: nothing but lines of ours may differ.
real-gradual: $(REAL_READY)
	$(REAL_BIN)/python -m tests.harness.gradual --suite real --examples "$(EXAMPLES)"

# Edits of these programs, some of which crash; the same under Pyrefly (after `make peers`) with --way pyrefly.
real-mutants: $(REAL_READY)
	mkdir -p $(dir $(REAL_MUTANTS))
	$(REAL_BIN)/python -m tests.mutants.generate --suite real --examples "$(EXAMPLES)" --breaking 10 --harmless 9 --jobs $(JOBS) --out $(REAL_MUTANTS)
	$(REAL_BIN)/python -m tests.mutants.judge $(REAL_MUTANTS) --examples "$(EXAMPLES)" --jobs $(JOBS) --out build/real_judged.json

# mypy over the same libraries as a whole, which nobody has run: what the plugin costs there.
libraries: $(REAL_READY)
	$(REAL_BIN)/python benchmarks/libraries.py timm transformers

mutants: $(READY)
	mkdir -p $(dir $(MUTANTS))
	$(BIN)/python -m tests.mutants.generate --suite networks --examples $(EXAMPLES) --jobs $(JOBS) --out $(MUTANTS)
	$(BIN)/python -m tests.mutants.judge $(MUTANTS) --examples $(EXAMPLES) --jobs $(JOBS)

# The same edits under Pyrefly with its torch stubs, in an environment of its own.
peers: $(READY)
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --constraint requirements/constraints.txt torch
	$(PEERS)/bin/pip install --quiet --constraint requirements/constraints.txt --requirement requirements/peers.txt
	PYREFLY=$(PEERS)/bin/pyrefly $(BIN)/python -m tests.mutants.judge $(MUTANTS) --examples $(EXAMPLES) --jobs $(JOBS) --way pyrefly

# Neovim and Chromium are the system's; what is not there is skipped, and said.
editors: $(READY)
	$(BIN)/pip install --quiet --constraint requirements/constraints.txt '.[editors]'
	$(BIN)/pip install --quiet --constraint requirements/constraints.txt --editable .
	$(BIN)/python -m pytest -m editors -rs tests/editors

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache

# torch comes first and pinned: left to the resolver, another build of it would be fetched.
$(READY): setup.cfg pyproject.toml requirements/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint requirements/constraints.txt torch
	$(BIN)/pip install --quiet --constraint requirements/constraints.txt --editable '.[test]'
	touch $@

# --no-deps: the libraries' own dependencies would fetch another build of torch.
$(REAL_READY): setup.cfg pyproject.toml requirements/constraints.txt requirements/real_code.txt requirements/real_libraries.txt
	$(PYTHON) -m venv $(REAL_VENV)
	$(REAL_BIN)/pip install --quiet --constraint requirements/constraints.txt torch
	$(REAL_BIN)/pip install --quiet --constraint requirements/constraints.txt --requirement requirements/real_code.txt
	$(REAL_BIN)/pip install --quiet --no-deps --requirement requirements/real_libraries.txt
	$(REAL_BIN)/pip install --quiet --constraint requirements/constraints.txt --editable .
	touch $@
