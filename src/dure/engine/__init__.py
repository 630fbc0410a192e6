"""Lowered models in training: programs, lanes, and the pool that feeds devices with them."""
