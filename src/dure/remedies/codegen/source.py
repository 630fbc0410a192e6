"""The cured network as a function a person can read, paste and run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dure.core.backend import keras
from dure.remedies.codegen.expressions import (
    Imports,
    Unwritable,
    call,
    identifier,
    is_automatic,
    write_value,
)
from dure.remedies.surgery.model_config import Blueprint, CannotEdit, Config, name_of, snake_case
from dure.remedies.surgery.rebuild import EditedModel

_UNSAID = {"run_eagerly": False, "steps_per_execution": 1, "loss_weights": None}
_WIDTH = 96


def source_of(
    operated: EditedModel,
    build: Callable[..., Any],
    arguments: Mapping[str, Any],
    head: Sequence[str] = (),
) -> str:
    """Python source with a function ``build()`` that makes this network and compiles it.

    Under the same seed it has the first weights of the cured network, for layers are made in the
    same order. Layers that the cure changed or added are marked by a comment.

    Parameters
    ----------
    operated
        What :func:`dure.remedies.surgery.rebuild.operate` made.
    build, arguments
        The user's function: called where the network itself cannot be written down.
    head
        Lines of the module's docstring: what was changed, and why.
    """
    drawing = operated.drawing
    try:
        if drawing is None:
            drawing = Blueprint.of(operated.model)
        return _whole(*_network(drawing, operated.original, operated.compiled), head)
    except (Unwritable, CannotEdit) as reason:
        return _by_hand(reason, operated, drawing, build, arguments, head)


def _whole(imports: Imports, body: Sequence[str], head: Sequence[str]) -> str:
    text = "\n".join(head).replace("\\", "\\\\").replace('"""', "'''")
    lines = [f'"""{text}\n"""', "", "import keras", "from keras import layers"]
    lines += imports.lines()
    return "\n".join([*lines, "", "", *body, ""])


def _network(
    drawing: Blueprint, original: Blueprint | None, compiled: Mapping[str, Any]
) -> tuple[Imports, list[str]]:
    imports = Imports()
    writer = _Writer(imports)
    lines = writer.body(drawing, original)
    lines += _compile(compiled, imports)
    body = ["def build():", *(f"    {line}" if line else "" for line in [*lines, "return model"])]
    return imports, [*writer.helpers, *body]


