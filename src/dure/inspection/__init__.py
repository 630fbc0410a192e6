"""One object that looks inside networks: models, data, measurements and drawings put together."""
