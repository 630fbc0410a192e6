"""What ails a network, and the cures for it: looked up, applied once, refused with a reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from dure.analysis.diagnostics.case import Finding
from dure.analysis.diagnostics.health import measure as measure_health
from dure.analysis.overfitting.overfitting import measure as measure_overfitting
from dure.core.backend import keras
from dure.errors import DureError, StudyError
from dure.keras_bridge.building import build_model
from dure.messages.message import Message, as_is, joined, say
from dure.remedies.catalog import ANSWERS, GENERAL, CatalogFacts, all_cures
from dure.remedies.model import Candidates, Refused
from dure.remedies.remedy import Cure
from dure.remedies.surgery.edits import Penalise
from dure.remedies.surgery.model_config import CannotEdit
from dure.remedies.surgery.rebuild import EditedModel, operate
from dure.remedies.surgery.score import add_score
from dure.remedies.trial import change_study
from dure.stats.intervals import interval_texts

if TYPE_CHECKING:
    from dure.analysis.overfitting.model import OverfittingRow
    from dure.experiment.spec import StudySpec
    from dure.results.run_result import RunResult


BY_HEART = 0.5
"""Share of the validation loss by which training may be ahead before cures are tried."""


def build_edited(
    build: Callable[..., keras.Model], arguments: Mapping[str, Any], cure: Cure | None, seed: int
) -> EditedModel:
    """The network with a cure (None: as it is), built as a study would for this seed."""
    made: list[EditedModel] = []

    def once() -> keras.Model:
        made.append(operate(build, arguments, () if cure is None else cure.edits))
        return made[0].model

    build_model(once, {}, seed)
    return made[0]


def choose(
    findings: Sequence[Finding],
    study: StudySpec,
    arguments: Mapping[str, Any],
    limit: int,
    anyway: bool = False,
) -> Candidates:
    """The cures that the findings call for, in the order in which they are worth trying.

    Parameters
    ----------
    findings
        Worst first. Every finding's first answer comes before any finding's second.
    limit
        How many at most.
    anyway
        Without findings: try the cheapest general cures.
    """
    seed = study.seed_list[0]
    baseline = build_edited(study.build, arguments, None, seed)
    facts = CatalogFacts(study.data, steps_of(study), output_units(baseline.model))
    known = all_cures(facts)
    wanted = _wanted(findings)
    if anyway and not wanted:
        wanted = [(name, "general") for name in GENERAL]
    chosen: list[Cure] = []
    refused: list[Refused] = []
    left_out: list[str] = []
    for name, mends in wanted:
        if name not in known:
            continue  # these data are no pictures, say
        cure = replace(known[name], mends=mends)
        if len(chosen) == limit:
            left_out.append(name)
            continue
        reason = objection(study, arguments, cure, baseline)
        if reason is None:
            chosen.append(cure)
        else:
            refused.append(Refused(name, mends, reason))
    return Candidates(chosen, refused, left_out)


def _wanted(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Names of cures with the kind of finding that called first; findings take turns."""
    kinds = list(dict.fromkeys(finding.kind for finding in findings))
    lists = [[(name, kind) for name in ANSWERS.get(kind, ())] for kind in kinds]
    turns = [pair for turn in zip_longest(*lists) for pair in turn if pair is not None]
    first: dict[str, str] = {}
    for name, kind in turns:
        first.setdefault(name, kind)
    return list(first.items())


def objection(
    study: StudySpec, arguments: Mapping[str, Any], cure: Cure, baseline: EditedModel
) -> Message | None:
    """Why a cure does not suit this study; None if it does."""
    penalty = any(isinstance(edit, Penalise) for edit in cure.edits)
    if penalty and add_score(dict(baseline.compiled), accuracy=False) is None:
        return say("it has several losses, and a penalty could not be told from them")
    try:
        done = build_edited(study.build, arguments, cure, study.seed_list[0])
        replace(study, **change_study(study, cure.side))
    except StudyError as error:
        return joined(error.faults, "; ")
    except CannotEdit as error:
        return error.reason
    except DureError as error:
        return as_is(str(error))
    if cure.edits and _same(done, baseline):
        return say("the network is so already")
    shapes = [getattr(model, "output_shape", None) for model in (done.model, baseline.model)]
    if _built(done.model) and _built(baseline.model) and shapes[0] != shapes[1]:
        new, old = map(str, shapes)
        return say("its output would have shape {new} instead of {old}", new=new, old=old)
    return None


