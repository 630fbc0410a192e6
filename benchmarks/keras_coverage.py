"""Everything of Keras that a training can use, and whether Dure trains it; docs/coverage.md.

    python benchmarks/keras_coverage.py [--only "U-Net" CTC] [--keep FILE] [--write]

Every network of tests/oracles/networks is trained three times from one seed: by Keras' own `fit`,
by `dure.fit`, and as the one lane of a study. A name of Keras that no network uses, a network
that Dure refuses, and a deviation above the parity table's limit make the script fail.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Each network is compiled six times and runs for milliseconds.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

PAGE = ROOT / "docs" / "coverage.md"
WHOLE, WITH_REST = 32, 37
"""Rows in batches of 16; where it is the training that is tried, the last batch is smaller."""

HEAD = """# What of Keras Dure trains

Every public callback, layer, loss, metric, optimizer, schedule, regularizer, constraint,
initializer and activation of Keras, every argument of `compile` and `fit`, and the kinds of data,
in {networks} networks. Each is trained three times from one seed, for three epochs: by Keras' own
`fit`, by `dure.fit`, and as the one lane of a `Study`. A deviation is the worst, over weights, the
optimizer's state and curves, of the norm of the difference against the norm of Keras' array; 0 is
equal to the bit, and {limit} is what the [parity table](parity.md) allows. Batches are of 16 rows.

A route is how Dure trained: *compiled* (whole epochs without returning to Python), *stepped* (one
compiled step a batch, called from the host) or *fitted* (Keras' own `fit`).

Made by `python benchmarks/keras_coverage.py --write`, which asks Keras for its names and fails
where one is not tried, with {versions}.

{summary}
"""

KINDS = {
    "fit": "Arguments of `fit`",
    "compile": "Arguments of `compile`",
    "callbacks": "Callbacks",
    "layers": "Layers",
    "losses": "Losses",
    "metrics": "Metrics",
    "optimizers": "Optimizers",
    "schedules": "Schedules of the learning rate",
    "regularizers": "Regularizers",
    "constraints": "Constraints",
    "initializers": "Initializers",
    "activations": "Activations",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", help="networks whose name contains one of these")
    parser.add_argument("--keep", type=Path, help="a file of what was measured; goes on from there")
    parser.add_argument("--write", action="store_true", help="write docs/coverage.md")
    options = parser.parse_args()

    from oracles.networks.all import NETWORKS

    chosen = [n for n in NETWORKS if not options.only or any(part in n for part in options.only)]
    kept = options.keep is not None and options.keep.exists()
    measured = json.loads(options.keep.read_text("utf-8")) if kept else {}
    rest = [name for name in chosen if name not in measured]
    start = time.monotonic()
    for number, name in enumerate(rest):
        measured[name] = measure(name)
        each = (time.monotonic() - start) / (number + 1)
        left = format_left(each * (len(rest) - number - 1))
        print(f"{number + 1:3d}/{len(rest)} {left:>8s}  {name}: {one_line(measured[name])}")
        sys.stdout.flush()
        if options.keep:
            options.keep.write_text(json.dumps(measured, indent=1), "utf-8")
    measured = {name: measured[name] for name in NETWORKS if name in measured}
    faults = list(find_faults(measured, whole=not options.only))
    print("\n".join(faults))
    if options.write:
        PAGE.write_text(make_page(measured), "utf-8", newline="\n")
    if faults:
        sys.exit(f"{len(faults)} faults.")


def measure(name: str) -> dict[str, Any]:
    """One network's routes, deviations, names; or what was raised."""
    from oracles import coverage
    from oracles.networks.all import FAMILIES, NETWORKS

    case = NETWORKS[name]
    with_rest = any(name in FAMILIES[family] for family in ("Ways to train", "Kinds of data"))
    rows = WITH_REST if with_rest else WHOLE
    found: dict[str, Any] = {"names": [], "data": describe_data(case, rows)}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), quiet(name):
        warnings.simplefilter("ignore")
        try:
            theirs = coverage.train_by_keras(case, rows, Path(folder, "keras"))
        except coverage.KerasRaised as error:
            return found | {"keras": shorten(error)}
        found["names"] = sorted(theirs.names)
        try:
            ours = coverage.train_by_fit(case, rows, Path(folder, "fit"))
            found["fit"] = [ours.route, coverage.deviation(ours, theirs)]
        except Exception as error:  # one network that breaks hides none of the others
            found["fit"] = shorten(error)
        try:
            study = coverage.make_study(case, rows, Path(folder, "study"))
            if study is not None:
                ours = coverage.train_by_study(study, Path(folder, "study"))
                found["study"] = [ours.route, coverage.deviation(ours, theirs)]
        except Exception as error:
            found["study"] = shorten(error)
    return found


