"""`python -m mypy_torch_shapes` is the command `mypy-torch-shapes`."""

from mypy_torch_shapes.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
