"""What is said of a study (`content`), and three renderers that say it: page, terminal, notebook."""
