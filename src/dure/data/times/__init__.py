"""When each step of a series was: read from its index or a column, and checked for evenness."""
