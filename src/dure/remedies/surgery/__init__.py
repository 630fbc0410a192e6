"""Changes to the configuration of a Keras model."""
