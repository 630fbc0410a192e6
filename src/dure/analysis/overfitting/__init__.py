"""Where validation turns, and how the end depends on data and size."""
