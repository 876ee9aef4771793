"""Fourier transforms (torch docs: torch.fft; torch, Spectral Ops)."""
