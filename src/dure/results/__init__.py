"""What a run folder holds, as named-axis arrays."""
