"""Lanes that Keras' own `fit` trains, with Dure's compiled steps or with Keras' own."""
