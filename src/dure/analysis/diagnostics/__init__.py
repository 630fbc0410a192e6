"""What ails networks: cases out of a result, findings about them, and which of them are told."""
