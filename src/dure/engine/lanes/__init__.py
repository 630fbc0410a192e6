"""Lanes in training, and the pool that feeds devices with them."""
