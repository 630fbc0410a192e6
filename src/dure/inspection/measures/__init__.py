"""Measurements of a Keras model: arrays out of (network, data)."""
