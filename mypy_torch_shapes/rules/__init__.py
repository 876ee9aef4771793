"""What every torch operation does to argument types."""
