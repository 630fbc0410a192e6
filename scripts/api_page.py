"""Makes docs/api.md: every public name with its signature and docstring, in a stable order.

Public is what a user can get hold of: the names below, and the classes that their methods and
functions return. What those hold in turn is described as fields.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from textwrap import dedent, indent
from typing import Any, NamedTuple

import dure
from dure.keras_bridge.preparation.prepared_model import PreparedModel

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"

ERRORS = {thing for thing in vars(dure.errors).values() if isinstance(thing, type)}
SECTIONS: dict[str, list[Any]] = {
    "Studies": [dure.Study, dure.Variant, dure.fit],
    "Results": [dure.Result, dure.load],
    "Looking inside": [dure.look],
    "Data": [dure.Data, dure.Batches, *(getattr(dure.data, name) for name in dure.data.__all__)],
    "Layers and models": [
        *(getattr(dure.layers, n) for n in dure.layers.__all__),
        PreparedModel,
        dure.load_model,
    ],
    "Errors": [thing for name in dure.__all__ if (thing := getattr(dure, name)) in ERRORS],
}
PATHS = {
    **{getattr(dure, name): f"dure.{name}" for name in dure.__all__ if name != "__version__"},
    **{getattr(dure.data, name): f"dure.data.{name}" for name in dure.data.__all__},
    **{getattr(dure.layers, name): f"dure.layers.{name}" for name in dure.layers.__all__},
}
"""How a user imports what can be imported; everything else is got from these."""

HEAD = """# API

Every public name, made from the docstrings by `scripts/api`. Each example continues those of
`Study`, which make a small study and train it; `folder` is a folder for what is written.
"""


class Entry(NamedTuple):
    """One docstring on the page."""

    name: str
    thing: Any
    """The class or function."""
    kind: str
    """"class", "function", "method" or "property"."""
    origin: str
    """For a class that is only returned: by what."""


def entries() -> dict[str, list[Entry]]:
    """Everything public, by section; a class goes before its members."""
    seen: set[Any] = {thing for things in SECTIONS.values() for thing in things}
    found: dict[str, list[Entry]] = {}
    for section, things in SECTIONS.items():
        queue, rows = [(thing, "") for thing in things], found.setdefault(section, [])
        for thing, origin in queue:  # grows while it is read
            mine = list(_entries_of(thing, origin))
            rows += mine
            for entry in mine:
                for returned in _returned(entry):
                    if not any(inspect.isclass(t) and issubclass(t, returned) for t in seen):
                        seen.add(returned)
                        queue.append((returned, entry.name))
    return found


def _entries_of(thing: Any, origin: str) -> Iterator[Entry]:
    path, name = PATHS.get(thing, thing.__name__), thing.__name__
    if not inspect.isclass(thing):
        yield Entry(path, thing, "function", origin)
        return
    yield Entry(path, thing, "class", origin)
    places = {m: place for place, c in enumerate(_bases(thing)) for m in reversed(vars(c))}
    for member in sorted(places, key=lambda m: (places[m], list(vars(_owner(thing, m))).index(m))):
        value = inspect.getattr_static(thing, member)
        function = getattr(value, "fget", None) or getattr(value, "func", None)
        kind = "property" if function else "method"
        function = function or getattr(value, "__func__", value)
        if not member.startswith("_") and inspect.isfunction(function):
            yield Entry(f"{name}.{member}", function, kind, "")


def _bases(thing: type) -> list[type]:
    return [base for base in thing.__mro__ if base.__module__.split(".")[0] == "dure"]


def _owner(thing: type, member: str) -> type:
    return next(base for base in thing.__mro__ if member in vars(base))


def _returned(entry: Entry) -> Iterator[type]:
    """Our classes that a function's return annotation names."""
    function: Callable[..., Any] = entry.thing
    annotation = "" if entry.kind == "class" else str(function.__annotations__.get("return", ""))
    for name in re.findall(r"\b[A-Z]\w+", annotation):
        target = _imports(function.__module__).get(name)
        thing = getattr(import_module(target or function.__module__), name, None)
        if inspect.isclass(thing) and thing.__module__.startswith("dure."):
            yield thing


@cache
def _imports(module: str) -> dict[str, str]:
    """Where each name of ours that a module imports, also for types only, comes from."""
    return {
        alias.asname or alias.name: node.module
        for node in ast.walk(ast.parse(inspect.getsource(import_module(module))))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("dure")
        for alias in node.names
    }


