"""What the numbers of findings are, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dure.analysis.diagnostics.case import Finding, Number
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import describe_number

NAMES: Mapping[str, Message] = {
    "accuracy_of_the_commonest": say("accuracy of always saying the commonest class"),
    "activation": say("last activation"),
    "apart": say("largest feature against the smallest"),
    "before_training": say("share before training"),
    "by": say("judged by"),
    "chance": say("what chance gets"),
    "classes": say("number of classes"),
    "commonest": say("commonest class"),
    "commonest_rows": say("rows of the commonest class"),
    "constant": say("output is the same for every input (1: yes)"),
    "curvature_times_rate": say("curvature times learning rate"),
    "diverged": say("lanes that diverged"),
    "end": say("last epoch judged"),
    "epoch": say("epoch at which they stopped (median)"),
    "examined": say("lanes examined"),
    "from_logits": as_is("from_logits"),
    "gap": say("lead of training over validation"),
    "gap_at_end": say("gap between training and validation at the end"),
    "given_away": say("loss given away by training on"),
    "grew_by": say("loss before it broke, in multiples of the first"),
    "hidden_layers": say("hidden layers compared"),
    "jump": say("height of the jumps, as a share of all that the loss fell"),
    "jumping": say("lanes whose loss jumps"),
    "lanes": say("lanes in all"),
    "largest_at": say("layer with the largest gradient"),
    "largest_feature": say("size of the largest feature"),
    "last_change": say("change over the last quarter of the epochs"),
    "late_against_early": say("late fall of the loss against its early fall"),
    "layer": say("layer"),
    "learned": say("learned of the training rows"),
    "learning_rate": say("learning rate"),
    "loss_after": say("loss after training"),
    "loss_before": say("loss before training"),
    "loss_left": say("share of the first loss that is left"),
    "lowest": say("lowest validation loss"),
    "max": say("largest input"),
    "metric": say("metric that was judged"),
    "min": say("smallest input"),
    "more_epochs": say("epochs still needed, about"),
    "nan_epoch": say("epoch at which it was seen first"),
    "odd": say("value of the odd seeds"),
    "of": say("gradient by"),
    "overshooting": say("lanes that overshoot"),
    "per_layer": say("factor from layer to layer"),
    "rarest": say("rarest class"),
    "rarest_rows": say("rows of the rarest class"),
    "recommended_epochs": say("epochs to train for"),
    "rising_steps": say("share of the steps that raised the loss"),
    "seeds": say("odd seeds"),
    "size": say("root mean square of the inputs"),
    "smallest_at": say("layer with the smallest gradient"),
    "smallest_feature": say("size of the smallest feature"),
    "std": say("standard deviation of the inputs"),
    "step": say("step within that epoch"),
    "training_skill": say("how far training came from chance (0) to perfect (1)"),
    "turning_epoch": say("epoch of the lowest validation loss"),
    "units": say("units of the output"),
    "unseen": say("validation rows of classes not seen in training"),
    "update_ratio": say("change of the weights in one step, relative to their size"),
    "what": say("seen first in"),
    "worse": say("lanes that end worse than they began"),
}
"""Of all kinds alike. The training metric of `fit_quality` stands under its own name."""

NAMES_OF_KIND: Mapping[tuple[str, str], Message] = {
    ("dead_units", "share"): say("share of dead units"),
    ("exploding_gradient", "ratio"): say("how many times larger the gradient is"),
    ("inputs_not_scaled", "mean"): say("mean of the inputs"),
    ("layer_not_learning", "others"): say("the same of the other layers"),
    ("loss_mismatch", "loss"): say("loss function"),
    ("not_beating_chance", "mean"): say("mean over lanes"),
    ("odd_seed", "others"): say("value of the other seeds"),
    ("overfitting", "share"): say("given away, as a share of the lowest loss"),
    ("saturated_units", "share"): say("share of saturated outputs"),
    ("underfitting", "share"): say("that change, as a share of the lowest loss"),
    ("vanishing_gradient", "ratio"): say("what is left of the gradient"),
}
"""By kind and name, where one name stands for different things."""

LIMITS: Mapping[str, tuple[str, str]] = {
    "given_away": ("given_away_low", "given_away_high"),
    "last_change": ("last_change_low", "last_change_high"),
    "mean": ("low", "high"),
    "others": ("others_low", "others_high"),
    "ratio": ("ratio_low", "ratio_high"),
    "share": ("low", "high"),
    "turning_epoch": ("turning_epoch_low", "turning_epoch_high"),
}
"""Names of the limits between which a number lies; they are said behind it."""

WORDS: Mapping[tuple[str, str], Message] = {
    ("by", "best"): say("the best value"),
    ("by", "course"): say("the whole curve"),
    ("learned", "by heart"): say("all, by heart"),
    ("learned", "a little"): say("a little"),
    ("learned", "nothing"): say("nothing"),
    ("more_epochs", "unknown"): say("unknown"),
    ("of", "output"): say("the outputs of the layers"),
    ("of", "weights"): say("the weights of the layers"),
    ("recommended_epochs", "unknown"): say("unknown"),
    ("what", "activation"): say("the output of the layer"),
    ("what", "gradient"): say("the gradient of the layer"),
    ("what", "loss"): say("the loss itself"),
    ("what", "weights"): say("the weights of the layer"),
}
"""By name, the values that are words of ours; other texts are names."""


def number_cells(finding: Finding) -> tuple[tuple[Message, Message], ...]:
    """What each number of a finding is, and the number; limits stand behind theirs in brackets."""
    numbers = finding.numbers
    limits = {limit for name in numbers for limit in LIMITS.get(name, ())}
    return tuple(
        (_name(finding.kind, name), _value(name, numbers)) for name in numbers if name not in limits
    )


def describe_numbers(finding: Finding) -> Message:
    """'epoch 3, step 17, layer dense_2': names as `Finding.numbers` has them, in any language."""
    pairs = ((as_is(name.replace("_", " ")), _plain(v)) for name, v in finding.numbers.items())
    return joined((joined(pair) for pair in pairs), ", ")


def _name(kind: str, name: str) -> Message:
    return NAMES_OF_KIND.get((kind, name)) or NAMES.get(name) or as_is(name)


def _value(name: str, numbers: Mapping[str, Number]) -> Message:
    value = numbers[name]
    if isinstance(value, str):
        return WORDS.get((name, value), as_is(value))
    low, high = (numbers.get(limit) for limit in LIMITS.get(name, ("", "")))
    if not (isinstance(low, float) and isinstance(high, float) and np.isfinite((low, high)).all()):
        return describe_number(value)
    return say(
        "{mean} [{low}, {high}]",
        mean=describe_number(value),
        low=describe_number(low),
        high=describe_number(high),
    )


def _plain(value: Number) -> Message:
    return as_is(value) if isinstance(value, str) else describe_number(value)
