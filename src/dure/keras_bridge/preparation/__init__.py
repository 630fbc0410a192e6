"""What makes a network's inputs out of raw rows: kept with it, and put before it again."""
