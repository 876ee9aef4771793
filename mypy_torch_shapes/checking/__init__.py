"""Into mypy: errors and notes in its own output, cache and daemon behaviour."""
