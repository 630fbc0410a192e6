"""What was measured inside networks, read without Keras, JAX or matplotlib."""
