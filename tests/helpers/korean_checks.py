"""Whether what is said in Korean is Korean, and says the same numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from dure.messages.message import Message
from dure.messages.translate import translate

# Written in Latin letters in Korean, too.
KEPT = {
    "p",
    "t",
    "L1",
    "L2",
    "NaN",
    "Holm",
    "rope",
    "ROPE",
    "Keras",
    "EarlyStopping",
    "loss",
    "val_loss",
    "accuracy",
    "val_accuracy",
    "test_loss",
    "test_accuracy",
}

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*[A-Za-z0-9_]|[A-Za-z]")


def assert_korean(said: Message, allowed: Iterable[str] = (), numbers: bool = True) -> str:
    """Hangul, no English words but `KEPT` and those allowed, and the numbers of the English text.

    Parameters
    ----------
    allowed
        Names of variants, layers, runs and the like that the sentence holds; whole phrases, too.
    numbers
        False where the Korean cannot have the same ones.

    Returns
    -------
    str
        The Korean text.
    """
    assert isinstance(said, Message), f"a plain str, which cannot be translated: {said!r}"
    korean = translate(said, "ko")
    assert any("가" <= char <= "힣" for char in korean), korean
    if numbers:
        assert Counter(_NUMBER.findall(korean)) == Counter(_NUMBER.findall(said)), (said, korean)
    rest, names = korean, sorted(allowed, key=len, reverse=True)
    for name in names:
        rest = re.sub(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", "", rest)
    english = set(_WORD.findall(_NUMBER.sub("", rest))) - KEPT - {_NUMBER.sub("", k) for k in KEPT}
    assert not english, f"English in {korean!r}: {sorted(english)}"
    return korean


def templates_of(said: Message) -> Iterator[str]:
    """The templates of a text and of all it is made of."""
    yield said.template
    for value in said.values.values():
        if isinstance(value, Message):
            yield from templates_of(value)
