"""Arithmetic of two or three tensors and numbers (torch docs: torch, Pointwise Ops)."""
