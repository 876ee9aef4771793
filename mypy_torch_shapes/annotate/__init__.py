"""Inferred types written into the source, as jaxtyping annotations."""
