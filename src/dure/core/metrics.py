"""Whether a metric is better low or high."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from dure.core.types import Mode, Monitor
from dure.errors import DureError

_HIGHER_IS_BETTER = re.compile(
    r"(^|_)(acc|accuracy|auc|precision|recall|sensitivity|specificity|score|f1|fbeta|iou|io_u|r2"
    r"|correlation|cosine_similarity|true_positives|true_negatives)(_|$)"
)
_LOWER_IS_BETTER = re.compile(
    r"(loss|(^|_)(mae|mse|rmse|mape|msle|kld|nll|error|err|entropy|crossentropy|divergence|deviance"
    r"|perplexity|hinge|poisson|brier|distance|false_positives|false_negatives))(_|$)"
)


def mode_of(
    metric: str, monitor: Monitor | None = None, known: Mapping[str, Mode] | None = None
) -> Mode:
    """Whether lower ("min") or higher ("max") values of a metric are better.

    As :func:`find_mode`; where nothing tells, "min".
    """
    return find_mode(metric, monitor, known) or "min"


def find_mode(
    metric: str, monitor: Monitor | None = None, known: Mapping[str, Mode] | None = None
) -> Mode | None:
    """Whether lower ("min") or higher ("max") values of a metric are better; None: nothing tells.

    A monitored metric keeps the study's own mode. Others have what Keras' metric objects say ("up"
    for accuracies, AUC, precision, recall, F scores, IoU, R2, correlations) and what callbacks were
    told, as the run folder keeps it. Where that says nothing (run folders of older versions, what
    callbacks put into the logs) they are judged by their names.

    Parameters
    ----------
    known
        Modes by name without "val_".
    """
    base = metric.removeprefix("test_").removeprefix("val_")
    if monitor is not None and base == monitor.name.removeprefix("val_"):
        return monitor.mode
    whole = whole_of(base)  # one value of several is better where the whole is
    known = known or {}
    if base in known or whole in known:
        return known.get(base) or known[whole]
    if _HIGHER_IS_BETTER.search(base) and not base.endswith("loss"):
        return "max"
    return "min" if _LOWER_IS_BETTER.search(base) else None


def choose_mode(metric: str, given: str, found: Mode | None) -> Mode:
    """The mode somebody gave for a metric, or with "auto" what :func:`find_mode` found.

    Raises
    ------
    DureError
        If neither tells.
    """
    if given not in ("auto", "min", "max"):
        raise DureError(f"mode is {given!r}; pass 'auto', 'min' or 'max'.")
    mode = found if given == "auto" else given
    if mode is None:
        raise DureError(
            f"Nothing says whether {metric} is better low or high; pass mode='min' or mode='max'."
        )
    return mode  # type: ignore[return-value]


def find_losses(metrics: Iterable[str]) -> list[str]:
    """The losses among training metrics: "loss", or what else is called one ("d_loss", "g_loss").

    A model with a training step of its own need not log any.
    """
    names = list(metrics)
    return ["loss"] if "loss" in names else [name for name in names if name.endswith("loss")]


def choose_monitor(metrics: Iterable[str], known: Mapping[str, Mode]) -> Monitor:
    """What tells the best epoch where nobody says.

    The validation loss or the loss; else the first that is called a loss, else the first metric,
    those of validation before those of training.

    Parameters
    ----------
    known
        Modes by name without "val_".
    """
    names = sorted(metrics, key=lambda name: not name.startswith("val_"))
    losses = [name for name in names if name.endswith("loss")]
    for name in ("val_loss", "loss", *losses, *names):
        if name in names:
            return Monitor(name, "min" if name.endswith("loss") else mode_of(name, None, known))
    raise DureError("a model whose training step logs nothing cannot be compared; log a loss.")


def whole_of(part: str) -> str:
    """The metric that a value of several belongs to: "f1_score" for "f1_score_2"."""
    return re.sub(r"(_\d+)+$", "", part)


def without_many_parts(metrics: Iterable[str], most: int, keep: str) -> list[str]:
    """The metrics without the single values of those that have more than `most` of them.

    A table or page of a hundred entries of a confusion matrix shows nothing else any more. The one
    to `keep`, with or without "val_", stays whatever it is.
    """
    names, kept = list(metrics), keep.removeprefix("val_")
    parts = Counter(whole_of(name) for name in names if whole_of(name) != name)
    return [
        name
        for name in names
        if whole_of(name) == name
        or parts[whole_of(name)] <= most
        or name.removeprefix("val_") == kept
    ]
