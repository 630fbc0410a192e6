"""A Keras model as an editable drawing: its configuration, with layers found, inserted, changed.

Only what Keras itself writes down can be edited: Sequential and functional models, nested ones
too. A model that is a class of its own has no such drawing.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dure.core.backend import keras
from dure.errors import DureError
from dure.messages.message import Message, say

Config = dict[str, Any]

WEIGHTED = frozenset(
    {
        "Dense",
        "EinsumDense",
        "Embedding",
        "LSTM",
        "GRU",
        "SimpleRNN",
        "RNN",
        "Bidirectional",
        "Conv1D",
        "Conv2D",
        "Conv3D",
        "SeparableConv1D",
        "SeparableConv2D",
        "Conv1DTranspose",
        "Conv2DTranspose",
        "Conv3DTranspose",
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "MultiHeadAttention",
        "Attention",
    }
)
"""Classes of layers that mix their inputs by weights; the others pass on, shape or merge."""

ACTIVATIONS = frozenset({"Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax"})
NORMALISERS = frozenset({"BatchNormalization", "LayerNormalization", "GroupNormalization"})


class CannotEdit(DureError):
    """A cure that cannot be applied to this network, and the reason."""

    def __init__(self, reason: Message) -> None:
        self.reason = reason
        super().__init__(str(reason))


@dataclass(frozen=True)
class Spot:
    """A layer in a drawing.

    Attributes
    ----------
    path
        Its name; "outer/inner" for a layer of a model inside the model.
    kind
        Keras' name of its class, such as "Dense".
    config
        Its arguments as ``get_config`` gives them; changes to it are changes to the drawing.
    """

    path: str
    kind: str
    config: Config


class Blueprint:
    """The drawing of one model; edits change it in place.

    Parameters
    ----------
    config
        What ``model.get_config()`` gives; copied, without the shapes layers were built for.
    kind
        "Sequential" or "Functional".
    """

    def __init__(self, config: Mapping[str, Any], kind: str) -> None:
        self.kind = kind
        self.config: Config = _without_shapes(copy.deepcopy(dict(config)))
        self.inner: dict[str, Blueprint] = {}
        for entry in self.entries:
            if entry["class_name"] in ("Sequential", "Functional"):
                nested = Blueprint(entry["config"], entry["class_name"])
                entry["config"] = nested.config
                self.inner[name_of(entry)] = nested

    @classmethod
    def of(cls, model: keras.Model) -> Blueprint:
        """The drawing of a model.

        Raises
        ------
        CannotEdit
            It is neither Sequential nor functional, or holds a layer that Keras cannot write.
        """
        kind = type(model).__name__
        if kind not in ("Sequential", "Functional") or not _of_keras(type(model)):
            raise CannotEdit(
                say(
                    "'{name}' is a {kind}, a class of its own; only Sequential and functional "
                    "models can be edited by their configuration",
                    name=model.name,
                    kind=kind,
                )
            )
        for layer in model._flatten_layers(include_self=False):
            if type(layer).__name__ == "Lambda" and _of_keras(type(layer)):
                raise CannotEdit(
                    say(
                        "'{layer}' is a Lambda, whose code Keras does not write down safely; "
                        "write it as a layer class",
                        layer=layer.name,
                    )
                )
        try:
            return cls(model.get_config(), kind)
        except Exception as error:  # whatever a layer's own get_config raises
            reason = say(
                "'{name}' has no configuration ({error})", name=model.name, error=str(error)
            )
            raise CannotEdit(reason) from error

    @property
    def entries(self) -> list[Config]:
        """The layers as Keras writes them, in its order."""
        return self.config["layers"]  # type: ignore[no-any-return]

    def spots(self) -> Iterator[Spot]:
        """Every layer in call order; of a nested model its layers instead of itself."""
        for entry in self.entries:
            name = name_of(entry)
            if name not in self.inner:
                yield Spot(name, entry["class_name"], entry["config"])
                continue
            for spot in self.inner[name].spots():
                yield Spot(f"{name}/{spot.path}", spot.kind, spot.config)

    def spot(self, path: str) -> Spot:
        """The layer at a path; CannotEdit if there is none."""
        for spot in self.spots():
            if spot.path == path:
                return spot
        raise CannotEdit(say("there is no layer '{path}'", path=path))

    def inputs(self, name: str) -> list[str]:
        """Names of the layers whose outputs a layer of this drawing (not a nested one) is given."""
        if self.kind == "Sequential":
            names = [name_of(entry) for entry in self.entries]
            at = names.index(name)
            return names[at - 1 : at] if at else []
        return [history[0] for history in _histories(self._entry(name)["inbound_nodes"])]

    def outputs(self) -> list[str]:
        """Names of the layers that give the model's outputs."""
        if self.kind == "Sequential":
            return [name_of(self.entries[-1])] if self.entries else []
        return [entry[0] for entry in _tensors(self.config["output_layers"])]

    def users(self, name: str) -> list[str]:
        """Names of the layers that are given a layer's output."""
        return [name_of(e) for e in self.entries if name in self.inputs(name_of(e))]

    def output_paths(self) -> set[str]:
        """The layers with weights that make the model's outputs: never made larger or smaller."""
        found: set[str] = set()
        waiting, seen = self.outputs(), set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            inner = self.inner.get(name)
            within = {f"{name}/{path}" for path in inner.output_paths()} if inner else set()
            if within or self._entry(name)["class_name"] in WEIGHTED:
                found |= within or {name}
            else:
                waiting += self.inputs(name)
        return found

    def hidden(self) -> list[Spot]:
        """Layers with weights that do not make the output."""
        last = self.output_paths()
        return [s for s in self.spots() if s.kind in WEIGHTED and s.path not in last]

    def block_end(self, path: str) -> str:
        """The last of the activations and normalisations that directly follow a layer, or it."""
        outer, _, rest = path.partition("/")
        if rest:
            return f"{outer}/{self.inner[outer].block_end(rest)}"
        while len(users := self.users(path)) == 1:
            if self._entry(users[0])["class_name"] not in ACTIVATIONS | NORMALISERS:
                break
            path = users[0]
        return path

    def insert_after(self, path: str, kind: str, config: Mapping[str, Any]) -> str:
        """Put a new layer behind another: whatever read that one's output reads the new one's.

        Parameters
        ----------
        kind, config
            Class and arguments of a layer of ``keras.layers``.

        Returns
        -------
        The new layer's path.
        """
        outer, _, rest = path.partition("/")
        if rest:
            return f"{outer}/{self.inner[outer].insert_after(rest, kind, config)}"
        name = self._free_name(kind)
        entry: Config = {
            "module": "keras.layers",
            "class_name": kind,
            "config": {**config, "name": name},
            "registered_name": None,
        }
        places = [name_of(e) for e in self.entries]
        if self.kind == "Functional":
            entry |= {"name": name, "inbound_nodes": self._redirect(path, name)}
        self.entries.insert(places.index(path) + 1, entry)
        return name

    def insert_first(self, kind: str, config: Mapping[str, Any]) -> str:
        """Put a new layer directly behind the model's only input."""
        entries = [name_of(e) for e in self.entries if e["class_name"] == "InputLayer"]
        if len(entries) > 1:
            raise CannotEdit(say("it has {number} inputs", number=str(len(entries))))
        if entries:
            return self.insert_after(entries[0], kind, config)
        first = self.entries[0]
        if name_of(first) in self.inner:
            return f"{name_of(first)}/{self.inner[name_of(first)].insert_first(kind, config)}"
        name = self._free_name(kind)
        entry = {"module": "keras.layers", "class_name": kind, "config": {**config, "name": name}}
        self.entries.insert(0, {**entry, "registered_name": None})
        return name

    def replace(self, path: str, kind: str, config: Mapping[str, Any]) -> None:
        """Put a layer of another class in the place of one, under its name."""
        outer, _, rest = path.partition("/")
        if rest:
            self.inner[outer].replace(rest, kind, config)
            return
        entry = self._entry(path)
        entry |= {"module": "keras.layers", "class_name": kind, "registered_name": None}
        entry["config"] = {**config, "name": path}

    def model(self, custom: Mapping[str, Any] | None = None) -> keras.Model:
        """A new, uncompiled model after this drawing; first weights are drawn layer by layer.

        Raises
        ------
        CannotEdit
            Keras refuses the drawing.
        """
        makers = {"Sequential": keras.Sequential, "Functional": keras.Model}
        try:
            with keras.saving.custom_object_scope(dict(custom or {})):
                return makers[self.kind].from_config(copy.deepcopy(self.config))
        except Exception as error:  # Keras raises nearly every kind here
            told = " ".join(str(error).split())
            reason = say("Keras refuses the edited network: {error}", error=told[:200])
            raise CannotEdit(reason) from error

    def _entry(self, name: str) -> Config:
        return next(entry for entry in self.entries if name_of(entry) == name)

    def _free_name(self, kind: str) -> str:
        """A name as Keras gives by itself: 'dropout', 'dropout_1', ..."""
        base, number = snake_case(kind), 1
        taken = {name_of(entry) for entry in self.entries}
        name = base
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        return name

    def _redirect(self, old: str, new: str) -> list[Config]:
        """Point all readers of `old` to `new`; the nodes by which `new` reads `old`."""
        calls: dict[int, Config] = {}
        for entry in self.entries:
            for tensor in _tensor_configs(entry["inbound_nodes"]):
                if tensor["config"]["keras_history"][0] == old:
                    _one_output(tensor["config"]["keras_history"], old)
                    calls[tensor["config"]["keras_history"][1]] = copy.deepcopy(tensor)
                    tensor["config"]["keras_history"][0] = new
        for history in _tensors(self.config["output_layers"]):
            if history[0] == old:
                _one_output(history, old)
                shape = {"shape": None, "dtype": "float32", "keras_history": [*history]}
                calls.setdefault(
                    history[1], {"class_name": "__keras_tensor__", "config": {**shape}}
                )
                history[0] = new
        if sorted(calls) != list(range(len(calls))) or not calls:
            raise CannotEdit(say("'{layer}' is called in places that nothing reads", layer=old))
        return [{"args": [calls[node]], "kwargs": {}} for node in range(len(calls))]


