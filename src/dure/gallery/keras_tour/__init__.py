"""Rows E6 to E12: the tour of Keras."""
