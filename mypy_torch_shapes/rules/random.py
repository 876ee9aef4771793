"""Random tensors (torch docs: torch, Random sampling)."""
