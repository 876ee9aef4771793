"""einops: its pattern language, and the operations and layers that speak it. Nothing here imports einops."""
