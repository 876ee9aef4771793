"""Operations on each element of one tensor (torch docs: torch, Pointwise Ops; torch.special)."""
