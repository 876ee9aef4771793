"""Tensors made like another one, and fillers of a tensor (torch docs: torch, Creation Ops; torch.Tensor)."""
