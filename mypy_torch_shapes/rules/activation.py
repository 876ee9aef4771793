"""Activations and softmax (torch docs: torch.nn.functional, Non-linear activation functions)."""

from __future__ import annotations
