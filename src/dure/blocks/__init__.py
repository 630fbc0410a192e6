"""What is said and shown, as blocks: made once of results and arrays, rendered in three ways."""