def _same(done: EditedModel, baseline: EditedModel) -> bool:
    if done.drawing is None or done.original is None:
        return False  # a change of the optimizer refuses by itself
    same_loss = done.compiled.get("loss") == baseline.compiled.get("loss")
    return done.drawing.config == done.original.config and same_loss


def _built(model: keras.Model) -> bool:
    return bool(model.built) and type(model).__name__ in ("Sequential", "Functional")


def steps_of(study: StudySpec) -> int:
    """Training steps of a lane in all its epochs."""
    rows = len(study.splits[0].train)
    return study.epochs * -(-rows // study.batch_size)


def output_units(model: keras.Model) -> int | None:
    """How wide a network's only output is; None where it has several or is not built."""
    if not _built(model) or len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        return None
    width = model.outputs[0].shape[-1]
    return None if width is None else int(width)


# -- findings --------------------------------------------------------------------------------------


def findings_of(result: RunResult, variant: str) -> list[Finding]:
    """Findings of one variant and of its data, worst first.

    `health()` speaks of overfitting where a network is ill with it. Cures are worth trying before:
    where validation turns at all, or training is far ahead of it.
    """
    found = [f for f in measure_health(result).findings if f.variant in (None, variant)]
    kinds = {finding.kind for finding in found}
    row = turn_of(result, variant)
    if row is None or kinds & {"overfitting", "not_beating_chance", "nan"}:
        return found
    ahead = _ahead(row, variant)
    return found if ahead is None else [*found, ahead]


def _ahead(row: OverfittingRow, variant: str) -> Finding | None:
    """A finding where training is ahead of validation; None where it is not."""
    gap, away = row.gap_at_turn, row.given_away
    far = math.isfinite(gap.low) and gap.low > BY_HEART * abs(row.lowest.mean) > 0
    if row.kind != "overfits" and not far:
        return None
    numbers = {"gap": gap.mean, "given_away": away.mean, "lowest": row.lowest.mean}
    sentence = _describe_ahead(row, far)
    return Finding("overfitting", variant, None, gap.n, gap.of, sentence, numbers)


def _describe_ahead(row: OverfittingRow, far: bool) -> Message:
    gap, away = row.gap_at_turn, row.given_away
    ahead, up = interval_texts([(gap.mean, gap.low, gap.high), (away.mean, away.low, away.high)])
    lowest, turn, end = f"{row.lowest.mean:.3g}", f"{row.turning_epoch.mean:.0f}", f"{row.end}"
    if row.kind != "overfits":
        return say(
            "Training is ahead of validation by {ahead} at a validation loss of {lowest}, so much "
            "is learnt by heart.",
            ahead=ahead,
            lowest=lowest,
        )
    if not far:
        return say(
            "Validation loss turns about epoch {turn} and is up by {up} at epoch {end}.",
            turn=turn,
            up=up,
            end=end,
        )
    return say(
        "Training is ahead of validation by {ahead} at a validation loss of {lowest}, so much is "
        "learnt by heart; validation loss turns about epoch {turn} and is up by {up} at epoch "
        "{end}.",
        ahead=ahead,
        lowest=lowest,
        turn=turn,
        up=up,
        end=end,
    )


def turn_of(result: RunResult, variant: str) -> OverfittingRow | None:
    """Where a variant's validation loss turns; None where that cannot be said at all."""
    try:
        rows = measure_overfitting(result).rows
    except DureError:  # nothing was held for validation, or there are too few epochs
        return None
    return next((row for row in rows if row.variant == variant), None)