class _Writer:
    """Writes drawings; nested functional models become functions of their own, before."""

    def __init__(self, imports: Imports) -> None:
        self.imports = imports
        self.helpers: list[str] = []

    def body(self, drawing: Blueprint, original: Blueprint | None) -> list[str]:
        """Lines that end with `model` being the network."""
        if drawing.kind == "Functional":
            return self._functional(drawing, original)
        lines = self._sequential(drawing, original)
        return [f"model = {lines[0]}", *lines[1:]]

    def _sequential(self, drawing: Blueprint, original: Blueprint | None) -> list[str]:
        lines = ["keras.Sequential("]
        listed: list[str] = []
        for entry in drawing.entries:
            name = name_of(entry)
            inner = drawing.inner.get(name)
            before = None if original is None else original.inner.get(name)
            if inner is not None and inner.kind == "Sequential":
                nested = self._sequential(inner, before)
                listed += [*nested[:-1], f"{nested[-1]},"]
            else:
                made = self._made(entry, drawing, original)
                listed += _broken(f"{made},", _remark(entry, original), _WIDTH - 12)
        lines += ["    [", *(f"        {line}" for line in listed), "    ],"]
        if not is_automatic(drawing.config["name"], "Sequential"):
            lines.append(f"    name={write_value(drawing.config['name'], self.imports)},")
        return [*lines, ")"]

    def _made(self, entry: Config, drawing: Blueprint, original: Blueprint | None) -> str:
        """What makes a layer."""
        name = name_of(entry)
        if name not in drawing.inner:
            return call(entry, self.imports, name=True)
        before = None if original is None else original.inner.get(name)
        inner = self.body(drawing.inner[name], before)
        helper = f"make_{identifier(name)}"
        lines = [f"def {helper}():", *(f"    {line}" for line in [*inner, "return model"])]
        self.helpers += [*lines, "", ""]
        return f"{helper}()"

    def _functional(self, drawing: Blueprint, original: Blueprint | None) -> list[str]:
        tensors: dict[tuple[str, int], str] = {}
        lines: list[str] = []
        waiting: list[tuple[tuple[str, int], str, Config]] = []
        # Layers are made in the drawing's order, for that is the order of their random numbers.
        for entry in drawing.entries:
            name, variable = name_of(entry), identifier(name_of(entry))
            nodes = entry["inbound_nodes"]
            made = self._operation(entry) or self._made(entry, drawing, original)
            remark = _remark(entry, original)
            if len(nodes) == 1 and _needs(nodes[0]) <= set(tensors):
                given = _arguments(nodes[0], tensors, self.imports)
                lines.append(f"{variable} = {made}({given}){remark}")
                tensors[name, 0] = variable
            elif nodes:
                lines.append(f"{variable}_layer = {made}{remark}")
                again = [variable, *(f"{variable}_{n}_again" for n in range(1, len(nodes)))]
                calls = zip(again, nodes, strict=True)
                waiting += [
                    ((name, n), f"{t} = {variable}_layer", c) for n, (t, c) in enumerate(calls)
                ]
            else:
                lines.append(f"{variable} = {made}{remark}")
                tensors[name, 0] = variable
            while ready := [w for w in waiting if _needs(w[2]) <= set(tensors)]:
                key, begun, node = ready[0]
                lines.append(f"{begun}({_arguments(node, tensors, self.imports)})")
                tensors[key] = begun.partition(" = ")[0]
                waiting.remove(ready[0])
        if waiting:
            raise Unwritable("a circle of layers")
        ends = [_nested(drawing.config[k], tensors) for k in ("input_layers", "output_layers")]
        name = drawing.config["name"]
        named = (
            "" if is_automatic(name, "Functional") else f", name={write_value(name, self.imports)}"
        )
        lines.append(f"model = keras.Model({ends[0]}, {ends[1]}{named})")
        return [piece for line in lines for piece in _broken(line, "", _WIDTH - 4)]

    def _operation(self, entry: Config) -> str | None:
        """A function of ``keras.ops`` that was called on a tensor; None for a layer."""
        if not entry["module"].startswith("keras.src.ops"):
            return None
        function = snake_case(entry["class_name"])
        if set(entry["config"]) - {"name"} or not hasattr(keras.ops, function):
            raise Unwritable(f"the operation {entry['class_name']}")
        return f"keras.ops.{function}"


def _remark(entry: Config, original: Blueprint | None) -> str:
    """A comment where a layer is new or differs from what it was."""
    if original is None:
        return ""
    before = next((e for e in original.entries if name_of(e) == name_of(entry)), None)
    if before is None:
        return "  # added"
    if before["class_name"] != entry["class_name"]:
        return f"  # was {before['class_name']}"
    if "layers" in entry["config"]:
        return ""
    old, new = before["config"], entry["config"]
    changed = [key for key in new if new[key] != old.get(key)]
    plain = [f"{key} was {old.get(key)!r}" for key in changed if not isinstance(old.get(key), dict)]
    told = plain or [f"{key} changed" for key in changed]
    return f"  # {', '.join(told)}" if told else ""


def _broken(code: str, remark: str, width: int) -> list[str]:
    """A line of code that is too long as one line an argument of its outermost call."""
    code, _, own = code.partition("  # ")
    remark = remark or (f"  # {own}" if own else "")
    if len(code) + len(remark) <= width:
        return [code + remark]
    start, end = _largest_call(code)
    if end - start < 2:
        return [code + remark]
    inside = [f"    {part}," for part in _split(code[start + 1 : end])]
    return [f"{code[: start + 1]}{remark}", *inside, code[end:]]


def _largest_call(code: str) -> tuple[int, int]:
    """Where the brackets of the longest call on a line open and close."""
    found, opened, depth, quoted = (0, 0), 0, 0, False
    for place, letter in enumerate(code):
        quoted ^= letter == '"'
        if quoted:
            continue
        if letter in "([{":
            opened = place if not depth else opened
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if not depth and letter == ")":
                found = max(found, (opened, place), key=lambda pair: pair[1] - pair[0])
    return found


