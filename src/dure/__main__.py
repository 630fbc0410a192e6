"""`python -m dure` is the `dure` command."""

from dure.cli import main

if __name__ == "__main__":
    main()