def name_of(entry: Mapping[str, Any]) -> str:
    """The name of a layer as Keras writes it."""
    return str(entry.get("name") or entry["config"]["name"])


def snake_case(name: str) -> str:
    """'BatchNormalization' as 'batch_normalization', in Keras' own way."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def own_classes(model: keras.Model) -> dict[str, Any]:
    """Classes of layers that are not Keras' own, by name, so that Keras finds them again."""
    layers = model._flatten_layers(include_self=False)
    return {type(layer).__name__: type(layer) for layer in layers if not _of_keras(type(layer))}


def _of_keras(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "keras"


def _one_output(history: list[Any], name: str) -> None:
    if history[2] != 0:
        raise CannotEdit(say("'{layer}' has several outputs", layer=name))


def _without_shapes(config: Any) -> Any:
    """Without what layers were built for: after an edit shapes may be others."""
    if isinstance(config, dict):
        return {k: _without_shapes(v) for k, v in config.items() if k != "build_config"}
    if isinstance(config, (list, tuple)):
        return [_without_shapes(item) for item in config]
    return config


def _tensor_configs(value: Any) -> Iterator[Config]:
    """Every reference to a tensor in the arguments of a call."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            yield value
            return
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensor_configs(item)


def _histories(value: Any) -> list[list[Any]]:
    return [tensor["config"]["keras_history"] for tensor in _tensor_configs(value)]


def _tensors(value: Any) -> Iterator[list[Any]]:
    """Every [layer, node, tensor] in a model's lists of inputs or outputs, however nested."""
    if isinstance(value, dict):
        value = list(value.values())
    if value and isinstance(value[0], str):
        yield value
        return
    for item in value:
        yield from _tensors(item)


def layers_before_output(drawing: Blueprint) -> list[str]:
    """What the layers that make the output read; without hidden layers there is no such place."""
    if not drawing.hidden():
        raise CannotEdit(say("it has no hidden layer"))
    found = []
    for path in sorted(drawing.output_paths()):
        outer, _, rest = path.rpartition("/")
        part = drawing
        for name in outer.split("/") if outer else ():
            part = part.inner[name]
        names = [n for n in part.inputs(rest) if n not in part.inner]
        found += [f"{outer}/{n}" if outer else n for n in names]
    if not found:
        raise CannotEdit(say("there is no layer before the output"))
    return found
