"""A Keras model seen from inside: outputs of any layer, and gradients with respect to them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from dure.core.array_checks import check_rows
from dure.core.arrays import Array, Tree, leaves
from dure.core.backend import jax, keras
from dure.core.conversion.samples import convert
from dure.errors import DureError, Faults, did_you_mean
from dure.inspection.network import batching
from dure.keras_bridge.layer_hooks import first, forget_states, walk_layers, watch_layers

BATCH = 256
"""Rows that go through a model at once, at most."""

INPUT, OUTPUT = "(input)", "(output)"
"""Stand for the model's own input and output where a layer's name could."""

LayerLike: TypeAlias = Any
"""A layer by name or place, or the layer itself."""


class Call(NamedTuple):
    """One layer as a forward pass called it."""

    name: str
    input_dtype: str
    """Type of its first input, such as "float32"."""
    input_shape: tuple[int, ...]
    """Shape of its first input, for one row of `x`."""
    shape: tuple[int, ...]
    """Shape of its first output, without rows."""
    dtype: str
    calls: int
    """How often it is called in one pass; what is looked at is its first call."""
    output_call: int
    """Which of its calls (from 0) gives the model's first output; -1: none."""

    @property
    def is_output(self) -> bool:
        """Whether what it gives is the model's first output."""
        return self.output_call >= 0


