# make run    opens the window; without a display, trains the example and leaves its picture and weights in out/
# make test   linters, types, layers and all tests
# make clean  removes what the two made
#
# Both set themselves up (see .ci/setup): a fresh clone on a bare machine needs nothing else. The second time they
# start at once.

BIN := .venv/bin
EXAMPLE := resources/gallery/spiral.json

# Where the environment forbids it to keep what it compiled, each of the many processes that tests start compiles anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test clean

run: .venv/.run
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
		exec $(BIN)/python main.py; \
	fi; \
	echo "There is no display, so the example is trained here." && \
	export QT_QPA_PLATFORM=offscreen && mkdir -p out && \
	$(BIN)/python main.py train $(EXAMPLE) --out out/spiral.gradwire && \
	$(BIN)/python main.py render out/spiral.gradwire --out out/spiral.png --values && \
	$(BIN)/python main.py export out/spiral.gradwire --to out/spiral.safetensors && \
	echo "The trained network, its picture and its weights are in out/."

test: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	@# Types are checked beside the tests, and what is said of them comes after what is said of the tests.
	@mkdir -p .mypy_cache; $(BIN)/mypy > .mypy_cache/said 2>&1 & types=$$!; \
	echo "$(BIN)/mypy & $(BIN)/python -m pytest --numprocesses auto --dist worksteal"; \
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal; tests=$$?; \
	wait $$types; types=$$?; cat .mypy_cache/said; \
	[ $$tests = 0 ] && [ $$types = 0 ]

clean:
	rm -rf .venv out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/.run: pyproject.toml constraints.txt .ci/setup
	@sh .ci/setup run
	@touch $@

.venv/.test: pyproject.toml constraints.txt .ci/setup
	@sh .ci/setup test
	@touch $@ .venv/.run
