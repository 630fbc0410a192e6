"""A changed build as Python source."""
