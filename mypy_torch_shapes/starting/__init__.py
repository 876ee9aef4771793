"""The first five minutes: writing the configuration, and finding out what is missing."""
