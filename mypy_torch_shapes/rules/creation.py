"""Tensors made from sizes and values (torch docs: torch, Creation Ops)."""
