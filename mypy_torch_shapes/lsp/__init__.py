"""A language server: the shape behind each assignment, and on hover all that is known of an expression."""
