"""What is said of a study (`content`), and what says it: page, notebook, terminal."""