class Network:
    """A model with its layers by name and compiled ways to look at them.

    Programs are kept, and read weights when they run: `model.set_weights` between two calls costs
    no second compilation.

    Parameters
    ----------
    model
        Built, or buildable from the first `x` that comes.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.layers: dict[str, Any] = dict(walk_layers(model))
        """Every layer by name, those of inner models as "inner/name", in the model's order."""
        self._programs: dict[Any, Any] = {}
        self._calls: dict[Any, tuple[list[Call], tuple[int, ...]]] = {}

    def find(self, layer: LayerLike) -> str:
        """The name under which a layer is in `layers`.

        Parameters
        ----------
        layer
            A name (of a layer in an inner model with or without the model's name before it), a
            place such as 0 or -1, or the layer itself.

        Raises
        ------
        DureError
            If there is no such layer, or several of that name.
        """
        names = list(self.layers)
        if isinstance(layer, (int, np.integer)):
            if not -len(names) <= layer < len(names):
                raise DureError(f"there is no layer {layer}; {self._describe()}.")
            return names[int(layer)]
        if not isinstance(layer, str):
            for name, known in self.layers.items():
                if known is layer:
                    return name
        wanted = str(getattr(layer, "name", layer))
        if wanted in self.layers:
            return wanted
        ends = [name for name in names if name.endswith(f"/{wanted}")]
        if len(ends) > 1:
            raise DureError(f"{wanted!r} names {len(ends)} layers: {', '.join(ends)}; say which.")
        if ends:
            return ends[0]
        hint = did_you_mean(wanted, names)
        raise DureError(f"there is no layer {wanted!r}; {self._describe()}.{hint}")

    def _describe(self) -> str:
        return f"{self.model.name!r} has {', '.join(self.layers) or 'no layers'}"

    def inputs(self, x: Tree) -> Tree:
        """`x` as the model takes it: arrays, floats as float32; a model not built yet is built.

        Raises
        ------
        DureError
            If `x` is no array of numbers (or tree of them), or the model does not take such rows:
            says what the model takes and what came.
        """
        faults = Faults()
        x = convert(x, "x", faults)
        if not faults:
            check_rows({"x": x}, faults)
        if faults:
            raise DureError(" ".join(faults))
        self.trace(x)
        return x

    def calls(self, x: Tree) -> list[Call]:
        """The layers in the order in which a forward pass calls them; computes nothing.

        Parameters
        ----------
        x
            Inputs, at least one row; only shapes and types are used.
        """
        return self.trace(self.inputs(x))[0]

    def visit(self, x: Tree, see: Callable[[str, Any, Any], None]) -> tuple[int, ...]:
        """Traces one forward pass and calls ``see(name, inputs, output)`` at each layer.

        The model itself is seen as `INPUT` before its layers, with its inputs as output.

        Returns
        -------
        Shape of the model's first output, without rows.
        """

        def note(name: str, inputs: Any, output: Any) -> Any:
            see(name, inputs, output)
            return output

        def forward(state: Any, rows: Tree) -> Any:
            see(INPUT, None, rows)
            with watch_layers(self.layers, note):
                out = first(self.apply(state, rows))
            see(OUTPUT, None, out)
            return out

        return tuple(jax.eval_shape(forward, self.state(), batching.one_row(x)).shape[1:])

    def trace(self, x: Tree) -> tuple[list[Call], tuple[int, ...]]:
        """`calls` of what `inputs` gave, and the shape of the first output without rows."""
        key = tuple((path, leaf.shape[1:], str(leaf.dtype)) for path, leaf in leaves(x, "x"))
        if key in self._calls:
            return self._calls[key]
        if not _fits(self.model, x):
            raise DureError(self._refusal(x))
        seen: dict[str, Call] = {}
        given: dict[tuple[str, int], Any] = {}

        def note(name: str, inputs: Any, output: Any) -> None:
            leaf = first(output)
            if name == OUTPUT:
                for (giver, place), known in given.items():
                    if known is leaf:
                        seen[giver] = seen[giver]._replace(output_call=place)
            elif name in seen:
                given[name, seen[name].calls] = leaf
                seen[name] = seen[name]._replace(calls=seen[name].calls + 1)
            elif name != INPUT and hasattr(leaf, "shape"):
                came = first(inputs)
                dtype, size = str(getattr(came, "dtype", "")), tuple(getattr(came, "shape", ()))
                seen[name] = Call(name, dtype, size, tuple(leaf.shape[1:]), str(leaf.dtype), 1, -1)
                given[name, 0] = leaf

        try:
            if not self.model.built:
                with warnings.catch_warnings():
                    # Of layers that a subclassed model has but never calls.
                    warnings.filterwarnings("ignore", r"`build\(\)` was called on layer")
                    with forget_states(self.model):
                        self.model(batching.one_row(x))
                self.layers = dict(walk_layers(self.model))
            shape = self.visit(x, note)
        except Exception as error:  # whatever a layer raises when shapes do not fit
            raise DureError(self._refusal(x, error)) from error
        self._calls[key] = list(seen.values()), shape
        return self._calls[key]

    def _refusal(self, x: Tree, error: Exception | None = None) -> str:
        came = ", ".join(
            f"{path} {leaf.dtype} of shape {tuple(leaf.shape[1:])} a row"
            for path, leaf in leaves(x, "x")
        )
        takes = getattr(self.model, "input_shape", None) if self.model.built else None
        told = f" It takes {_describe_shapes(takes)}." if takes is not None else ""
        refusal = f"{self.model.name!r} does not take these inputs: {came}.{told}"
        if error is None:
            return refusal
        said = str(error).strip().split("\n")[0]
        return f"{refusal} ({type(error).__name__}: {said})"

    def outputs(self, layers: Sequence[str], x: Tree) -> dict[str, Array]:
        """What these layers give for all rows, in inference; the model's own output as `OUTPUT`.

        Parameters
        ----------
        layers
            Names as in `layers`. Of a layer called several times the first call counts, of one
            with several outputs the first.
        x
            Inputs, first axis rows; they pass in batches of `BATCH`.

        Returns
        -------
        By name, shape [rows, ...].

        Raises
        ------
        DureError
            If the forward pass never calls one of them, or the model does not take such inputs.
        """
        parts = list(self.stream(layers, x))
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def stream(self, layers: Sequence[str], x: Tree) -> Iterator[dict[str, Array]]:
        """`outputs` batch by batch, for what need not be held for all rows at once."""
        x = self.inputs(x)
        names = tuple(layers)
        called = [call.name for call in self.trace(x)[0]]
        if missing := [name for name in names if name not in called]:
            raise DureError(
                f"{self.model.name!r} did not call {', '.join(missing)} on its way from input to "
                f"output; it called {', '.join(called)}."
            )
        chosen = {name: self.layers[name] for name in names}

        def forward(state: Any, rows: Tree) -> dict[str, Any]:
            seen: dict[str, Any] = {}

            def keep(name: str, inputs: Any, output: Any) -> Any:
                seen.setdefault(name, first(output))
                return output

            with watch_layers(chosen, keep):
                out = first(self.apply(state, rows))
            return {**seen, OUTPUT: out}

        program = self.program(("outputs", names), lambda: forward)
        for rows, kept in batching.batches(x, BATCH):
            try:
                outs = program(self.state(), rows)
            except jax.errors.UnexpectedTracerError as error:
                raise DureError(
                    f"{', '.join(names)} cannot be watched: {self.model.name!r} calls it inside a "
                    "loop (scan, map); choose the layer that holds the loop."
                ) from error
            yield {name: batching.as_array(value)[:kept] for name, value in outs.items()}

    def shape(self, at: str, x: Tree) -> tuple[int, ...]:
        """Shape of the values at `INPUT` or at a layer's output, without rows."""
        if at == INPUT:
            return tuple(first(x).shape[1:])
        for call in self.calls(x):
            if call.name == at:
                return call.shape
        raise DureError(f"{self.model.name!r} did not call {at} on its way from input to output.")

    def share(self, other: Network) -> None:
        """Takes over the programs of a network of the same architecture, and from now on its own.

        Weights stay this network's: programs are given them when they run.
        """
        self._programs = other._programs

    def program(self, key: Hashable, make: Callable[[], Callable[..., Any]]) -> Any:
        """The compiled function kept under `key`; `make` gives it to be compiled when new."""
        if key not in self._programs:
            self._programs[key] = jax.jit(make())
        return self._programs[key]

    def state(self) -> tuple[list[Any], list[Any]]:
        """Values of the trainable and of the other variables, as programs take them."""
        model = self.model
        return (
            [v.value for v in model.trainable_variables],
            [v.value for v in model.non_trainable_variables],
        )

    def apply(self, state: Any, rows: Tree) -> Any:
        """The model's outputs in inference, each row for itself; for use inside programs."""
        options = {"training": False} if self.model._call_has_training_arg else {}
        with forget_states(self.model):
            return self.model.stateless_call(*state, rows, **options)[0]


