"""Rows B1 to B4: dense networks on text."""
