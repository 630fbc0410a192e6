"""Models of an old configuration: layers in order, or layers with the nodes between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dure.keras_bridge.old_files.configs import Translation, plain
from dure.keras_bridge.old_files.layers import translate_layer
from dure.keras_bridge.old_files.names import DATA_FORMATS, WITH_STATE

Config = dict[str, Any]
INNER = ("layer", "backward_layer", "forward_layer", "cell", "cells")
"""Arguments of layers that are layers themselves."""


class Part(NamedTuple):
    """One layer of a file, and where it went."""

    name: str
    """As the file has it."""
    now: str
    """As the model has it: Keras 3 takes no slash."""
    class_name: str
    config: Any
    """Its arguments, as the file has them."""
    parts: tuple[Part, ...] = ()
    """Layers in it, in the file's order."""

    @property
    def is_model(self) -> bool:
        """Whether it is a model of layers; else one layer, perhaps with layers in it."""
        return _is_graph(self.config) or _is_sequence(self.class_name, self.config)

    def leaves(self) -> Iterator[Part]:
        """Layers that hold no model, in the file's order."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def translate(config: Mapping[str, Any], words: Translation, now: str = "") -> tuple[Config, Part]:
    """A layer or model in Keras 3's words, and its parts.

    Parameters
    ----------
    config
        ``{"class_name": ..., "config": ...}`` as the file has it.
    words
        Where faults go.
    now
        Its name in the model; "": as in the file.
    """
    class_name, inner = str(config["class_name"]), config["config"]
    if _is_graph(inner):
        return _translate_graph(class_name, inner, config, words, now)
    if _is_sequence(class_name, inner):
        return _translate_sequence(class_name, inner, words, now)
    inner, parts = dict(inner), []
    for key in INNER:
        given = inner.get(key)
        if isinstance(given, dict) and "class_name" in given:
            inner[key], part = translate(given, words)
            parts.append(part)
        elif key == "cells" and isinstance(given, list):
            inner[key] = [translate(each, words)[0] for each in given]
    if class_name == "InputLayer":
        made = _input_layer(inner)
    else:
        made = translate_layer(class_name, inner, config.get("registered_name"), words)
    name = str(inner.get("name", ""))
    now = now or clean(name)
    if now:
        made["config"]["name"] = now
    part = Part(name, now, class_name, config["config"], _models_in(parts))
    return made, part


def find_data_formats(config: Any) -> frozenset[str]:
    """Where layers over pictures say that their channels are, wherever they stand in a model."""
    if isinstance(config, list):
        return frozenset().union(*map(find_data_formats, config))
    if not isinstance(config, dict):
        return frozenset()
    found = find_data_formats(list(config.values()))
    inner = config.get("config")
    if isinstance(inner, dict) and str(config.get("class_name")).endswith(("2D", "3D")):
        told = inner.get("dim_ordering", inner.get("data_format"))
        found |= {DATA_FORMATS.get(told, told)} if isinstance(told, str) else frozenset()
    return found


def clean(name: str) -> str:
    """A name without what Keras 3 takes in none."""
    return name.replace("/", "_")


def _models_in(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Parts whose numbers are ordered layer by layer; those of others are the wrapper's own."""
    found = tuple(parts)
    return found if any(part.is_model for part in found) else ()


def _is_graph(config: Any) -> bool:
    return isinstance(config, dict) and {"layers", "input_layers", "output_layers"} <= set(config)


def _is_sequence(class_name: str, config: Any) -> bool:
    return class_name == "Sequential" and (isinstance(config, list) or "layers" in config)


def _input_layer(config: Config) -> Config:
    dtype = config.get("input_dtype") or config.get("dtype") or "float32"
    shape = plain(config.get("batch_input_shape", config.get("batch_shape")))
    made = {"batch_shape": shape, "dtype": plain(dtype), "sparse": bool(config.get("sparse"))}
    return {"module": "keras.layers", "class_name": "InputLayer", "config": made}


# --- layers in order ------------------------------------------------------------------------


