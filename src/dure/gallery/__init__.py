"""Studies that come with Dure, a short file each."""
