"""The networks on which Dure must give Keras' own numbers: one table for pages and tests."""
