"""What will be trained: lanes, programs, memory."""
