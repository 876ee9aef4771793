"""Running sums and differences along an axis (torch docs: torch, Reduction Ops and Other Operations)."""