def _fits(model: keras.Model, x: Tree) -> bool:
    """Whether rows have the sizes of a model's inputs, where it tells them and Keras would not.

    A Sequential model takes pictures of any size that its layers can work with. As in Keras a
    last axis of 1 may be missing or too many.
    """
    inputs = getattr(model, "inputs", None)
    came = [leaf.shape[1:] for _, leaf in leaves(x, "x")]
    if not inputs or isinstance(x, dict) or len(inputs) != len(came):
        return True
    for size, known in zip(came, inputs, strict=True):
        takes = tuple(known.shape[1:])
        alike = (size, (*size, 1), size[:-1] if size[-1:] == (1,) else size)
        if not any(
            len(one) == len(takes) and all(t in (None, s) for s, t in zip(one, takes, strict=True))
            for one in alike
        ):
            return False
    return True


def _describe_shapes(shapes: Any) -> str:
    if isinstance(shapes, dict):
        return (
            "{"
            + ", ".join(f"{key!r}: {_describe_shapes(each)}" for key, each in shapes.items())
            + "}"
        )
    if isinstance(shapes, (list, tuple)) and shapes and isinstance(shapes[0], (list, tuple)):
        return f"{len(shapes)} inputs, " + ", ".join(_describe_shapes(each) for each in shapes)
    if shapes and isinstance(shapes, (list, tuple)):
        return f"rows of shape {tuple(shapes[1:])}"
    return str(shapes)
