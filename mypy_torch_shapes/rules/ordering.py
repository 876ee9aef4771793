"""Sorting, ranking and positions (torch docs: torch, Comparison Ops and Reduction Ops)."""
