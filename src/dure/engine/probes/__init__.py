"""What is measured inside lanes while they train."""
