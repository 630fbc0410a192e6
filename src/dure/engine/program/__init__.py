"""One compiled training loop and what runs inside it."""
