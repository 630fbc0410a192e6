"""The files a search for cures leaves beside its rounds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dure.core.formatting import shorten
from dure.errors import RunFolderError
from dure.messages.message import Message, as_is
from dure.remedies import outcome_text as words
from dure.remedies.model import SearchOutcome
from dure.remedies.remedy import describe_name, metric_in_words, metric_on_test_rows
from dure.storage.files import explained, write_atomically

if TYPE_CHECKING:
    from dure.experiment.spec import StudySpec

REQUEST, VERDICT, SOURCE = "cure.json", "verdict.json", "cured.py"


def open_folder(folder: Path, request: dict[str, Any], resume: bool) -> None:
    """Make the folder of a search, or find the one that is to be gone on with.

    Raises
    ------
    RunFolderError
        It is not empty and not to be resumed, or it holds another search.
    """
    path = folder / REQUEST
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        if not resume:
            raise RunFolderError(
                f"{folder} already holds a search for cures: go on with it by resume=True "
                "(--resume), or choose another folder."
            )
        changed = [k for k in request if before.get(k) != json.loads(json.dumps(request[k]))]
        if changed:
            told = "; ".join(
                f"{k} was {_short(before.get(k))}, is {_short(request[k])}" for k in changed
            )
            raise RunFolderError(
                f"{folder} holds another search, so it cannot be resumed: {told}. Search as it "
                "was, or choose another folder."
            )
        return
    with explained("make a folder for cures", folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise RunFolderError(f"{folder} is not empty: choose a folder that is new or empty.")
        write_atomically(path, iter([json.dumps(request, indent=1).encode()]))


def _short(value: Any) -> str:
    return shorten(repr(value), 60)


def request_of(study: StudySpec, **asked: Any) -> dict[str, Any]:
    """What decides the course of a search, JSON-able."""
    manifest = study.to_manifest()
    return {**manifest["study"], "data": manifest["data"], **asked}


def account(found: SearchOutcome) -> dict[str, Any]:
    """Everything that was found, JSON-able; what is not a number is null."""
    document = {
        "verdict": words.describe_verdict(found),
        "helps": found.helps,
        "winner": None if found.winner is None else found.winner.account(),
        "metric": found.metric,
        "metric_in_words": metric_in_words(found.metric),
        "mode": found.mode,
        "variant": found.variant,
        "findings": [
            {
                "kind": f.kind,
                "layer": f.layer,
                "lanes": f.lanes,
                "of": f.of,
                "sentence": f.sentence,
                "numbers": dict(f.numbers),
            }
            for f in found.findings
        ],
        "rounds": {k: [row.account() for row in rows] for k, rows in found.effects.items()},
        "cures": [cure.account() for cure in found.candidates.cures],
        "refused": [vars(r) for r in found.candidates.refused],
        "left_out": found.candidates.left_out,
        "test": [held.account() for held in found.test],
        "early_stopping": None if found.stopping is None else found.stopping.account(),
        "best": _lane(found),
        "folder": str(found.folder),
        "seconds": found.seconds,
        "said": _translatable(build_texts(found)),
    }
    plain: dict[str, Any] = _plain(document)
    return plain


def build_texts(found: SearchOutcome) -> dict[str, Any]:
    """All that was found in words that can be said in every language, for who reads the folder."""
    rounds = {label: rows for label, rows in found.effects.items() if rows}
    return {
        "verdict": words.verdict_sentences(found),
        "metric": metric_in_words(found.metric),
        "findings": [as_is(finding.sentence) for finding in found.findings],
        "reading": words.describe_reading(found),
        "header": words.HEAD,
        "rounds": {
            label: {"title": words.describe_round(label, rows), "rows": words.describe_rows(rows)}
            for label, rows in rounds.items()
        },
        "whys": [(describe_name(cure.name), cure.why) for cure in found.candidates.cures],
        "not_tried": words.NOT_TRIED,
        "refused": words.describe_refusals(found),
        "left_out": words.describe_left_out(found),
        "test": [metric_on_test_rows(held.metric) for held in found.test],
        "early_stopping": words.describe_stopping(found),
        "done_to": found.done_to,
    }


def _translatable(value: Any) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    if isinstance(value, dict):
        return {key: _translatable(held) for key, held in value.items()}
    return [_translatable(held) for held in value]


def _lane(found: SearchOutcome) -> dict[str, Any] | None:
    """Where the network handed back was trained."""
    if found.best is None:
        return None
    lane = found.best.lane
    return {
        "run": lane.folder.relative_to(found.folder).as_posix(),
        "variant": lane.variant,
        "seed": lane.seed,
        "fold": lane.fold,
        "epoch": lane.best_epoch,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write(found: SearchOutcome) -> None:
    """Write source, verdict and pictures into the folder of the search."""
    from dure.plots.remedies import save_all

    with explained("write what was found", found.folder):
        write_atomically(found.folder / SOURCE, iter([found.source.encode()]))
        text = json.dumps(account(found), indent=1, ensure_ascii=False)
        write_atomically(found.folder / VERDICT, iter([text.encode()]))
        write_atomically(found.folder / "told.txt", iter([words.describe(found).encode()]))
    save_all(account(found), found.folder / "pictures")
