"""What networks were trained: arguments, optimizers and layers of every variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dure.blocks.content import Block, Folded, Table
from dure.messages.message import Message, as_is, say
from dure.messages.phrases import describe_number, join_list
from dure.results.run_result import RunResult

Facts = Mapping[str, Any]

_MOST_NAMES = 8  # variants named in a title


def describe_models(result: RunResult) -> Iterator[Block]:
    """A row a variant, then the layers of each architecture, variants with equal ones together."""
    models = (result.manifest.get("facts") or {}).get("models") or {}
    arguments = (result.manifest.get("study") or {}).get("variants") or {}
    models = {name: model for name, model in models.items() if model.get("layers")}
    if not models:
        return
    yield _variants(models, arguments)
    for names, layers in _architectures(models):
        yield Folded(_title(names, len(models)), (_layers(layers),))


def _variants(models: Mapping[str, Facts], arguments: Mapping[str, Any]) -> Table:
    header = (
        say("variant"),
        say("arguments of build"),
        say("parameters"),
        say("optimizer"),
        say("learning rate"),
        say("loss"),
    )
    rows = tuple(
        (
            as_is(name),
            as_is(_arguments(arguments.get(name))),
            int(model.get("parameters") or 0),
            as_is(_optimizer(model)),
            as_is(_rate(model)),
            as_is(str(model.get("loss") or "-")),
        )
        for name, model in models.items()
    )
    return Table(say("Networks"), header, rows, (False, False, True, False, True, False))


def _arguments(given: Any) -> str:
    if not isinstance(given, Mapping) or not given:
        return "-"
    return ", ".join(f"{name}={write_argument(value)}" for name, value in given.items())


def write_argument(value: Any) -> str:
    """An argument as a manifest holds it, in the way Python would write it, shortened.

    Of an object with a configuration only what is set is shown; of a function its name.
    """
    if isinstance(value, Mapping):
        if "class" in value:
            held = value.get("config") or {}
            inner = (f"{k}={write_argument(v)}" for k, v in held.items() if v not in (None, [], {}))
            return f"{value['class']}({', '.join(inner)})"
        if "sha256" in value:
            return str(value.get("name") or f"array{value.get('shape', '')}")
        return "{" + ", ".join(f"{k!r}: {write_argument(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(write_argument, value)) + "]"
    return repr(value)


def _optimizer(model: Facts) -> str:
    parts = [str(model.get("optimizer") or "-")]
    for name in ("momentum", "clipnorm", "clipvalue"):
        if model.get(name):
            parts.append(f"{name}={model[name]:g}")
    return ", ".join(parts)


def _rate(model: Facts) -> str:
    rate = model.get("learning_rate")
    told = "-" if rate is None else describe_number(rate)
    return f"{told} ({model['schedule']})" if model.get("schedule") else told


def _architectures(models: Mapping[str, Facts]) -> Iterator[tuple[list[str], Sequence[Facts]]]:
    """Variants whose layers are the same, with these layers."""
    groups: list[tuple[list[str], Sequence[Facts]]] = []
    for name, model in models.items():
        for names, layers in groups:
            if layers == model["layers"]:
                names.append(name)
                break
        else:
            groups.append(([name], model["layers"]))
    yield from groups


def _title(names: Sequence[str], of: int) -> Message:
    if len(names) == of:
        return say("Layers of all variants") if of > 1 else say("Layers")
    return say("Layers of {names}", names=join_list(names, _MOST_NAMES))


def _layers(layers: Sequence[Facts]) -> Table:
    header = (
        say("layer"),
        say("class"),
        say("activation"),
        say("output shape"),
        say("parameters"),
    )
    rows = tuple(
        (
            as_is(str(layer.get("name"))),
            as_is(str(layer.get("class"))),
            as_is(str(layer.get("activation") or "-")),
            as_is(" × ".join(map(str, layer.get("output_shape") or ())) or "-"),
            int(layer.get("parameters") or 0),
        )
        for layer in layers
    )
    return Table(
        say("Layers, in the order of calls"), header, rows, (False, False, False, True, True)
    )
