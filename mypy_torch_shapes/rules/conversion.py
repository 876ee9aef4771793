"""Copies and conversions of a tensor (torch docs: torch.Tensor; Tensor Attributes)."""
