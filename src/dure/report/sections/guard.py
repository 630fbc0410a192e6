"""A section in any case."""

from __future__ import annotations

from collections.abc import Callable

from dure.blocks.content import Prose, Section
from dure.errors import DureError
from dure.messages.message import Message, as_is


def make_section(key: str, title: Message, make: Callable[[], Section]) -> Section:
    """A section, or one that says why it cannot be made."""
    try:
        return make()
    except DureError as error:
        return Section(key, title, (Prose(as_is(str(error)), "warning"),))
