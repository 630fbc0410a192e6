"""What everything rests on; imports nothing of ours but errors."""
