"""Matrix and vector products (torch docs: torch, BLAS and LAPACK operations)."""

from __future__ import annotations
