"""Source files with the tensor types inferred in them: for people, and for tools."""
