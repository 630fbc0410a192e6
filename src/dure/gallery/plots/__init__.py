"""Pictures only the gallery needs."""
