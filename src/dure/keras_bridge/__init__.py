"""The one door to Keras' internals."""