def _translate_sequence(
    class_name: str, config: Any, words: Translation, now: str
) -> tuple[Config, Part]:
    layers = config if isinstance(config, list) else config["layers"]
    name = "" if isinstance(config, list) else str(config.get("name", ""))
    now = now or clean(name)
    if layers and layers[0]["class_name"] == "Merge" and "layers" in layers[0]["config"]:
        return translate(_branches(layers, name), words, now)
    renamed = _renamed(_name_of(layer, place) for place, layer in enumerate(layers))
    made, parts = [], []
    shape = None if isinstance(config, list) else config.get("build_input_shape")
    for place, layer in enumerate(layers):
        old = _name_of(layer, place)
        given, part = translate(layer, words, renamed[old])
        made.append(given)
        parts.append(part._replace(name=old))
    if layers and layers[0]["class_name"] != "InputLayer":
        known = _input_of(layers[0], shape, f"{renamed[_name_of(layers[0], 0)]}_input")
        made[:0] = [] if known is None else [known]
    now = now or "sequential"
    arguments: Config = {"name": now, "layers": made}
    outer = {"module": "keras", "class_name": "Sequential", "config": arguments}
    return {**outer, "registered_name": None}, Part(name, now, class_name, config, tuple(parts))


def _name_of(layer: Mapping[str, Any], place: int) -> str:
    """A layer's name; Keras 1 wrote none for a Sequential model in another."""
    inner = layer["config"]
    named = inner.get("name") if isinstance(inner, dict) else None
    return str(layer.get("name") or named or f"{str(layer['class_name']).lower()}_at_{place}")


def _input_of(layer: Mapping[str, Any], built: Any, name: str) -> Config | None:
    """The Input that a first layer stands for; None where the file does not tell its shape."""
    found = _own_input(layer)
    if found is None and built:
        found = {"batch_input_shape": built}
    if found is None:
        return None
    given = _input_layer(found)
    given["config"]["name"] = name
    return given


def _own_input(layer: Mapping[str, Any]) -> Config | None:
    inner = layer["config"]
    if _is_graph(inner):
        first = _first(inner["input_layers"])[0]
        return next((_own_input(each) for each in inner["layers"] if each["name"] == first), None)
    if _is_sequence(str(layer["class_name"]), inner):
        layers = inner if isinstance(inner, list) else inner["layers"]
        return _own_input(layers[0]) if layers else None
    if inner.get("batch_input_shape") is not None:
        is_input = layer["class_name"] == "InputLayer"
        kept = ("batch_input_shape", "input_dtype", "sparse", *(("dtype",) if is_input else ()))
        return {key: inner[key] for key in kept if key in inner}
    return _own_input(inner["layer"]) if isinstance(inner.get("layer"), dict) else None


def _branches(layers: Sequence[Config], name: str) -> Config:
    """Keras 1's Sequential that begins with a Merge of models, as layers with nodes."""
    merge = layers[0]["config"]
    made, inputs, ends = [], [], []
    for place, branch in enumerate(merge["layers"]):
        own = _name_of(branch, place)
        own = f"branch_{place + 1}" if isinstance(branch["config"], list) else own
        given = _own_input(branch) or {"batch_input_shape": None}
        made.append(_node("InputLayer", {**given, "name": f"{own}_input"}, f"{own}_input", []))
        made.append({**branch, "name": own, "inbound_nodes": [[[f"{own}_input", 0, 0]]]})
        inputs.append([f"{own}_input", 0, 0])
        ends.append([own, 0, 0])
    arguments = {key: value for key, value in merge.items() if key != "layers"}
    made.append(_node("Merge", arguments, _name_of(layers[0], 0), [ends]))
    for place, layer in enumerate(layers[1:], 1):
        before = made[-1]["name"]
        node = {"name": _name_of(layer, place), "inbound_nodes": [[[before, 0, 0]]]}
        made.append({**layer, **node})
    graph = {"layers": made, "input_layers": inputs, "output_layers": [[made[-1]["name"], 0, 0]]}
    return {"class_name": "Model", "config": {"name": name or "sequential", **graph}}


def _node(class_name: str, config: Config, name: str, inbound: list[Any]) -> Config:
    return {"class_name": class_name, "config": config, "name": name, "inbound_nodes": inbound}


# --- layers with nodes ----------------------------------------------------------------------


def _translate_graph(
    class_name: str, config: Config, outer: Mapping[str, Any], words: Translation, now: str
) -> tuple[Config, Part]:
    layers = config["layers"]
    renamed = _renamed(layer["name"] for layer in layers)
    first = _first_nodes(config)
    made, parts, models = [], [], set()
    for layer in layers:
        given, part = translate(layer, words, renamed[layer["name"]])
        if part.is_model and given["class_name"] != "Sequential":
            models.add(layer["name"])
        nodes = [_Node(each, renamed, first).made(part) for each in layer.get("inbound_nodes", ())]
        made.append({**given, "name": renamed[layer["name"]], "inbound_nodes": nodes})
        parts.append(part._replace(name=layer["name"]))

    def end(tensors: Any) -> Any:
        if _is_tensor(tensors):
            name, node, place = tensors[:3]
            # Keras 3 counts the nodes of a functional model from 1 here, and only here.
            return [renamed[name], node - first[name] + (name in models), place]
        if isinstance(tensors, dict):
            return {key: end(each) for key, each in tensors.items()}
        return [end(each) for each in tensors] if len(tensors) > 1 else end(tensors[0])

    name = str(config.get("name", ""))
    now = now or clean(name)
    arguments = {
        "name": now,
        "trainable": config.get("trainable", True) is not False,
        "layers": made,
        "input_layers": end(config["input_layers"]),
        "output_layers": end(config["output_layers"]),
    }
    made_outer = _model_class(class_name, outer, words)
    part = Part(name, now, class_name, config, tuple(parts))
    return {**made_outer, "config": arguments}, part


