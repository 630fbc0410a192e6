"""Names of people's things (metrics, layers, variants) as names of files that every disk takes.

What one disk takes another refuses or mixes up: Windows has no ``: * ? " < > |`` in a name, no dot
or blank at its end, and no file of the name ``CON`` or ``LPT1``; Windows and macOS take ``F1`` and
``f1`` for one file, and macOS an accent for the same whether it is a sign of its own or not.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

_KEPT = "-_.="
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)
_MOST_LETTERS, _MOST_BYTES = 60, 120  # of 255 bytes, so that there is room before and behind


def name_file(text: str, gap: str = "_") -> str:
    """A text as a file name or part of one: letters and digits of any script and ``- _ . =`` stay.

    Parameters
    ----------
    gap
        Stands for every other sign.
    """
    whole = unicodedata.normalize("NFC", text)
    name = "".join(c if c.isalnum() or c in _KEPT else gap for c in whole)[:_MOST_LETTERS]
    while len(name.encode()) > _MOST_BYTES:
        name = name[:-1]
    name = name.strip(".") or gap
    return f"{gap}{name}" if _DEVICES.match(name) else name


def name_files(texts: Iterable[str], gap: str = "_") -> dict[str, str]:
    """A file name by text, as of `name_file`; different texts never share a file, on any disk.

    Where two would, or where one is too long to stay whole, the later gets a short digest.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for text in dict.fromkeys(texts):
        name = name_file(text, gap)
        if name.casefold() in taken or len(text) > _MOST_LETTERS:
            name += f"-{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:8]}"
        taken.add(name.casefold())
        names[text] = name
    return names
