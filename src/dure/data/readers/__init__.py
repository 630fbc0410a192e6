"""People's own data: tables, pictures in a folder per class, and texts, as `dure.Data`."""
