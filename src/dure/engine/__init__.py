"""Lowered models in training: programs, lanes, and the pool that feeds devices with them."""

from dure._backend import require_jax_backend

require_jax_backend()
