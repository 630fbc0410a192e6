"""Whether a metric is better low or high."""

from __future__ import annotations

import re

from dure.core.types import Mode, Monitor

_HIGHER_IS_BETTER = re.compile(
    r"(^|_)(acc|accuracy|auc|precision|recall|sensitivity|specificity|score|f1|fbeta|iou|io_u|r2"
    r"|correlation|cosine_similarity|true_positives|true_negatives)(_|$)"
)


def mode_of(metric: str, monitor: Monitor | None = None) -> Mode:
    """Whether lower ("min") or higher ("max") values of a metric are better, judged by its name.

    Keras' own rule asks the metric object ("up" for accuracies, AUC, precision, recall, F scores,
    IoU, R2, correlations); a run folder has only names, so the default names of those are known
    here. Losses, and names unknown, are "min". A monitored metric keeps the study's own mode.
    """
    base = metric.removeprefix("test_").removeprefix("val_")
    if monitor is not None and base == monitor.name.removeprefix("val_"):
        return monitor.mode
    return "max" if _HIGHER_IS_BETTER.search(base) and not base.endswith("loss") else "min"
