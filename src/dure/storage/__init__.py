"""The run folder; knows neither Keras nor JAX."""
