"""The rules of the house that a machine can hold: rooms, arrows, sizes, names."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import dure

SOURCE = Path(dure.__file__).parent

# What the files of each room may import, wherever in a file the import stands, also inside
# functions and for types. `errors` is open to all.
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "core": set(),
    "messages": {"core"},
    "stats": {"core", "messages"},
    "data": {"core", "messages"},
    "experiment": {"core", "data"},
    "layers": {"core"},
    "keras_bridge": {"core", "data", "layers", "storage"},
    "storage": {"core"},
    "results": {"core", "messages", "stats", "storage"},
    "blocks": {"core", "messages"},
    "measurements": {"core", "messages", "stats", "blocks"},
    "engine": {"core", "data", "experiment", "layers", "keras_bridge"},
    "analysis": {"core", "messages", "stats", "results"},
    "inspection": {
        "core",
        "messages",
        "stats",
        "data",
        "layers",
        "keras_bridge",
        "storage",
        "results",
        "blocks",
        "measurements",
        "plots",
    },
    "console": {"core", "messages", "stats", "storage", "results"},
    "plots": {"core", "messages", "stats", "results", "blocks", "measurements", "analysis"},
    "training": {
        "core",
        "messages",
        "stats",
        "data",
        "experiment",
        "keras_bridge",
        "engine",
        "storage",
        "results",
        "analysis",
        "console",
        "plots",
    },
    "remedies": {
        "core",
        "messages",
        "stats",
        "data",
        "experiment",
        "layers",
        "keras_bridge",
        "storage",
        "results",
        "analysis",
        "plots",
    },
    "report": {
        "core",
        "messages",
        "stats",
        "storage",
        "results",
        "blocks",
        "measurements",
        "analysis",
        "console",
        "plots",
    },
    "result": {"core", "keras_bridge", "storage", "results", "analysis", "report"},
    "study": {
        "core",
        "experiment",
        "engine",
        "training",
        "analysis",
        "remedies",
        "results",
        "result",
    },
    "gallery": {
        "core",
        "messages",
        "stats",
        "data",
        "experiment",
        "layers",
        "keras_bridge",
        "storage",
        "results",
        "blocks",
        "measurements",
        "analysis",
        "inspection",
        "plots",
        "training",
        "remedies",
        "report",
        "result",
        "study",
    },
    "cli": {
        "core",
        "messages",
        "stats",
        "data",
        "experiment",
        "engine",
        "keras_bridge",
        "storage",
        "results",
        "blocks",
        "measurements",
        "analysis",
        "inspection",
        "console",
        "plots",
        "training",
        "remedies",
        "report",
        "result",
        "study",
        "gallery",
    },
    "__main__": {"cli"},
}

# Reading, storing and drawing results works without either; a study is made without them.
WITHOUT_JAX = {
    "errors",
    "core",
    "messages",
    "stats",
    "data",
    "experiment",
    "storage",
    "results",
    "study",
    "blocks",
    "measurements",
    "analysis",
    "console",
    "plots",
    "report",
    "result",
}

AT_THE_ROOT = {"__init__", "__main__", "errors", "study", "result"}
FILES_A_FOLDER, LINES_A_FILE, LINES_A_FUNCTION, CHAIN = 12, 400, 60, 12


class Import(NamedTuple):
    file: str
    line: int
    target: str
    scope: str
    """Dotted names of the functions and classes round it; '' at module level."""


def _imports(tree: ast.AST, file: str, scope: str = "") -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name, scope) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import; write it out"
            for alias in node.names:
                yield Import(file, node.lineno, f"{node.module}.{alias.name}", scope)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from _imports(node, file, f"{scope}.{node.name}".lstrip("."))
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _imports(node, file, f"{scope}.TYPE_CHECKING".lstrip("."))
        else:
            yield from _imports(node, file, scope)


TEXTS = {
    path.relative_to(SOURCE).as_posix(): path.read_text("utf-8")
    for path in sorted(SOURCE.rglob("*.py"))
}
TREES = {file: ast.parse(text) for file, text in TEXTS.items()}
IMPORTS = [item for file, tree in TREES.items() for item in _imports(tree, file)]
MODULES = {
    ".".join(("dure", *Path(file).with_suffix("").parts)).removesuffix(".__init__"): file
    for file in TREES
}


def _room(name: str) -> str:
    """The room of a file, or of what a dotted name without 'dure.' stands for."""
    return name.removesuffix(".py").replace("/", ".").split(".")[0]


@cache
def _module_edges() -> dict[str, set[str]]:
    """Which module imports which; a package's face counts only where it is meant itself."""
    names = {file: module for module, file in MODULES.items()}
    edges: dict[str, set[str]] = {module: set() for module in MODULES}
    for item in IMPORTS:
        target = item.target
        while target and target not in MODULES:
            target = target.rpartition(".")[0]
        if target and target not in ("dure", names[item.file]):
            edges[names[item.file]].add(target)
    return edges


def test_the_table_has_no_circle() -> None:
    tuple(TopologicalSorter(ARROWS).static_order())


def test_every_room_is_in_the_table() -> None:
    assert {_room(file) for file in TREES} - {"__init__"} == set(ARROWS)
    assert {path.stem for path in SOURCE.glob("*.py")} == AT_THE_ROOT


def test_imports_follow_the_arrows() -> None:
    wrong = []
    for item in IMPORTS:
        room, target = _room(item.file), item.target.removeprefix("dure.")
        if room == "__init__" or target == item.target or target == "__version__":
            continue
        if _room(target) not in ARROWS[room] | {room, "errors"}:
            wrong.append(f"{item.file}:{item.line}: {room} imports {item.target}")
    assert not wrong, "\n".join(wrong)


