"""Statistics, histograms and sets of values (torch docs: torch, Reduction Ops and Other Operations)."""
