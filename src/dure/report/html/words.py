"""The page's own words: what stands on its controls and charts."""

from __future__ import annotations

from collections.abc import Mapping

from dure.core.types import Mode
from dure.messages.message import Message, say

WORDS: Mapping[str, Message] = {
    "skip": say("Skip to the report"),
    "contents": say("Contents"),
    "metric": say("Metric"),
    "show": say("Show"),
    "training": say("training"),
    "training curves": say("training curves"),
    "single lanes": say("single lanes"),
    "whole range": say("whole range"),
    "variants": say("Variants"),
    "variant": say("variant"),
    "all": say("all"),
    "none": say("none"),
    "lanes": say("lanes"),
    "epoch": say("epoch"),
    # The braces are filled in by the script.
    "at epoch": say("epoch {number}", number="{number}"),
    "mean and interval": say("mean and 95 % interval"),
    "mean of training": say("mean of training"),
    "single lane": say("single lane"),
    "turn": say("validation loss turns"),
    "numbers": say("The numbers as a table"),
    "band": say("The ribbon is within {rope} of no difference.", rope="{rope}"),
    "copy": say("Copy"),
    "copied": say("Copied"),
    "name": say("name"),
    "word": say("word"),
    "weight": say("weight"),
}


def axis_name(metric: str, mode: Mode, validated: bool) -> Message:
    """What a metric's vertical axis shows, and which end of it is good."""
    if validated:
        if mode == "min":
            return say("Validation {metric} · lower is better", metric=metric)
        return say("Validation {metric} · higher is better", metric=metric)
    if mode == "min":
        return say("Training {metric} · lower is better", metric=metric)
    return say("Training {metric} · higher is better", metric=metric)


def figure_name(what: Message, metric: str) -> Message:
    """What a picture of one metric shows, for who cannot see it."""
    return say(
        "{what}: {metric} by epoch. The numbers are in the table below.",
        what=what,
        metric=metric,
    )


def chart_name(what: Message) -> Message:
    """What a chart with a table shows, for who cannot see it."""
    return say("{what}. The numbers are in the table below.", what=what)


def drawn_of(drawn: int, lanes: int) -> Message:
    """How many of a variant's lanes are drawn by themselves."""
    return say("{drawn} of {lanes} single lanes drawn", drawn=f"{drawn:,}", lanes=f"{lanes:,}")


def made_from(folder: str) -> Message:
    """Where the numbers come from."""
    return say("Made from {folder}", folder=folder)
