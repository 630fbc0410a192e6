"""How a page speaks: one language, everything escaped, names kept apart from the words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from markupsafe import Markup, escape

from dure.messages.message import Command, Message
from dure.messages.translate import translate
from dure.report.html.words import WORDS

_LEAD = 14  # letters
# Letters and marks that are, or make others, written from right to left; and overrides.
_RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRO", "LRE", "LRI", "FSI", "PDF", "PDI"}


def _isolated(name: str) -> str:
    """A name that, written from right to left, does not turn the words round it."""
    return f"<bdi>{escape(name)}</bdi>"


def _value(text: str) -> str:
    if isinstance(text, Command):
        return f"<code>{escape(str(text))}</code>"
    # Between <bdi> and a Korean particle browsers would break the line, so only where it is needed.
    turns = any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)
    return _isolated(text) if turns else str(escape(text))


@dataclass(frozen=True)
class Voice:
    """What every part of a page or fragment knows.

    Attributes
    ----------
    language
        Of our own words.
    prefix
        Every id begins with it, so that several fragments can stand on one page.
    live
        Whether there is a script.
    level
        Of the headings of sections: 2 for <h2>.
    """

    language: str
    prefix: str
    live: bool
    level: int
    words: Mapping[str, Message] = field(default_factory=lambda: WORDS)
    _numbers: Iterator[int] = field(default_factory=count)

    def html(self, said: Message) -> Markup:
        """A text as HTML, with values from right to left in <bdi>."""
        return Markup(
            translate(said, self.language, wording=lambda t: str(escape(t)), value=_value)
        )

    def text(self, said: Message) -> str:
        """A text for an attribute or the script's data; not yet escaped."""
        return translate(said, self.language)

    def word(self, key: str) -> str:
        """One of our own words of `WORDS`, not yet escaped."""
        return self.text(self.words[key])

    def name(self, name: str) -> Markup:
        """A name as HTML."""
        return Markup(_isolated(name))

    def lead(self, names: Iterable[str]) -> str:
        """Width that a table's first column keeps on a phone, as CSS."""
        shown = (self.text(name) if isinstance(name, Message) else name for name in names)
        return f"{min(max(map(len, shown), default=4), _LEAD) + 2}ch"

    def new_id(self) -> str:
        """An id that nothing else on the page has."""
        return f"{self.prefix}n{next(self._numbers)}"