def _split(arguments: str) -> list[str]:
    """The arguments of a call; text within quotes holds no brackets that matter here."""
    parts, depth, quoted = [""], 0, False
    for letter in arguments:
        quoted ^= letter == '"'
        depth += 0 if quoted else (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _needs(node: Config) -> set[tuple[str, int]]:
    return {(h[0], h[1]) for h in _histories(node)}


def _histories(value: Any) -> list[list[Any]]:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return [value["config"]["keras_history"]]
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [h for item in value for h in _histories(item)]
    return []


def _tensor(history: Sequence[Any], tensors: Mapping[tuple[str, int], str]) -> str:
    if history[2] != 0:
        raise Unwritable(f"{history[0]} has several outputs")
    return tensors[history[0], history[1]]


def _arguments(node: Config, tensors: Mapping[tuple[str, int], str], imports: Imports) -> str:
    def write(value: Any) -> str:
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            return _tensor(value["config"]["keras_history"], tensors)
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(write(item) for item in value)}]"
        return write_value(value, imports)

    given = [write(value) for value in node["args"]]
    given += [f"{k}={write(v)}" for k, v in node["kwargs"].items() if v is not None]
    return ", ".join(given)


def _nested(value: Any, tensors: Mapping[tuple[str, int], str]) -> str:
    """Inputs or outputs of a functional model as Python."""
    if isinstance(value, dict):
        return (
            f"{{{', '.join(f'{json.dumps(k)}: {_nested(v, tensors)}' for k, v in value.items())}}}"
        )
    if value and isinstance(value[0], str):
        return _tensor(value, tensors)
    return f"[{', '.join(_nested(item, tensors) for item in value)}]"


def _compile(compiled: Mapping[str, Any], imports: Imports) -> list[str]:
    # On JAX Keras compiles anyway, and says so as True.
    told = {k: v for k, v in compiled.items() if k != "jit_compile" and v is not None}
    told = {k: v for k, v in told.items() if k not in _UNSAID or v != _UNSAID[k]}
    given = [f"{k}={write_value(v, imports)}" for k, v in told.items()]
    one = f"model.compile({', '.join(given)})"
    if len(one) <= _WIDTH:
        return [one]
    lines = [piece for argument in given for piece in _broken(f"{argument},", "", _WIDTH - 8)]
    return ["model.compile(", *(f"    {line}" for line in lines), ")"]


def _by_hand(
    reason: Exception,
    operated: EditedModel,
    drawing: Blueprint | None,
    build: Callable[..., Any],
    arguments: Mapping[str, Any],
    head: Sequence[str],
) -> str:
    """Where no plain calls can be written: from the configuration, or through the user's own."""
    imports = Imports()
    head = [*head, "", f"Not in plain Keras calls: {' '.join(str(reason).split())}."]
    try:
        compiled = _compile(operated.compiled, imports)
        if operated.drawing is None:
            name = imports.own(build.__module__, getattr(build, "__name__", "build"))
            given = ", ".join(f"{k}={write_value(v, imports)}" for k, v in arguments.items())
            made = [f"model = original({given})"]
            imports_lines = [f"from {build.__module__} import {name} as original"]
        else:
            assert drawing is not None
            config = json.dumps(drawing.config)
            kind = "Sequential" if drawing.kind == "Sequential" else "Model"
            made = [f"config = json.loads({config!r})", f"model = keras.{kind}.from_config(config)"]
            imports_lines = ["import json", *imports.lines()]
    except (Unwritable, TypeError) as error:
        told = "\n".join([*head, f"Nor otherwise: {error}. Use the build function itself."])
        return f'"""{told}\n"""\n'
    text = "\n".join(head)
    lines = [*made, *compiled, "return model"]
    body = ["def build():", *(f"    {line}" for line in lines)]
    own = [line for line in imports_lines if line.startswith("import")]
    rest = [line for line in imports_lines if not line.startswith("import")]
    return "\n".join([f'"""{text}\n"""', "", *own, "import keras", *rest, "", "", *body, ""])
