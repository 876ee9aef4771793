"""Complex tensors and their parts (torch docs: Complex Numbers)."""