def parts_of(docstring: str) -> dict[str, str]:
    """A NumPy docstring by section: '' is what comes before the first."""
    pieces = re.split(r"^(\w[\w ]*)\n-{3,}\n", inspect.cleandoc(docstring), flags=re.MULTILINE)
    return {"": pieces[0], **dict(zip(pieces[1::2], pieces[2::2], strict=True))}


def _signature(entry: Entry) -> str:
    shown, star = [], False
    for p in inspect.signature(entry.thing).parameters.values():
        if p.name in ("self", "cls") and not shown:
            continue
        if p.kind is p.KEYWORD_ONLY and not star:
            shown.append("*")
        star = star or p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)
        marks = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        default = "" if p.default is p.empty else f" = {p.default!r}"
        shown.append(f"{marks}{p.name}: {p.annotation}{default}")
    returns = entry.thing.__annotations__.get("return") if entry.kind != "class" else None
    end = f") -> {returns}" if returns is not None else ")"
    name = PATHS.get(entry.thing, entry.name)
    line = f"{name}({', '.join(shown)}{end}"
    return line if len(line) <= 88 else f"{name}(\n    " + ",\n    ".join(shown) + f",\n{end}"


def _fields(thing: type) -> Iterator[tuple[str, str, str]]:
    """Name, type and docstring of each public field; the docstring is the text below it."""
    for base in reversed(_bases(thing)):
        (node,) = ast.parse(dedent(inspect.getsource(base))).body
        assert isinstance(node, ast.ClassDef)
        for field, after in zip(node.body, [*node.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                below = after.value if isinstance(after, ast.Expr) else None
                text = below.value if isinstance(below, ast.Constant) else ""
                if not field.target.id.startswith("_"):
                    yield field.target.id, ast.unparse(field.annotation), inspect.cleandoc(text)


def _items(body: str) -> str:
    """A section's definitions as a list; prose stays prose."""
    pairs = re.findall(r"^(\S.*)\n((?:(?: {4}.*)?(?:\n|$))+)", body.rstrip() + "\n", re.MULTILINE)
    if not re.search(r"^ {4}", body, re.MULTILINE):
        return body.strip()
    return "\n".join(f"- `{n}`: {indent(dedent(text).strip(), '  ').strip()}" for n, text in pairs)


def _markdown(entry: Entry) -> Iterator[str]:
    parts = parts_of(entry.thing.__doc__ or "")
    examples = parts.pop("Examples", "").strip()
    own = entry.thing.__module__.startswith("dure")
    if own and (entry.kind in ("function", "method") or "Parameters" in parts):
        yield f"```py\n{_signature(entry)}\n```"
    if entry.origin:
        yield f"Returned by `{entry.origin}`."
    yield parts.pop("").strip() if own else f"Keras' own `{entry.thing.__name__}`."
    fields = "" if entry.kind != "class" else _unexplained(entry.thing, parts)
    if fields:
        parts["Attributes"] = f"{parts.get('Attributes', '').strip()}\n{fields}".strip()
    for title, body in parts.items() if own else ():
        yield f"**{title}**\n\n{_items(body)}"
    if own and examples:
        yield f"```pycon\n{examples}\n```"


def _unexplained(thing: type, parts: dict[str, str]) -> str:
    """Fields that no section of the docstring explains, as definitions."""
    told = set(re.findall(r"\w+", " ".join(re.findall(r"^\S.*", "\n".join(parts.values()), re.M))))
    return "\n".join(
        f"{name}\n{indent(text or kind, '    ')}"
        for name, kind, text in dict.fromkeys(_fields(thing))
        if name not in told
    )


def page() -> str:
    """The whole page."""
    text = [HEAD]
    found = entries()
    for section, rows in found.items():
        names = [e.name for e in rows if e.kind in ("class", "function")]
        links = (f"[`{name}`](#{name.replace('.', '').lower()})" for name in names)
        text.append(f"{section}: {', '.join(links)}")
    for section, rows in found.items():
        text.append(f"## {section}")
        for entry in rows:
            level = "###" if entry.kind in ("class", "function") else "####"
            mark = " (property)" if entry.kind == "property" else ""
            text += [f"{level} {entry.name}{mark}", *_markdown(entry)]
    return re.sub(r":\w+:(?=`)", "", re.sub(r"(?<!`)``(?!`)", "`", "\n\n".join(text))) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
