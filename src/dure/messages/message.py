"""Sentences that can be said in another language: a template, and what fills it.

A `Message` is a `str`, the English sentence, so whoever only prints needs to know nothing of it.
Its template is the key under which `dure.messages.translate` finds the translation, as with
gettext's msgid. An f-string, `str.join` or `%` makes a plain `str` of it that can no longer be
translated;
where prose is handed on, annotate it as `Message`, and mypy finds such places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any, Self


class Message(str):
    """An English text that knows its template and its values.

    Attributes
    ----------
    template
        With named fields, as of `str.format`; "{text}" for what has no translation.
    values
        By name: `Message`, text to be taken as it is (a name, a number as text), or a number that
        the field's format formats.

    Examples
    --------
    >>> message = list(result.health().lines())[-1]
    >>> message.template
    'Not looked for: {kinds}, since {why}.'
    >>> type(message).from_json(message.to_json()) == message
    True
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any]) -> Self:
        made = super().__new__(cls, template.format_map(values))
        made.template, made.values = template, values
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, Any]]:  # type: ignore[override]
        return self.template, self.values

    def __add__(self, other: str) -> Message:
        return joined((self, other), "")

    def to_json(self) -> dict[str, Any]:
        """Template and values as JSON holds them, for `from_json`."""
        values = {
            name: value.to_json() if isinstance(value, Message) else value
            for name, value in self.values.items()
        }
        return {"say": self.template, "with": values}

    @classmethod
    def from_json(cls, document: Any) -> Message:
        """The sentence of a `document` that `to_json` wrote; a plain text stays as it is.

        Raises
        ------
        ValueError
            For anything else: files may come from anybody, and a template could reach into objects.
        """
        if isinstance(document, str):
            return as_is(document)
        try:
            template, given = document["say"], dict(document["with"])
            for _, field, form, _ in Formatter().parse(template):
                if field is not None and not (field.isidentifier() and len(form or "") < 8):
                    raise ValueError(f"{field!r} is no field of a sentence")
            values = {
                name: cls.from_json(value) if isinstance(value, dict) else value
                for name, value in given.items()
            }
            return cls(template, values)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no sentence of Dure: {str(document)[:80]}") from error


class Command(str):
    """A value that one types, as `say("Go on with {command}", command=Command("dure ..."))`."""


def say(template: str, /, **values: Any) -> Message:
    """A sentence, or a part of one: `say("{name} helps.", name=name)`.

    The template is written out where it is said (a literal), for tests collect all of them and look
    for their translations. Braces that are no field are doubled.
    """
    return Message(template, values)


def as_is(text: str) -> Message:
    """A text without translation: a name, a number, what a file or an error says."""
    return text if isinstance(text, Message) else Message("{text}", {"text": text})


def joined(parts: Iterable[str], by: str = " ") -> Message:
    """Texts one after the other, empty ones left out; `by` stands between and is not translated."""
    kept = [part for part in parts if part]
    fields = by.replace("{", "{{").replace("}", "}}").join(f"{{p{i}}}" for i in range(len(kept)))
    return Message(fields, {f"p{i}": part for i, part in enumerate(kept)})


def has_words(template: str) -> bool:
    """Whether a template has letters outside its fields: only then it needs a translation."""
    return any(char.isalpha() for literal, *_ in Formatter().parse(template) for char in literal)