def _model_class(class_name: str, outer: Mapping[str, Any], words: Translation) -> Config:
    if class_name in ("Model", "Functional"):
        return {"module": "keras", "class_name": "Model", "registered_name": None}
    return translate_layer(class_name, {}, outer.get("registered_name"), words)


def _renamed(names: Iterable[str]) -> dict[str, str]:
    """Names that Keras 3 takes, each once, by the old ones."""
    made: dict[str, str] = {}
    taken: set[str] = set()
    old = list(dict.fromkeys(names))
    for name in [each for each in old if "/" not in each] + [each for each in old if "/" in each]:
        new = clean(name)
        while new in taken:
            new += "_"
        taken.add(new)
        made[name] = new
    return made


def _is_tensor(value: Any) -> bool:
    """Whether it stands for a tensor: [layer, node, place] or [layer, node, place, arguments]."""
    return (
        isinstance(value, (list, tuple))
        and 3 <= len(value) <= 4
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )


def _first(tensors: Any) -> Any:
    while not _is_tensor(tensors):
        tensors = next(iter(tensors.values())) if isinstance(tensors, dict) else tensors[0]
    return tensors


def _tensors(value: Any) -> Iterator[Any]:
    """All tensors in a node, also those among its arguments."""
    if _is_tensor(value):
        yield value
        yield from _tensors(value[3]) if len(value) == 4 else ()
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _tensors(each)


def _first_nodes(config: Config) -> dict[str, int]:
    """The number of each layer's first node: 0, but 1 for models made with an Input."""
    used: dict[str, set[int]] = {layer["name"]: set() for layer in config["layers"]}
    nodes = [layer.get("inbound_nodes", ()) for layer in config["layers"]]
    for name, node, *_ in _tensors([nodes, config["output_layers"]]):
        if name in used:
            used[name].add(node)
    first = {}
    for layer in config["layers"]:
        name, calls = layer["name"], len(layer.get("inbound_nodes", ()))
        nested = _is_graph(layer["config"]) or _is_sequence(layer["class_name"], layer["config"])
        certain = 0 in used[name] or calls in used[name]
        first[name] = int(calls in used[name] and calls > 0) if certain else int(nested)
    return first


class _Node:
    """One call of a layer."""

    def __init__(self, node: Any, renamed: Mapping[str, str], first: Mapping[str, int]) -> None:
        self._node, self._renamed, self._start = node, renamed, first

    def made(self, part: Part) -> Config:
        """The call in Keras 3's words."""
        kwargs: Config = {}
        for tensor in self._leading(self._node):
            kwargs |= tensor[3] if len(tensor) == 4 and tensor[3] else {}
        given = self._argument(self._node)
        if isinstance(given, list) and len(given) == 1:
            given = given[0]
        kwargs = {key: self._argument(each) for key, each in kwargs.items() if each is not None}
        kwargs.pop("name", None)
        if part.class_name in WITH_STATE and isinstance(given, list):
            given, *state = given
            kwargs["initial_state"] = state
        return {"args": [given], "kwargs": kwargs}

    def _leading(self, node: Any) -> Iterator[Any]:
        if _is_tensor(node):
            yield node
        else:
            for each in node.values() if isinstance(node, dict) else node:
                yield from self._leading(each)

    def _argument(self, value: Any) -> Any:
        if _is_tensor(value) and value[0] in self._renamed:
            name, node, place = value[:3]
            history = [self._renamed[name], node - self._start[name], place]
            tensor = {"shape": [None], "dtype": "float32", "keras_history": history}
            return {"class_name": "__keras_tensor__", "config": tensor}
        if _is_tensor(value) and value[0] == "_CONSTANT_VALUE":
            return value[2]
        if isinstance(value, dict):
            return {key: self._argument(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._argument(each) for each in value]
        return value
