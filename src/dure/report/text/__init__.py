"""A report on a terminal, in plain text that lines up."""
