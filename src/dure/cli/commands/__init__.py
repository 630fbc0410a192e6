"""A file for each group of commands."""
