"""Blocks as parts of a sheet."""
