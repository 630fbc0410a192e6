"""Each kind of measurement: its headline, what one learns from it, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dure.blocks.content import Block
from dure.measurements.agreement import divided_rows, matched_filters
from dure.measurements.headlines import headline_of
from dure.measurements.layers import activations, features, gradients, memory, steps, weights
from dure.measurements.outcomes import confusion, predictions
from dure.measurements.pictures import feature_maps, kernels, maps_over_pictures
from dure.measurements.stored import Measurement, Origin
from dure.measurements.words import coloured_texts, embedding_map, neighbours
from dure.messages.message import Message, joined, say

KINDS = (
    "predictions",
    "confusion",
    "kernels",
    "feature_maps",
    "saliency",
    "grad_cam",
    "memory",
    "neighbours",
    "embedding_map",
    "agreement_of_predictions",
    "activations",
    "gradients",
    "matched_filters",
    "weights",
)
"""As they stand in the section."""


@dataclass(frozen=True, eq=False)
class MeasurementPart:
    """What the section says of one measurement.

    Attributes
    ----------
    name, title
        What it is, and that with its headline.
    lesson
        What one learns from it.
    is_pictures
        Whether the array itself is a picture, height by width.
    """

    origin: Origin
    name: Message
    title: Message
    lesson: Message
    is_pictures: bool
    blocks: tuple[Block, ...]


def part_of(found: Measurement, manifest: Mapping[str, Any]) -> MeasurementPart:
    """What the section says of one measurement.

    Parameters
    ----------
    manifest
        What a run says of its models and data; may be empty.

    Raises
    ------
    Exception
        Of nearly any kind, where the arrays are not as `dure.inspection.network` makes them.
    """
    if found.origin.kind not in KINDS:
        raise ValueError(f"kind {found.origin.kind!r} is not known")
    pictures = "height" in found.measured.dims
    if found.origin.kind == "kernels" and (pixels := _pixels(found, manifest)):
        pictures, blocks = True, kernels(found, pixels)
    else:
        blocks = _BLOCKS[found.origin.kind](found)
    name = name_of(found)
    title = say("{measurement}: {says}.", measurement=name, says=headline_of(found.measured))
    return MeasurementPart(
        found.origin, name, title, _lesson(found, pictures), pictures, tuple(blocks)
    )


def _pixels(found: Measurement, manifest: Mapping[str, Any]) -> int:
    """How many pixels a row has, where this Dense layer reads pictures given as one long row."""
    if (manifest.get("data") or {}).get("kind") != "image" or not found.origin.lanes:
        return 0
    facts = manifest.get("facts") or {}
    inputs: Any = (facts.get("data") or {}).get("inputs") or [{}]
    shape: Any = inputs[0].get("shape") or ()
    layers = (facts.get("models") or {}).get(found.origin.lanes[0][0], {}).get("layers", ())
    first = next((layer["name"] for layer in layers if layer.get("parameters")), None)
    return int(shape[0]) if len(shape) == 1 and first == found.origin.layer else 0


def name_of(found: Measurement) -> Message:
    """'Kernels of conv2d', 'Confusion'."""
    names = {
        "predictions": say("Predictions"),
        "confusion": say("Confusion"),
        "kernels": say("Kernels of {layer}", layer=found.origin.layer),
        "feature_maps": say("Feature maps of {layer}", layer=found.origin.layer),
        "saliency": say("Saliency"),
        "grad_cam": say("Grad-CAM at {layer}", layer=found.origin.layer),
        "memory": say("Memory"),
        "neighbours": say("Neighbours of words"),
        "embedding_map": say("Map of the words"),
        "agreement_of_predictions": say("Agreement of the networks"),
        "activations": say("Activations"),
        "gradients": say("Gradients by layer"),
        "matched_filters": say("Units of {layer} in all networks", layer=found.origin.layer),
        "weights": say("Weights of {layer}", layer=found.origin.layer),
    }
    if found.origin.kind == "feature_maps" and "height" not in found.measured.dims:
        return say("Outputs of {layer}", layer=found.origin.layer)
    return names[found.origin.kind]


def _where(found: Measurement) -> list[Block]:
    """Saliency and Grad-CAM by what went in: pictures, texts, series or features."""
    dims = found.measured.dims
    if "height" in dims:
        return maps_over_pictures(found)
    if dims[-1] == "step" and found.inputs is not None:
        return coloured_texts(found)
    return steps(found) if "step" in dims else features(found)


_BLOCKS: dict[str, Callable[[Measurement], list[Block]]] = {
    "predictions": predictions,
    "confusion": confusion,
    "kernels": kernels,
    "feature_maps": feature_maps,
    "saliency": _where,
    "grad_cam": _where,
    "memory": memory,
    "neighbours": neighbours,
    "embedding_map": embedding_map,
    "agreement_of_predictions": divided_rows,
    "activations": activations,
    "gradients": gradients,
    "matched_filters": matched_filters,
    "weights": weights,
}


def _lesson(found: Measurement, pictures: bool) -> Message:
    if found.origin.kind == "kernels" and not pictures and "channel" not in found.measured.dims:
        return say(
            "Each weight carries one input to one unit: red passes it on, blue turns its sign, "
            "white leaves it out."
        )
    if found.origin.kind == "feature_maps" and not pictures:
        return say(
            "What the units of the layer give for some rows: units that give the same for every "
            "row tell nothing apart."
        )
    if found.origin.kind in ("saliency", "grad_cam"):
        return joined(
            (_LESSONS[found.origin.kind], _score(str(found.measured.attrs.get("score", ""))))
        )
    if found.origin.kind == "predictions" and "probability" not in found.measured:
        return say(
            "The rows that are furthest off say what the network has not learned; see whether "
            "they have something in common."
        )
    return _LESSONS[found.origin.kind]


def _score(score: str) -> Message:
    if score == "before softmax":
        return say("The score is that of the predicted class, before softmax.")
    if score == "before sigmoid":
        return say("The score is that of the predicted class, before sigmoid.")
    return say("The score is the network's output.")


_LESSONS: dict[str, Message] = {
    "predictions": say(
        "A mistake made with high probability tells most: either the network has learned "
        "something wrong, or the label is wrong."
    ),
    "confusion": say(
        "Each line is a true class, each column what was said: large numbers beside the diagonal "
        "are classes that the networks cannot tell apart."
    ),
    "kernels": say(
        "A kernel is the pattern of weights that a filter looks for: the filter answers strongly "
        "where the input is bright under red and dark under blue. Where training has taught a "
        "filter something, its kernel differs from the untrained one."
    ),
    "feature_maps": say(
        "A feature map shows where in the picture one filter answers: bright is strong. A map "
        "that is dark for every picture belongs to a filter that does nothing here."
    ),
    "saliency": say(
        "Saliency is the gradient of the score by each input value: where it is large, a small "
        "change of the input changes the score most."
    ),
    "grad_cam": say(
        "Grad-CAM adds up the layer's feature maps, each weighed by how much it raises the score: "
        "bright regions speak for the class."
    ),
    "memory": say(
        "Memory is how much each earlier step still moves the output: beyond the horizon the "
        "network may as well not have read."
    ),
    "neighbours": say(
        "Words that are used alike get vectors that point the same way: a cosine of 1 is the same "
        "direction, 0 is no likeness."
    ),
    "embedding_map": say(
        "Each word has a vector of many numbers; the plane shows the two directions in which the "
        "words differ most, so words that lie together here may still differ in others."
    ),
    "agreement_of_predictions": say(
        "These networks are built alike and differ only by chance: in their first weights, and in "
        "the order or the fold of their rows. Where they disagree, the answer is partly luck."
    ),
    "activations": say(
        "A dead unit gives 0 for every row and learns nothing more. A saturated value lies at the "
        "end of what its activation can give, where hardly any gradient passes."
    ),
    "gradients": say(
        "The gradient tells a layer how to change. Where it shrinks from layer to layer towards "
        "the input it vanishes, and the first layers hardly learn; where it grows, it explodes."
    ),
    "matched_filters": say(
        "Networks number their units each in their own way, so units are matched by what they "
        "answer. What all networks find is in the data; what one finds alone may be chance."
    ),
    "weights": say(
        "Training moves weights away from where they started: where both lines lie on each other, "
        "the layer has hardly moved."
    ),
}
