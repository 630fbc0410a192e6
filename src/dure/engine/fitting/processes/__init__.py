"""Keras' own `fit` in processes of its own, one a core."""