class quiet:
    """No bars and lines on the terminal where a network's own callbacks print them."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._out = sys.stdout
        sys.stdout = open(os.devnull, "w", encoding="utf-8")

    def __exit__(self, *_: Any) -> None:
        sys.stdout.close()
        sys.stdout = self._out


def describe_data(case: Any, rows: int) -> str:
    """The kind of a case's x, and of its y where that is another."""
    with tempfile.TemporaryDirectory() as folder:
        from oracles.coverage import given

        options = given(case, rows, Path(folder))
        x, y = kind_of(options["x"]), kind_of(options["y"])
        validation = options["validation_data"]
        apart = "" if isinstance(validation, (tuple, list, type(None))) else kind_of(validation)
    told = x if y in (x, "nothing") else f"{x}; y {y}"
    return told + (f"; validation {apart}" if apart else "")


def kind_of(value: Any) -> str:
    """In words: "float32", "dict of float32", "PyDataset", "generator"."""
    import keras
    import numpy as np

    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"dict of {', '.join(sorted({kind_of(v) for v in value.values()}))}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__} of {', '.join(sorted({kind_of(v) for v in value}))}"
    if isinstance(value, keras.utils.PyDataset):
        return "PyDataset"
    if isinstance(value, np.memmap):
        return "np.memmap"
    if isinstance(value, np.ndarray):
        return str(value.dtype)
    return f"{type(value).__module__.split('.')[0]} {type(value).__name__}".replace("builtins ", "")


def find_faults(measured: dict[str, Any], whole: bool) -> Iterator[str]:
    """What is refused or deviates, and where all were measured what was not tried."""
    for name, found in measured.items():
        for way in ("fit", "study"):
            outcome = found.get(way)
            if isinstance(outcome, str):
                yield f"{name}: {way} raised {outcome}"
            elif outcome is not None and not outcome[1] < limit():
                yield f"{name}: {way} deviates by {outcome[1]:.1e}"
    if whole:
        for (kind, name), networks in tried_names(measured).items():
            if not networks and why_not(kind, name) is None:
                yield f"{kind}.{name}: not tried"


def limit() -> float:
    from oracles.parity import ALLOWED

    return ALLOWED.epochs


