"""Shapes that people write down: jaxtyping's annotations, read as plain data, bound to names and checked."""
