"""The command line: thin, every command with an example in its help."""

from importlib import import_module

from dure.cli.app import app

__all__ = ["app"]

# In the order in which `dure --help` shows their commands.
for _group in ("runs", "report", "look", "gallery", "compare", "overfitting", "health", "cure"):
    import_module(f"dure.cli.commands.{_group}")
