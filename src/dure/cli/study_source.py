"""The study a command line names: a Python file or a module of Dure, and what is changed in it.

A *source* is the JSON-able account of that in a run folder's manifest: ``file``, ``module`` or
``gallery`` (a row), ``name`` (None: the only study there), and optionally ``seeds``, ``epochs`` and
``set``.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import dure
from dure.errors import DureError, Faults, StudyError, did_you_mean, line_in

_loaded: dict[str, ModuleType] = {}  # study files by the name Python knows them under


def read_overrides(
    seeds: int | None, epochs: int | None, settings: Sequence[str]
) -> dict[str, Any]:
    """What a command line changes in a study, as a source keeps it.

    Parameters
    ----------
    settings
        ``ARGUMENT=VALUE`` each; a value is a Python literal, or else text as it stands.

    Raises
    ------
    StudyError
        For settings without a name or without '='; all of them at once.
    """
    given: dict[str, Any] = {}
    if seeds is not None:
        given["seeds"] = seeds
    if epochs is not None:
        given["epochs"] = epochs
    pairs = {setting: setting.partition("=") for setting in settings}
    wrong = [s for s, (name, equals, _) in pairs.items() if not equals or not name.isidentifier()]
    faults = [f"--set {s!r} is not ARGUMENT=VALUE, as in --set dropout=0.5." for s in wrong]
    Faults(faults).raise_if_any("--set")
    if pairs:
        given["set"] = {name: read_value(text) for name, _, text in pairs.values()}
    return given


def make_source(
    target: str, seeds: int | None, epochs: int | None, settings: Sequence[str] | None
) -> dict[str, Any]:
    """The source that a command line's FILE.py[:NAME] names, with what the line changes in it.

    Raises
    ------
    StudyError
        As in `read_overrides`.
    """
    file, _, name = target.rpartition(":") if ".py:" in target else (target, "", "")
    changes = read_overrides(seeds, epochs, settings or [])
    return {"file": str(Path(file).resolve()), "name": name or None, **changes}


def find_study(source: Mapping[str, Any]) -> dure.Study:
    """The study a source names, changed as it says; `KINDS` has who finds it.

    Raises
    ------
    StudyError
        There is no such file or study, several to choose from, or the file raised an error.
    """
    study = next((find(source) for kind, find in KINDS.items() if kind in source))
    changes: dict[str, Any] = {k: source[k] for k in ("seeds", "epochs") if k in source}
    if source.get("set"):
        changes["variants"] = _fix_arguments(study, source["set"])
    return replace(study, **changes) if changes else study


def _find_in_module(source: Mapping[str, Any]) -> dure.Study:
    module = _load_module(source)
    studies = {n: v for n, v in vars(module).items() if isinstance(v, dure.Study)}
    return _choose(studies, source.get("name"), source.get("file") or source["module"])


KINDS: dict[str, Callable[[Mapping[str, Any]], dure.Study]] = {
    "file": _find_in_module,
    "module": _find_in_module,
}
"""What finds the study of a source that has this key; commands add kinds of their own."""


def read_value(text: str) -> Any:
    """A Python literal, or else the text as it stands."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _choose(studies: Mapping[str, dure.Study], name: str | None, where: str) -> dure.Study:
    """The named study; without a name `study`, or the only one."""
    if not studies:
        raise StudyError(f"{where} has no study; write `study = dure.Study(...)` in it.")
    wanted = name or ("study" if "study" in studies else None)
    if wanted is None and len({id(study) for study in studies.values()}) == 1:
        return next(iter(studies.values()))
    known = ", ".join(studies)
    if wanted is None:
        example = f"{where}:{next(iter(studies))}"
        raise StudyError(f"{where} has {len(studies)} studies ({known}); say which: {example}")
    if wanted in studies:
        return studies[wanted]
    raise StudyError(
        f"{where} has no study named {wanted!r} (studies there: {known})."
        + did_you_mean(wanted, studies)
    )


def _fix_arguments(study: dure.Study, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The study's variants with some arguments fixed; in a grid, a list gives several values."""
    variants = study.variants
    named = variants is not None and (
        not isinstance(variants, Mapping) or any(isinstance(v, Mapping) for v in variants.values())
    )
    if named:
        return {v.name: {**v.arguments, **settings} for v in study.variant_list}
    fixed = {k: v if isinstance(v, list) else [v] for k, v in settings.items()}
    return {**(variants or {}), **fixed}


def _load_module(source: Mapping[str, Any]) -> ModuleType:
    if "module" in source:
        return importlib.import_module(source["module"])
    path = Path(source["file"])
    if not path.is_file():
        raise StudyError(f"there is no file {path}; give a Python file that makes a dure.Study.")
    present = sys.modules.get(path.stem)
    ours = present is _loaded.get(path.stem)
    if present is not None and not ours and getattr(present, "__file__", None) != str(path):
        raise StudyError(
            f"{path.name} has the name of the module {path.stem!r}, which Python would mistake for "
            "it; rename the file."
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise StudyError(f"{path} is not a Python file; give one that makes a dure.Study.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = _loaded[path.stem] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise StudyError(describe_error(error, path)) from error
    return module


def describe_error(error: BaseException, path: Path) -> str:
    """An error that came out of the file at `path`, with the line there that led to it."""
    line = line_in(error, str(path))
    where = f"{path}, line {line}" if line else str(path)
    if isinstance(error, SyntaxError) and error.filename == str(path):
        where, error = f"{path}, line {error.lineno}", type(error)(error.msg)
    if isinstance(error, DureError):
        return f"{where}: {error}"
    return f"{where} raised {type(error).__name__}: {error}"
