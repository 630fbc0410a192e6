"""Rows E1 to E5: what helps and what hinders training."""
