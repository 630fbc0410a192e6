"""`python -m dure` is the `dure` command."""

from dure.cli import app

if __name__ == "__main__":
    app(prog_name="dure")
