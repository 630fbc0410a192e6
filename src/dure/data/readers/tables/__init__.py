"""Tables: delimited text to rows, rows to columns of cells, cells to numbers."""
