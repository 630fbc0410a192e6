"""Rows A1 to A11: single neurons and their relatives."""
