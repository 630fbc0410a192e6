"""What is looked into: the networks, data and layers that a command line names."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console

import dure
from dure.cli.app import load_run
from dure.cli.study_source import find_study
from dure.errors import DureError, Faults, StudyError

if TYPE_CHECKING:
    from dure.inspection.networks import Networks
    from dure.inspection.save import Tour
    from dure.results.run_result import LaneResult

WITHOUT_ROWS = ("kernels", "weights")
"""Measurements that need no data."""


class LookRequest(NamedTuple):
    """What the command line asked for."""

    target: str
    data: str | None = None
    column: str | None = None
    settings: Sequence[str] = ()
    layers: Sequence[str] = ()
    what: Sequence[str] = ()
    rows: int | None = None
    lane: str | None = None
    variant: str | None = None
    out: Path | None = None


def look_inside(request: LookRequest, console: Console) -> tuple[Tour, str]:
    """Look and write; what was written, and the name of what was looked into.

    Parameters
    ----------
    console
        Where progress is shown; one that is quiet shows none.

    Raises
    ------
    DureError
        Everything that is wrong with the request at once, or if nothing of it could be written.
    """
    # Keras says through this logger that a file's metrics were never used; nobody needs them here.
    logging.getLogger("absl").setLevel(logging.ERROR)
    with console.status("Loading model and data ..."):
        look, folder = _prepare(request)
    found = look.save(
        folder,
        list(request.what) or None,
        list(request.layers) or None,
        request.rows,
        progress=not console.quiet,
    )
    if not found.written:
        reasons = [
            " ".join(filter(None, (one.name, one.layer))) + f": {one.reason}"
            for one in found.left_out
        ]
        raise StudyError(reasons, subject="this look; nothing was written")
    return found, look.networks.name


def _prepare(request: LookRequest) -> tuple[Any, Path]:
    """The look, and the folder to write to; every fault of the request in one error."""
    from dure.inspection.save import faults_of_names

    faults = Faults(faults_of_names(request.what))
    if request.rows is not None and request.rows < 1:
        faults.append(f"--rows is {request.rows}; pass a number from 1 on.")
    networks: Networks | None = None
    folder, study = Path(f"look-{Path(request.target).stem}"), None
    with faults.collect():
        target, study = _find_target(request)
        folder = target.folder / "lens" if hasattr(target, "folder") else folder
        networks = _find_networks(request, target, study)
        folder = networks.source.folder / "lens" if networks.source is not None else folder
    for layer in request.layers if networks is not None else ():
        with faults.collect():
            assert networks is not None
            networks.network().find(layer)
    given = None
    with faults.collect():
        given = _find_data(request, networks, study)
    if faults or networks is None or given is None:
        raise StudyError(faults, subject="this look")
    look = dure.look(networks, given.x, data=given.data)
    if look.inputs.rows:
        networks.network().inputs(look.inputs.of(0, 1))  # one error, not one a measurement
    return look, request.out or folder


def _find_target(request: LookRequest) -> tuple[Path | dure.Result | LaneResult, Any]:
    """The file, or the result or lane that was named; and the study of a run if it is found."""
    from dure.storage.model_folders import ENDINGS

    path = Path(request.target)
    if path.suffix in ENDINGS or path.is_file():
        if request.lane or request.variant:
            raise DureError(f"--lane and --variant choose networks of a run; {path} is one model.")
        return path, None
    result = load_run(request.target)
    study = None
    if result.manifest.get("source"):
        try:
            study = find_study(result.manifest["source"])
        except (DureError, ImportError):
            study = None  # moved or changed: data then have to be given
    if request.lane is None:
        return result, study
    if request.variant is not None:
        raise DureError("--lane and --variant came together; pass one of them.")
    return result.lane(*_read_lane(request.lane)), study


def _read_lane(text: str) -> tuple[str, int, int]:
    """'cell=LSTM/3/2' or 'cell=LSTM/3' as variant, seed and fold."""
    for count in (2, 1):
        variant, *numbers = text.rsplit("/", count)
        if len(numbers) == count and all(number.isdigit() for number in numbers):
            return variant, int(numbers[0]), int(numbers[1]) if count == 2 else 1
    raise DureError(f"--lane {text!r} is not VARIANT/SEED or VARIANT/SEED/FOLD, as in LSTM/0/1.")


def _find_networks(request: LookRequest, target: Any, study: Any) -> Networks:
    from dure.inspection.targets import networks_of

    build = None if study is None else study.build
    return networks_of(target, variant=request.variant, build=build)


def _find_data(request: LookRequest, networks: Networks | None, study: Any) -> Any:
    """The data named, or those of the run's own study."""
    from dure.cli.data_source import LookData, NetworkInput, find_data

    if request.data is not None:
        takes = _describe_input(networks) if networks else NetworkInput()
        return find_data(request.data, takes, request.column, request.settings)
    of_run = networks is not None and networks.source is not None
    if not of_run or (request.what and set(request.what) <= set(WITHOUT_ROWS)):
        return LookData()
    assert networks is not None and networks.source is not None
    manifest = networks.source.manifest
    if study is None:
        file = (manifest.get("source") or {}).get("file")
        told = f"their study in {file} cannot be loaded" if file else "the run was made from Python"
        raise DureError(
            f"the run's own data cannot be found ({told}); give them with --data: "
            f"dure look {networks.source.folder} --data ..."
        )
    if study.batches is not None:
        raise DureError(
            "the run's study takes its data in batches; give rows to look at with --data."
        )
    if study.data.fingerprint != manifest.get("data", {}).get("fingerprint"):
        raise DureError(
            "the run's study now makes other data than it was trained on; give them with --data."
        )
    return LookData(study.data)


def _describe_input(networks: Networks) -> Any:
    """What the networks say they take."""
    from dure.cli.data_source import NetworkInput

    network = networks.network()
    shape = getattr(network.model, "input_shape", None)
    single = isinstance(shape, tuple) and not any(isinstance(s, (tuple, list)) for s in shape)
    layers = network.layers.values()
    sizes = [getattr(one, name, None) for one in layers for name in ("input_dim", "num_tokens")]
    vocabulary = next((int(size) for size in sizes if isinstance(size, int)), None)
    raw = networks.text() is not None
    return NetworkInput(tuple(shape[1:]) if single and shape else (), vocabulary, raw)
