"""Runs that grow: one study on more and more rows, or with larger and larger networks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dure.analysis.overfitting.capacity import Capacity
from dure.analysis.overfitting.capacity import capacity as read_capacity
from dure.analysis.overfitting.learning_curve import LearningCurve
from dure.analysis.overfitting.learning_curve import learning_curve as read_learning_curve
from dure.core.fingerprint import describe
from dure.errors import Faults
from dure.experiment.runner import StudyRunner
from dure.experiment.spec import StudySpec
from dure.experiment.variants import Variant, make_variants
from dure.results.run_result import RunResult, load
from dure.storage.run_folder import new_run_folder

SHARES = (0.1, 0.2, 0.5, 1.0)

__all__ = ["SHARES", "capacity", "learning_curve"]


def learning_curve(
    study: StudySpec,
    run_study: StudyRunner,
    shares: Sequence[float] = SHARES,
    out: str | Path | None = None,
    progress: bool = True,
) -> LearningCurve:
    """Train a study on growing shares of its training rows.

    What validates stays the same, the rows of a smaller share are among those of a larger, and
    every size has the same seeds (`Study.train_share`). With fewer rows an epoch has fewer steps of
    the optimizer, and at equal epochs small shares would simply be trained less. So a share with a
    k-th of the steps an epoch gets k times the epochs (k rounded up), and validates every k-th: all
    shares take at least as many steps as the whole and are looked at as often, so that choosing
    the best epoch flatters none of them more. Callbacks that count validations (EarlyStopping)
    keep their patience in steps; schedules that count epochs run k times as fast.

    Parameters
    ----------
    study
        Must hold rows for validation.
    run_study
        Trains the study on each share.
    shares
        Of the training rows, each above 0 and up to 1; at least two, all of them different. For a
        law that says what twice the rows would bring: at least four.
    out
        A folder: each share is a run folder in it (``share-0.1``), the picture is in ``pictures/``.
        Shares that are there already are gone on with, finished ones not trained again. None
        makes one under ``runs/``.
    progress
        Whether to show progress on the terminal.

    Raises
    ------
    StudyError
        Everything that is wrong with study and shares, at once.
    StudyChangedError
        If `out` holds shares of another study.
    """
    studies = _studies_on_shares(study, shares)
    folder = new_run_folder("runs", f"{study.name} learning curve") if out is None else Path(out)
    results = {
        rows: load(
            run_study(
                part, folder / f"share-{float(part.train_share):g}", progress=progress, resume=True
            )
        )
        for rows, part in studies.items()
    }
    curve = read_learning_curve(results)
    from dure.plots.learning_curve import learning_curve as draw

    _save(draw(curve), folder, "learning-curve")
    return curve


def _studies_on_shares(study: StudySpec, shares: Sequence[float]) -> dict[int, StudySpec]:
    """The study on each share, by the number of training rows in its first fold."""
    faults = Faults(_share_faults(study, shares))
    faults.raise_if_any("this learning curve")
    studies: dict[int, StudySpec] = {}
    whole = _steps(study)
    for share in sorted(shares):
        part = replace(study, train_share=float(share))
        rows = len(part.splits[0].train)
        if rows in studies:
            faults.append(f"two of the shares are {rows} rows; leave out {share:g}.")
        times = math.ceil(whole / _steps(part))
        studies[rows] = replace(
            part, epochs=study.epochs * times, validation_freq=_stretch_validation(study, times)
        )
    faults.raise_if_any("this learning curve")
    return studies


def _share_faults(study: StudySpec, shares: Sequence[float]) -> list[str]:
    faults = []
    numbers = [s for s in shares if isinstance(s, (int, float)) and not isinstance(s, bool)]
    wrong = [s for s in shares if s not in numbers or not 0 < s <= 1]
    if wrong:
        faults.append(f"shares holds {wrong}; each is a number above 0 and up to 1, as 0.5.")
    if len(set(shares)) < max(2, len(shares)):
        faults.append(f"shares is {list(shares)}; pass at least two, each once, as [0.2, 0.5, 1].")
    if study.train_share != 1:
        faults.append(
            f"the study has train_share={study.train_share:g} itself; leave it out there, shares "
            "are of all training rows."
        )
    if study.splits[0].validation is None:
        faults.append(
            "the study holds no rows for validation, so there is nothing to compare sizes by; "
            "give it validation_split=0.2, folds=5 or validation_data."
        )
    return faults


def _steps(study: StudySpec) -> int:
    """Steps of the optimizer in an epoch of the first fold."""
    parts = len(study.splits[0].train)
    return math.ceil(parts / study.batch_size) if study.batches is None else max(1, parts)


def _stretch_validation(study: StudySpec, times: int) -> int | list[int]:
    given = study.validation_freq
    return [e * times for e in given] if isinstance(given, list) else given * times


def capacity(
    study: StudySpec,
    run_study: StudyRunner,
    over: Mapping[str, Sequence[Any]],
    out: str | Path | None = None,
    progress: bool = True,
) -> Capacity:
    """Train every variant of a study with several values of one argument of its `build`.

    Parameters
    ----------
    study
        Must hold rows for validation. Where its variants set the argument themselves, the values
        given here take its place.
    run_study
        Trains the study of all sizes.
    over
        One argument and its values, at least two: ``{"units": [4, 8, 16, 32]}``.
    out
        The run folder; one that is there already is gone on with. None makes one under ``runs/``.
    progress
        Whether to show progress on the terminal.

    Raises
    ------
    StudyError
        Everything that is wrong with study and argument, at once; among it an argument that
        `build` does not take.
    StudyChangedError
        If `out` holds another study.
    """
    argument, values = _check_over(study, over)
    groups, variants = _sizes(study, argument, values)
    swept = replace(study, variants=variants, name=f"{study.name} {argument}")
    folder = new_run_folder("runs", swept.name) if out is None else Path(out)
    result = load(run_study(swept, folder, progress=progress, resume=True), swept.build)
    found = read_capacity(result, argument, groups, _parameters(result))
    from dure.plots.learning_curve import capacity as draw

    _save(draw(found), result.folder, "capacity")
    return found


def _check_over(study: StudySpec, over: Mapping[str, Sequence[Any]]) -> tuple[str, list[Any]]:
    faults = Faults()
    argument, values = next(iter(over.items()), ("", ()))
    if len(over) != 1:
        faults.append(f"over names {len(over)} arguments; pass one, as {{'units': [4, 8, 16]}}.")
    elif isinstance(values, str) or not isinstance(values, Sequence) or len(values) < 2:
        faults.append(
            f"over is {argument}={values!r}; pass a list of at least two values, as [4, 8, 16]."
        )
    if study.splits[0].validation is None:
        faults.append(
            "the study holds no rows for validation, so sizes cannot be compared; give it "
            "validation_split=0.2, folds=5 or validation_data."
        )
    faults.raise_if_any("this comparison of sizes")
    return argument, list(values)


def _sizes(
    study: StudySpec, argument: str, values: list[Any]
) -> tuple[dict[str, dict[str, str]], list[Variant]]:
    """For each variant the names of its sizes with the value as text; and all of them."""
    plain = _drop_argument(study, argument)
    faults = Faults()
    named = make_variants({argument: values}, faults)
    faults.raise_if_any("this comparison of sizes")
    groups: dict[str, dict[str, str]] = {}
    variants = []
    for variant in plain:
        lead = "" if len(plain) == 1 else variant.name
        group = groups.setdefault(lead, {})
        for size in named:
            name = ", ".join(filter(None, (lead, size.name)))
            variants.append(Variant(name, {**variant.arguments, **size.arguments}))
            group[name] = size.name.removeprefix(f"{argument}=")
    return groups, variants


def _drop_argument(study: StudySpec, argument: str) -> list[Variant]:
    """The study's variants without an argument; of those that are then alike only the first."""
    given = study.variants
    grid = isinstance(given, Mapping) and not any(isinstance(v, Mapping) for v in given.values())
    if grid and argument in given:
        return list(
            make_variants({k: v for k, v in given.items() if k != argument} or None, Faults())
        )
    kept: list[Variant] = []
    for variant in study.variant_list:
        rest = {k: v for k, v in variant.arguments.items() if k != argument}
        if not any(describe(rest) == describe(other.arguments) for other in kept):
            kept.append(Variant(variant.name, rest))
    return kept


def _parameters(result: RunResult) -> dict[str, int]:
    models = result.manifest["facts"]["models"]
    return {variant: int(models[variant]["parameters"]) for variant in result.variants}


def _save(figure: Any, folder: Path, name: str) -> None:
    from dure.plots.style import as_png

    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    (pictures / f"{name}.png").write_bytes(as_png(figure))
