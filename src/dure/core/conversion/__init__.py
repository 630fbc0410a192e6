"""What people pass as an array, as the array Keras' `fit` would see, or a fault with its cure."""
