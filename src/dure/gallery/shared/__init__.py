"""What several rows of the gallery share."""
