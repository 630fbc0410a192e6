"""Rows C1 to C7: convolutional networks."""