def tried_names(measured: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    """By public name the networks that use it, also under another of its names."""
    from oracles.keras_names import public_names

    users: dict[tuple[str, str], list[str]] = {name: [] for name in public_names()}
    for network, found in measured.items():
        for name in map(tuple, found["names"]):
            if "keras" not in found and name in users:
                users[name].append(network)
    return users


def why_not(kind: str, name: str) -> str | None:
    """Why a name is not tried on this machine; None where it should be."""
    from oracles.keras_names import KERAS_RAISES, NEEDS, NO_PART

    full = f"{kind}.{name}"
    package = NEEDS.get(full)
    if package and importlib.util.find_spec(package) is None:
        return f"Keras itself asks for {package}, which is not installed here"
    return KERAS_RAISES.get(full) or NO_PART.get(full)


def make_page(measured: dict[str, Any]) -> str:
    """docs/coverage.md."""
    import jax
    import keras

    versions = (
        f"Keras {keras.__version__}, JAX {jax.__version__}, Python {platform.python_version()}"
    )
    text = HEAD.format(
        networks=len(measured), limit=short(limit()), versions=versions, summary=summary(measured)
    )
    return "\n".join([text, *tables_of_names(measured), *tables_of_networks(measured)]) + "\n"


def summary(measured: dict[str, Any]) -> str:
    """How many trained, by which route, and the worst deviation."""
    lines = []
    asked = {name: found for name, found in measured.items() if "keras" not in found}
    for way, told in (("fit", "`dure.fit`"), ("study", "a `Study`")):
        given = [found[way] for found in asked.values() if way in found]
        done = [outcome for outcome in given if not isinstance(outcome, str)]
        routes = Counter(route for route, _ in done)
        by = ", ".join(f"{count} {route}" for route, count in routes.most_common())
        worst = max((value for _, value in done), default=0.0)
        lines.append(
            f"- {told}: {len(done)} of {len(given)} networks train ({by}); "
            f"worst deviation {short(worst)}."
        )
    from oracles.networks.all import NETWORKS

    if len(measured) < len(NETWORKS):
        lines.append(
            f"- {len(NETWORKS) - len(measured)} of the {len(NETWORKS)} networks were not trained "
            "for this page; names that only they use are called not tried."
        )
    raised = len(measured) - len(asked)
    if raised:
        lines.append(f"- {raised} more raise an error in Keras' own `fit`: told below.")
    return "\n".join(lines)


def tables_of_names(measured: dict[str, Any]) -> Iterator[str]:
    """A table a kind: name, its other names, routes, the worst deviation, networks."""
    from oracles.keras_names import aliases, public_names

    users, others = tried_names(measured), aliases(public_names())
    by_kind: dict[str, list[str]] = defaultdict(list)
    for kind, name in sorted(others):
        also = "".join(f", `{other}`" for other in sorted(others[kind, name]))
        by_kind[kind].append(f"| `{name}`{also} | {row_of_name(kind, name, users, measured)} |")
    for kind, heading in KINDS.items():
        yield f"## {heading}\n\n| name | routes | deviation | networks |\n|---|---|---:|---|"
        yield "\n".join(by_kind[kind]) + "\n"


def row_of_name(kind: str, name: str, users: dict[Any, list[str]], measured: Any) -> str:
    networks = users[kind, name]
    if not networks:
        return f"{why_not(kind, name) or 'not tried'} | | "
    outcomes = [
        measured[one][way] for one in networks for way in ("fit", "study") if way in measured[one]
    ]
    done = [outcome for outcome in outcomes if not isinstance(outcome, str)]
    routes = ", ".join(sorted({route for route, _ in done}))
    refused = f" ({len(outcomes) - len(done)} refused)" if len(done) < len(outcomes) else ""
    told = ", ".join(networks[:2]) + (f" and {len(networks) - 2} more" if len(networks) > 2 else "")
    return f"{routes}{refused} | {short(max((v for _, v in done), default=0.0))} | {told}"


def tables_of_networks(measured: dict[str, Any]) -> Iterator[str]:
    """A table a family: the network, its data, and how each way trained it."""
    from oracles.networks.all import FAMILIES

    for family, cases in FAMILIES.items():
        yield f"## Networks: {family}\n"
        yield "| network | data | `dure.fit` | `Study` |\n|---|---|---|---|"
        for name in cases:
            if name in measured:
                found = measured[name]
                told = [cell(found.get(way)) for way in ("fit", "study")]
                if "keras" in found:
                    told = [f"Keras raises {found['keras']}", ""]
                yield f"| {name} | {found['data']} | {' | '.join(told)} |".replace("  ", " ")
        yield ""


def cell(outcome: Any) -> str:
    if outcome is None:
        return "no such argument"
    if isinstance(outcome, str):
        return f"refused: {outcome}"
    return f"{outcome[0]}, {short(outcome[1])}"


def one_line(found: dict[str, Any]) -> str:
    if "keras" in found:
        return f"Keras raises {found['keras']}"
    return "  ".join(f"{way}: {cell(found.get(way))}" for way in ("fit", "study"))


def shorten(error: Exception, most: int = 300) -> str:
    """An error on one line of a table."""
    told = " ".join(f"{type(error).__name__}: {error}".split()).replace("|", "/")
    told = told.removeprefix("KerasRaised: ")
    return told if len(told) <= most else told[: most - 3] + "..."


def short(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"


def format_left(seconds: float) -> str:
    return f"{int(seconds // 60)} min left" if seconds >= 60 else f"{seconds:.0f} s left"


if __name__ == "__main__":
    main()
