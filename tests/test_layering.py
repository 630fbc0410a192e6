"""Arrows between the modules go one way; this file holds the table of allowed ones."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import dure

SOURCE = Path(dure.__file__).parent

# Which modules make up a part (a package stands for all in it; the longest name counts).
PARTS = {
    "contract": ("_types", "_errors", "_modes", "_text", "_said"),
    "languages": ("languages",),
    "backend": ("_backend", "_registration"),
    "intervals": ("_intervals",),
    "data": ("_arrays", "_data", "_preparation", "data"),
    "study": ("study", "_variants", "_fit_arguments", "_describe"),
    "layers": ("layers",),
    "lower": ("lower",),
    "engine": ("engine",),
    "store": ("store", "_curves", "_health_tables", "_checkpoints", "_files", "_runs"),
    "text_model": ("text_model",),
    "models": ("models",),
    "result": ("result", "_lane", "_reading", "_recorded", "_tables"),
    "evidence": ("evidence",),
    "lens": ("lens",),
    "terminal": ("view.terminal",),
    "view": ("view",),
    "report": ("report",),
    "look": ("looking",),
    "run": ("run", "_until", "_changes", "_training"),
    "cure": ("cure",),
    "growing": ("growing",),
    "gallery": ("gallery",),
    "cli": ("cli", "__main__"),
}

# What each part may import, wherever in its files the import stands.
ARROWS: dict[str, set[str]] = {
    "contract": set(),
    "languages": {"contract"},
    "backend": {"contract"},
    "intervals": {"contract"},
    "data": {"contract", "backend"},
    "study": {"contract", "data"},
    "layers": {"contract", "backend"},
    "lower": {"contract", "backend", "layers"},
    "engine": {"contract", "backend", "data", "study", "layers", "lower"},
    "store": {"contract"},
    "text_model": {"contract", "backend", "data"},
    "models": {"contract", "backend", "data", "layers", "store", "text_model"},
    "evidence": {"contract", "intervals"},
    "result": {"contract", "intervals", "store", "models", "evidence"},
    "lens": {"contract", "backend", "data", "layers"},
    "terminal": {"contract", "intervals", "store", "result"},
    "view": {"contract", "intervals", "store", "result", "evidence", "terminal"},
    "report": {
        *("contract", "languages", "intervals", "store", "result", "evidence", "terminal", "view"),
    },
    "look": {
        *("contract", "backend", "intervals", "data", "layers", "lens", "view"),
        *("models", "text_model", "result", "store"),
    },
    "run": {
        *("contract", "backend", "data", "study", "layers", "lower", "engine"),
        *("store", "models", "result", "evidence", "terminal", "view"),
    },
    "cure": {
        *("contract", "backend", "intervals", "data", "study", "layers", "lower", "engine"),
        *("store", "models", "result", "evidence", "terminal", "view", "run"),
    },
    "growing": {"contract", "study", "store", "result", "evidence", "view", "run"},
    "gallery": {
        *("contract", "backend", "intervals", "data", "study", "layers", "store", "models"),
        *("result", "evidence", "lens", "view", "look", "run", "cure", "report"),
    },
    "cli": {
        *(
            "contract",
            "backend",
            "intervals",
            "data",
            "study",
            "engine",
            "store",
            "models",
            "result",
        ),
        *("evidence", "lens", "terminal", "view", "look", "run", "cure", "growing", "gallery"),
        *("languages", "report"),
    },
}

# Against the arrows, and only inside these methods: the way from a study to its result.
METHODS_ONLY = {
    ("study", "engine"): {"Study.plan"},
    ("study", "run"): {"Study.run"},
    ("study", "cure"): {"Study.cure"},
    ("study", "growing"): {"Study.learning_curve", "Study.capacity"},
    ("result", "report"): {"Result._repr_html_"},
}

# Reading, storing and drawing results works without either; a study is made without them.
WITHOUT_JAX = {
    *("contract", "backend", "intervals", "data", "study", "store", "models", "result"),
    *("evidence", "terminal", "view", "languages", "report"),
}


class Import(NamedTuple):
    file: str
    line: int
    target: str
    scope: str
    """Dotted names of the functions and classes round it; '' at module level."""


def _imports(tree: ast.AST, file: str, scope: str = "") -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name, scope) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import; write it out"
            for alias in node.names:
                yield Import(file, node.lineno, f"{node.module}.{alias.name}", scope)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from _imports(node, file, f"{scope}.{node.name}".lstrip("."))
        else:
            yield from _imports(node, file, scope)


def _modules() -> dict[str, ast.Module]:
    return {
        path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
        if path != SOURCE / "__init__.py"
    }


def _part(module: str) -> str | None:
    """The part a dotted name (without 'dure.') belongs to, by its longest known beginning."""
    fits = [
        (len(name), part)
        for part, names in PARTS.items()
        for name in names
        if module == name or module.startswith(f"{name}.")
    ]
    return max(fits)[1] if fits else None


def _part_of_file(file: str) -> str | None:
    return _part(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


MODULES = _modules()
IMPORTS = [item for file, tree in MODULES.items() for item in _imports(tree, file)]


def test_the_table_has_no_circle() -> None:
    assert set(ARROWS) == set(PARTS)
    tuple(TopologicalSorter(ARROWS).static_order())


def test_every_module_is_in_the_table() -> None:
    homeless = [file for file in MODULES if _part_of_file(file) is None]
    assert not homeless, f"give these a part in PARTS: {homeless}"


def test_imports_follow_the_arrows() -> None:
    wrong = []
    for item in IMPORTS:
        if not item.target.startswith("dure.") or item.target == "dure.__version__":
            continue
        part, target = _part_of_file(item.file), _part(item.target.removeprefix("dure."))
        if target == part:
            continue
        if item.scope and item.scope in METHODS_ONLY.get((str(part), str(target)), ()):
            continue
        if target is None or target not in ARROWS[str(part)]:
            wrong.append(f"{item.file}:{item.line}: {part} imports {item.target} ({target})")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", ["jax", "keras"])
def test_results_and_studies_need_no_jax(library: str) -> None:
    wrong = [
        f"{item.file}:{item.line}: imports {item.target} at module level"
        for item in IMPORTS
        if _part_of_file(item.file) in WITHOUT_JAX
        and not item.scope
        and item.target.split(".")[0] == library
    ]
    assert not wrong, "\n".join(wrong)


def test_results_reach_keras_only_when_a_model_is_asked_for() -> None:
    wrong = [
        f"{item.file}:{item.line}"
        for item in IMPORTS
        if item.target.startswith("dure.keras_bridge.model_files") and not item.scope
        if _part_of_file(item.file) == "result"
    ]
    assert not wrong, wrong


def test_nothing_imports_tensorflow_or_torch() -> None:
    wrong = [
        f"{item.file}:{item.line}: {item.target}"
        for item in IMPORTS
        if item.target.split(".")[0] in ("tensorflow", "torch")
    ]
    assert not wrong, wrong


def _settles_backend(tree: ast.Module | None, before: float, nested: bool = False) -> bool:
    """Whether `require_jax_backend()` stands above this line at module level, or in a function."""
    return tree is not None and any(
        isinstance(node, ast.Expr)
        and ast.unparse(node.value) == "require_jax_backend()"
        and node.lineno < before
        for node in (ast.walk(tree) if nested else tree.body)
    )


def test_keras_is_imported_after_the_backend_is_settled() -> None:
    """Above each module-level `import keras`, there or in the package's `__init__`.

    Where a function imports Keras, a function of the same file settles the backend.
    """
    wrong = []
    for item in IMPORTS:
        if item.target.split(".")[0] != "keras":
            continue
        package = str(Path(item.file).parent / "__init__.py")
        if not (
            _settles_backend(MODULES[item.file], item.line)
            or (item.file != package and _settles_backend(MODULES.get(package), float("inf")))
            or (item.scope and _settles_backend(MODULES[item.file], float("inf"), nested=True))
        ):
            wrong.append(f"{item.file}:{item.line}: no require_jax_backend() before it")
    assert not wrong, "\n".join(wrong)
