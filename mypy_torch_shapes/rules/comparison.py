"""Comparison, logic, bits and choice (torch docs: torch, Comparison Ops and Pointwise Ops)."""
