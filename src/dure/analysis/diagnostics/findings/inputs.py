"""The data: inputs that are not scaled, classes of very different sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dure.analysis.diagnostics.case import Case, Finding, Number
from dure.core.formatting import format_percent
from dure.messages.message import Message, say
from dure.messages.phrases import describe_number

LARGE, SMALL = 10.0, 0.01
"""Root mean square of the inputs beyond which they are not "about 1".

LeCun, Bottou, Orr & Müller (1998), "Efficient BackProp", section 4.3: inputs with mean 0 and
variance 1; first weights (Glorot & Bengio 2010, He et al. 2015) are drawn for that. A factor of ten
either way still trains; scikit-learn's diabetes table has 0.05.
"""

APART = 100.0
"""Largest size of a feature against the smallest, from where one rate cannot serve both.

The condition number of the squared error grows with the square of this (LeCun et al., section 5).
"""

UNBALANCED = 4.0
"""Rows of the commonest class for one of the rarest; 4 to 1 is 80 % against 20 %, from where a
minority is called "moderate" (Google's Machine Learning Crash Course, "Imbalanced datasets")."""

_ENCODING = (
    "Embedding",
    "OneHot",
    "MultiHot",
    "CategoryEncoding",
    "IntegerLookup",
    "StringLookup",
    "TextVectorization",
    "Hashing",
    "HashedCrossing",
    "Discretization",
    "TextToSequences",
)
_NORMALISING = (
    "Rescaling",
    "Normalization",
    "BatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "UnitNormalization",
    "RMSNormalization",
    "SpectralNormalization",
    "Lambda",  # may do anything, scaling included
)


def find_all(cases: Sequence[Case]) -> Iterator[Finding]:
    """Findings about the data, for all variants together where it is all of them."""
    if cases:
        yield from _not_scaled(cases)
        yield from _unbalanced(cases)


def _not_scaled(cases: Sequence[Case]) -> Iterator[Finding]:
    unscaled = [case for case in cases if case.model and not _scales(case)]
    data = cases[0].data
    for facts in data.get("inputs", ()):
        affected = [case for case in unscaled if not (facts["integers"] and _encodes(case))]
        wrong = _wrong_size(facts)
        if wrong is None or not affected:
            continue
        how, numbers = wrong
        which = str(facts["name"]) if len(data["inputs"]) > 1 else None
        groups = [affected] if len(affected) == len(cases) else [[case] for case in affected]
        for group in groups:
            name = None if len(affected) == len(cases) else group[0].variant
            lanes = sum(case.of for case in group)
            told = _unscaled(name, which, how)
            yield Finding("inputs_not_scaled", name, None, lanes, lanes, told, numbers)


def _unscaled(variant: str | None, which: str | None, how: Message) -> Message:
    """Of one variant or of all, of one input of several or of the only one."""
    if variant is None and which is None:
        return say("The inputs are not scaled: {how}", how=how)
    if variant is None:
        return say("The inputs {which} are not scaled: {how}", which=which, how=how)
    if which is None:
        return say("{variant}: the inputs are not scaled: {how}", variant=variant, how=how)
    return say(
        "{variant}: the inputs {which} are not scaled: {how}", variant=variant, which=which, how=how
    )


def _encodes(case: Case) -> bool:
    """Whether the network takes integers that stand for words or other things."""
    return any(each["class"] in _ENCODING for each in case.model.get("layers", ()))


def _scales(case: Case) -> bool:
    """Whether the network scales its inputs by itself, before its first layer with weights."""
    for each in case.model.get("layers", ()):
        if each["class"] in _NORMALISING:
            return True
        if each["parameters"]:
            return False
    return False


def _wrong_size(facts: Mapping[str, Any]) -> tuple[Message, dict[str, Number]] | None:
    """What is wrong with an input's sizes, and its numbers."""
    if facts.get("mean") is None or facts.get("feature_std_max") is None:
        return None
    size = float(np.hypot(facts["mean"], facts["std"]))
    small, large = facts["feature_size_min"], facts["feature_size_max"]
    numbers: dict[str, Number] = {"min": facts["min"], "max": facts["max"]}
    numbers |= {"mean": facts["mean"], "std": facts["std"], "size": size}
    if large > LARGE and large / small >= APART:
        numbers |= {"smallest_feature": small, "largest_feature": large}
        numbers |= {"apart": large / small}
        return say(
            "one feature goes up to {large}, another only to {small}, {apart} times less, so no "
            "rate suits both; standardise them, as with Data(prepare=StandardScaler()).",
            large=describe_number(large),
            small=describe_number(small),
            apart=describe_number(large / small),
        ), numbers
    if size <= LARGE and facts["feature_std_max"] >= SMALL:
        return None
    return _describe_size(facts), numbers


def _describe_size(facts: Mapping[str, Any]) -> Message:
    known = {"low": describe_number(facts["min"]), "high": describe_number(facts["max"])}
    known |= {"mean": describe_number(facts["mean"]), "deviation": describe_number(facts["std"])}
    if len(facts["shape"]) > 1 and 200 < facts["max"] <= 255 and facts["min"] >= 0:
        return say(
            "they run from {low} to {high} (mean {mean}, deviation {deviation}), and first weights "
            "are drawn for values about 1; divide them by 255, or begin the network with a "
            "Rescaling or Normalization layer.",
            **known,
        )
    return say(
        "they run from {low} to {high} (mean {mean}, deviation {deviation}), and first weights are "
        "drawn for values about 1; standardise them, or begin the network with a Rescaling or "
        "Normalization layer.",
        **known,
    )


def _unbalanced(cases: Sequence[Case]) -> Iterator[Finding]:
    case = cases[0]
    targets = case.data.get("targets", {})
    counts = np.asarray(targets.get("counts") or [], dtype=np.float64)
    known = counts[counts > 0]
    weighted = case.study.get("class_weight") is not None
    if len(known) < 2 or weighted or known.max() < UNBALANCED * known.min():
        return
    labels = targets["labels"]
    most, least = int(np.argmax(counts)), int(np.argmin(np.where(counts > 0, counts, np.inf)))
    share = float(known.max() / known.sum())
    numbers: dict[str, Number] = {
        "classes": len(known),
        "commonest": labels[most],
        "commonest_rows": int(counts[most]),
        "rarest": labels[least],
        "rarest_rows": int(counts[least]),
        "accuracy_of_the_commonest": share,
    }
    told = say(
        "The classes are unbalanced: class {commonest} has {many} of {rows} training rows, class "
        "{rarest} only {few}; always saying the commonest has an accuracy of {share}, so read "
        "accuracies against that, and weigh the classes (class_weight) if the rare ones matter.",
        commonest=str(labels[most]),
        many=describe_number(counts[most]),
        rows=describe_number(known.sum()),
        rarest=str(labels[least]),
        few=describe_number(counts[least]),
        share=format_percent(share),
    )
    lanes = sum(each.of for each in cases)
    yield Finding("classes_unbalanced", None, None, lanes, lanes, told, numbers)
