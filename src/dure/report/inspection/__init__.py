"""What `dure look` measured, as a section of a report: read from its arrays, drawn as blocks."""