def test_modules_import_in_no_circle_and_no_long_chain() -> None:
    edges = _module_edges()
    depth: dict[str, int] = {}
    for module in TopologicalSorter(edges).static_order():  # a CycleError names the circle
        depth[module] = 1 + max((depth[target] for target in edges[module]), default=0)
    deepest = max(depth, key=lambda module: depth[module])
    chain = [deepest]
    while edges[chain[-1]]:
        chain.append(max(edges[chain[-1]], key=lambda module: depth[module]))
    assert len(chain) <= CHAIN, f"{len(chain)} modules: " + " -> ".join(chain)


def test_folders_are_small() -> None:
    sizes = Counter(str(Path(file).parent) for file in TREES if "/ko/" not in file)
    large = {folder: n for folder, n in sizes.items() if n > FILES_A_FOLDER}
    assert not large, large


def test_files_are_small() -> None:
    large = {file: n for file, text in TEXTS.items() if (n := text.count("\n")) > LINES_A_FILE}
    assert not large, large


def test_functions_are_small() -> None:
    lengths = {
        f"{file}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno
    }
    large = {place: n for place, n in lengths.items() if n > LINES_A_FUNCTION}
    assert not large, large
    p90 = sorted(lengths.values())[int(0.9 * len(lengths))]
    assert p90 < 30, p90


def test_a_class_name_has_one_meaning() -> None:
    places = defaultdict(list)
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(file)
    # A facade may carry the name only under the root; nothing else is said twice.
    doubled = {name: files for name, files in places.items() if len(files) > 1}
    assert not doubled, doubled


def test_formatter_and_linter_are_not_switched_off() -> None:
    wrong = [
        f"{file}:{number}: {line.strip()}"
        for file, text in TEXTS.items()
        for number, line in enumerate(text.splitlines(), 1)
        if "# fmt:" in line or "noqa: E402" in line
    ]
    assert not wrong, "\n".join(wrong)


def test_no_literal_is_unpacked_to_please_the_formatter() -> None:
    wrong = [
        f"{file}:{node.lineno}"
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Starred) and isinstance(node.value, (ast.Tuple, ast.List)))
        or (isinstance(node, ast.keyword) and node.arg is None and _is_plain(node.value))
    ]
    assert not wrong, wrong


def _is_plain(node: ast.expr) -> bool:
    """Whether it is a dict whose keys all stand there: `f(**{"a": 1})` is `f(a=1)`."""
    return isinstance(node, ast.Dict) and all(
        isinstance(key, ast.Constant) and str(key.value).isidentifier() for key in node.keys
    )


@pytest.mark.parametrize("library", ["jax", "keras"])
def test_results_and_studies_need_no_jax(library: str) -> None:
    wrong = [
        f"{item.file}:{item.line}: imports {item.target} at module level"
        for item in IMPORTS
        if _room(item.file) in WITHOUT_JAX and not item.scope
        if item.target.split(".")[0] == library or item.target == f"dure.core.backend.{library}"
    ]
    assert not wrong, "\n".join(wrong)


def test_results_reach_keras_only_when_a_model_is_asked_for() -> None:
    wrong = [
        f"{item.file}:{item.line}"
        for item in IMPORTS
        if item.target.startswith("dure.keras_bridge") and not item.scope
        if _room(item.file) in ("result", "results")
    ]
    assert not wrong, wrong


def test_nothing_imports_tensorflow_or_torch() -> None:
    wrong = [
        f"{item.file}:{item.line}: {item.target}"
        for item in IMPORTS
        if item.target.split(".")[0] in ("tensorflow", "torch")
    ]
    assert not wrong, wrong


def test_keras_comes_from_the_one_backend() -> None:
    wrong = [
        f"{item.file}:{item.line}: {item.target}"
        for item in IMPORTS
        if item.target.split(".")[0] == "keras" and item.file != "core/backend.py"
        if not item.scope.endswith("TYPE_CHECKING")
    ]
    assert not wrong, f"take keras from dure.core.backend: {wrong}"


def test_tests_mirror_the_source() -> None:
    """Each folder of tests is a room of the source; each file's name begins with a module's."""
    tests = Path(__file__).parent
    wrong = []
    for path in sorted(tests.rglob("test_*.py")):
        folder = path.parent.relative_to(tests)
        if folder == Path("."):
            continue
        room = SOURCE / folder
        names = [p.stem for p in room.glob("*.py")] + [p.name for p in room.iterdir() if p.is_dir()]
        names += [room.name] if room.is_dir() else []
        stem = path.stem.removeprefix("test_")
        if not any(stem == name or stem.startswith(f"{name}_") for name in names):
            wrong.append(path.relative_to(tests).as_posix())
    assert not wrong, wrong


def test_text_files_name_their_encoding() -> None:
    """Without one, what is written on one system cannot be read on another."""
    root = Path(__file__).parents[1]
    places = (SOURCE, Path(__file__).parent, root / "benchmarks", root / "scripts")
    wrong = [
        f"{path.relative_to(root).as_posix()}:{call.lineno}"
        for place in places
        for path in sorted(place.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and _leaves_encoding_open(call)
    ]
    assert not wrong, wrong


def _leaves_encoding_open(call: ast.Call) -> bool:
    given = {keyword.arg for keyword in call.keywords}
    if "encoding" in given:
        return False
    if isinstance(call.func, ast.Attribute):
        owner = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
        if owner == "subprocess":
            return "text" in given
        before = {"read_text": 0, "write_text": 1}.get(call.func.attr)
        return before is not None and len(call.args) <= before
    if isinstance(call.func, ast.Name) and call.func.id == "open":
        modes = [argument for argument in call.args[1:] if isinstance(argument, ast.Constant)]
        return not any("b" in str(mode.value) for mode in modes)
    return False
