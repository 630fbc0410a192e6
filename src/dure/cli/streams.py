"""Output of the command where it goes: consoles, pipes and files that do not take every letter.

On Windows what is piped or written to a file is in the system's code page, which has neither all
scripts nor the blocks and lines that charts are drawn with. Printing must not fail for that.
"""

from __future__ import annotations

import codecs
import sys
import unicodedata

_HANDLER = "dure.plain"
_SIGNS = str.maketrans(
    {
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{RIGHTWARDS ARROW}": "->",
        "\N{PLUS-MINUS SIGN}": "+/-",
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{LESS-THAN OR EQUAL TO}": "<=",
        "\N{GREATER-THAN OR EQUAL TO}": ">=",
        "\N{MIDDLE DOT}": "-",
        "\N{BULLET}": "*",
        "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}": ">",
        "\N{BLACK DOWN-POINTING SMALL TRIANGLE}": "v",
        "\N{BLACK CIRCLE}": "o",
        "\N{BLACK SQUARE}": "#",
        "\N{LIGHT SHADE}": ":",
        "\N{BOX DRAWINGS LIGHT HORIZONTAL}": "-",
        "\N{BOX DRAWINGS HEAVY HORIZONTAL}": "-",
        "\N{BOX DRAWINGS DOUBLE HORIZONTAL}": "=",
        "\N{BOX DRAWINGS LIGHT VERTICAL}": "|",
        "\N{BOX DRAWINGS LIGHT VERTICAL AND RIGHT}": "+",
        "\N{BOX DRAWINGS LIGHT VERTICAL AND LEFT}": "+",
        "\N{BOX DRAWINGS LIGHT VERTICAL AND HORIZONTAL}": "+",
        # The eighths of a bar of text: upright ones by height, lying ones by width.
        **dict(zip("▁▂▃▄▅▆▇█", "_.-=+*%#", strict=True)),
        **dict(zip("▏▎▍▌▋▊▉", "...=###", strict=True)),
    }
)


def replace_unprintable(error: UnicodeError) -> tuple[str, int]:
    """A handler for `codecs`: signs become what looks alike, letters their number (``\\uac00``)."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_SIGNS)
    plain = (unicodedata.normalize("NFKD", sign) for sign in text)
    replaced = "".join(
        alike if alike.isascii() else sign.encode("ascii", "backslashreplace").decode()
        for sign, alike in zip(text, plain, strict=True)
    )
    return replaced, error.end


def tolerate_encodings() -> None:
    """Let nothing that is printed fail for a letter that the output has not."""
    codecs.register_error(_HANDLER, replace_unprintable)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a notebook's or a test's own stream takes every letter
            reconfigure(errors=_HANDLER)


def takes_every_letter() -> bool:
    """Whether the standard output is in one of Unicode's own encodings."""
    return str(getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
