"""The numbers of a .keras archive of TensorFlow 2.12 to 2.15, which has them by class and count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dure.core.arrays import Array
from dure.errors import Faults
from dure.keras_bridge.old_files.graphs import Part


def assign_paths(model: Any, part: Part, paths: Mapping[str, Array], faults: Faults) -> None:
    """Give a model the arrays of an archive, which has them by path: "layers/dense_1/vars/0".

    Parameters
    ----------
    model, part
        The model, and what the file says it is made of.
    paths
        The file's arrays.
    faults
        Where arrays that are missing, left over or of another shape go.
    """
    mine = {path: array for path, array in paths.items() if _is_of_model(path)}
    left = set(mine)
    _fill_model(model, part, "", mine, left, faults)
    told = sum(len(_numbers(mine, path)) for path in {_folder(each) for each in mine})
    if left:
        faults.append(f"the file has numbers that no layer takes: {', '.join(sorted(left))}.")
    elif told != len(model.weights):
        faults.append(f"the file has {told} arrays, and the model {len(model.weights)}.")


def _is_of_model(path: str) -> bool:
    return not re.match(r"(optimizer|metrics|_metrics|compiled_)", path)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _numbers(paths: Mapping[str, Array], folder: str) -> dict[str, Array]:
    """The arrays "0", "1", ... of a folder, in that order."""
    found = {p[len(folder) + 1 :]: array for p, array in paths.items() if _folder(p) == folder}
    return dict(sorted(found.items(), key=lambda pair: int(pair[0])))


def _fill_model(
    model: Any, part: Part, at: str, paths: Mapping[str, Array], left: set[str], faults: Faults
) -> None:
    parts = [child for child in part.parts if child.class_name != "InputLayer"]
    layers = [model.get_layer(child.now) for child in parts]
    folder = "layers"
    twice = [False] * len(parts)
    if not any(path.startswith(f"{at}layers/") for path in paths):
        # TensorFlow 2.12 listed every layer that has numbers twice, and counted both.
        folder = "_layer_checkpoint_dependencies"
        twice = [bool(layer.weights) for layer in layers]
    names = _counted([child.class_name for child in parts], twice)
    for child, layer, name in zip(parts, layers, names, strict=True):
        _fill(layer, child, f"{at}{folder}/{name}/", paths, left, faults)


def _fill(
    layer: Any, part: Part | None, at: str, paths: Mapping[str, Array], left: set[str], f: Faults
) -> None:
    """A layer's own arrays, then those of the layers that it keeps as attributes."""
    if part is not None and part.is_model:
        _fill_model(layer, part, at, paths, left, f)
        return
    own = _numbers(paths, f"{at}vars")
    if own:
        left -= {f"{at}vars/{key}" for key in own}
        try:
            layer.load_own_variables(own)
        except ValueError as error:
            f.append(f"{at.rstrip('/')}: {str(error).strip().splitlines()[0]}")
    for name in _folders(paths, at):
        inner = getattr(layer, name, None)
        inner = getattr(layer, f"_{name}", None) if inner is None else inner
        if isinstance(inner, (list, tuple)):
            counted = _counted([type(each).__name__ for each in inner])
            for each, known in zip(inner, counted, strict=True):
                _fill(each, None, f"{at}{name}/{known}/", paths, left, f)
        elif inner is not None:
            within = part.parts[0] if part is not None and part.parts else None
            _fill(inner, within, f"{at}{name}/", paths, left, f)


def _folders(paths: Mapping[str, Array], at: str) -> Sequence[str]:
    below = (path[len(at) :].split("/")[0] for path in paths if path.startswith(at))
    return [name for name in dict.fromkeys(below) if name != "vars"]


def _counted(class_names: Sequence[str], twice: Sequence[bool] = ()) -> list[str]:
    """Names as an archive counts them: dense, dense_1, ...; those meant count for two."""
    seen: Counter[str] = Counter()
    made = []
    for place, class_name in enumerate(class_names):
        name = _snake_case(class_name.rpartition(">")[2])
        made.append(f"{name}_{seen[name]}" if seen[name] else name)
        seen[name] += 1 + (place < len(twice) and twice[place])
    return made


def _snake_case(name: str) -> str:
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
