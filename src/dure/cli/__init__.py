"""The command line: thin, every command with an example in its help."""

from importlib import import_module

from dure.cli.app import app
from dure.cli.streams import tolerate_encodings

__all__ = ["app", "main"]

# In the order in which `dure --help` shows their commands.
for _group in ("runs", "report", "look", "gallery", "compare", "overfitting", "health", "cure"):
    import_module(f"dure.cli.commands.{_group}")


def main() -> None:
    """The `dure` command."""
    tolerate_encodings()
    app(prog_name="dure")
