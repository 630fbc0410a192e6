"""Which layers of a drawing may be made wider or narrower without another layer noticing."""

from __future__ import annotations

from dure.remedies.surgery.model_config import ACTIVATIONS, NORMALISERS, Blueprint, name_of

UNITS = {
    **dict.fromkeys(("Dense", "LSTM", "GRU", "SimpleRNN"), "units"),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), "filters"),
    "Embedding": "output_dim",
}
"""The argument that says how wide a layer's output is."""

_PASSING = (
    ACTIVATIONS
    | NORMALISERS
    | {
        "Dropout",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "GaussianNoise",
        "GaussianDropout",
        "Flatten",
        "MaxPooling1D",
        "MaxPooling2D",
        "AveragePooling1D",
        "AveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "UpSampling1D",
        "UpSampling2D",
        "ZeroPadding1D",
        "ZeroPadding2D",
        "Masking",
        "RepeatVector",
        "Rescaling",
        "ActivityRegularization",
    }
)
_EQUAL = frozenset({"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"})
"""Merges whose inputs must be equally wide."""

FIXED = "/"
"""Stands for a width that must stay; no layer is named so."""


def scalable(drawing: Blueprint) -> list[str]:
    """Paths of the layers whose widths can all be scaled by one factor.

    Never those that make an output. A layer whose output runs into something that asks for a
    certain width (a sum with an input, a reshape, a class that is not known here) is left out, and
    with it all that are summed with it.
    """
    ties = _Ties()
    _walk(drawing, "", ties)
    names = [s.path for s in drawing.spots() if s.kind in UNITS and int(_groups(s.config)) == 1]
    return [path for path in names if not ties.together(path, FIXED)]


def _groups(config: dict[str, object]) -> int:
    return int(str(config.get("groups") or 1))


class _Ties:
    """Layers that must change together (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def _root(self, name: str) -> str:
        while (above := self._parent.get(name, name)) != name:
            name = above
        return name

    def tie(self, *names: str) -> None:
        for name in names[1:]:
            self._parent[self._root(name)] = self._root(names[0])

    def together(self, first: str, second: str) -> bool:
        return self._root(first) == self._root(second)


def _walk(drawing: Blueprint, prefix: str, ties: _Ties) -> None:
    """Tie what must stay equal; every layer's width comes from a set of sources."""
    sources: dict[str, set[str]] = {}
    for entry in drawing.entries:
        name, kind = name_of(entry), entry["class_name"]
        given = set().union(*(sources.get(n, {FIXED}) for n in drawing.inputs(name)))
        if name in drawing.inner:
            _walk(drawing.inner[name], f"{prefix}{name}/", ties)
            # What goes into a nested model, and what comes out of it, keeps its width.
            ties.tie(FIXED, *given)
            sources[name] = {FIXED}
        elif kind in UNITS:
            if _groups(entry["config"]) != 1:
                ties.tie(FIXED, f"{prefix}{name}", *given)
            if len(drawing.inputs(name)) > 1:  # called again, on inputs that must be as wide
                ties.tie(*given, *([f"{prefix}{name}"] if name in drawing.inputs(name) else []))
            sources[name] = {f"{prefix}{name}"}
        elif kind in _PASSING | {"Concatenate"}:
            sources[name] = given or {FIXED}
        else:
            ties.tie(*given, *(() if kind in _EQUAL else (FIXED,)))
            sources[name] = given or {FIXED}
    for name in drawing.outputs():
        ties.tie(FIXED, *sources[name])
