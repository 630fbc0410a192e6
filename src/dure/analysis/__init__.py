"""Conclusions from a result: comparisons, overfitting, health; each with its uncertainty."""
