"""The classes of torch.nn: what their constructors make, and what their forward does."""
