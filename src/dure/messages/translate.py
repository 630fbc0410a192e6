"""What Dure says, in the languages it knows: English in the code, the others as catalogues here.

`ko/` maps every English template to its Korean one, so both stand side by side in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any

from dure.errors import DureError
from dure.messages.ko import KOREAN
from dure.messages.korean_particles import with_particle
from dure.messages.message import Message, as_is, has_words

LANGUAGES: Mapping[str, str] = {"en": "English", "ko": "한국어"}
"""Codes (as HTML's `lang` has them) and names."""

_CATALOGUES: Mapping[str, Mapping[str, str]] = {"ko": KOREAN}


class MissingTranslation(DureError):
    """A template that a catalogue does not have."""


def check_language(language: str) -> None:
    """Raises DureError for a language that is not known."""
    if language not in LANGUAGES:
        known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
        raise DureError(f"language is {language!r}; expected {known}.")


def _unchanged(text: str) -> str:
    return text


def translate(
    text: Message,
    language: str,
    wording: Callable[[str], str] = _unchanged,
    value: Callable[[str], str] = _unchanged,
) -> str:
    """A text in a language.

    Parameters
    ----------
    wording, value
        What is done to our own words, and to the values between them (names, numbers), for instance
        to escape them.

    Raises
    ------
    MissingTranslation
        If the catalogue lacks the template.
    """
    template, catalogue = text.template, _CATALOGUES.get(language)
    if catalogue is not None and has_words(template):
        if template not in catalogue:
            raise MissingTranslation(f"no translation into {language!r} of {template!r}")
        template = catalogue[template]
    out = []
    for literal, field, form, _ in Formatter().parse(template):
        out.append(wording(literal) if literal else "")
        if field is not None:
            out.append(_filled(text.values[field], form or "", language, wording, value))
    return "".join(out)


def read_message(document: Any) -> Message:
    """What `Message.to_json` wrote to a file; English only where another Dure said it otherwise."""
    try:
        text = Message.from_json(document)
    except ValueError:  # damaged, or written by hand
        return as_is(str(document))
    try:
        for language in LANGUAGES:
            translate(text, language)
    except MissingTranslation:
        return as_is(str(text))
    return text


def _filled(
    filling: Any,
    form: str,
    language: str,
    wording: Callable[[str], str],
    value: Callable[[str], str],
) -> str:
    if isinstance(filling, Message):
        shown, plain = translate(filling, language, wording, value), translate(filling, language)
    else:
        number = form if not isinstance(filling, str) and not _is_particle(form) else ""
        plain = format(filling, number)
        shown = value(filling if isinstance(filling, str) else plain)
    return shown + wording(with_particle(plain, form)) if _is_particle(form) else shown


def _is_particle(form: str) -> bool:
    return bool(form) and "가" <= form[0] <= "힣"
