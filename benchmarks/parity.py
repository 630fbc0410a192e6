"""How far `dure.fit` is from Keras' own `fit`, network by network; writes docs/parity.md.

    python benchmarks/parity.py [--only LSTM GRU] [--write] [--json FILE]

The networks are those of tests/oracles/networks/arithmetic.py; both sides start from the same seed
and take the rows in the same order. A deviation is the worst, over all arrays, of the norm of the
difference against the norm of Keras' array.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

HEAD = """# Parity with Keras

`dure.fit` against Keras' own `fit` on the JAX backend: same seed, same order of batches
(`shuffle=False`, batches of 16 over 37 rows, so the last is smaller), validation every epoch.
Weights and optimizer state after one step and after three epochs, and every curve. 0 means
equal to the bit; a fast twin of a layer sums in another order and differs in the last bits.

The tests ask for 2e-6 after one step and 1e-4 after three epochs. Made by
`python benchmarks/parity.py --write` with {versions}.

| network | after one step | after three epochs | curves |
|---|---:|---:|---:|
"""


OTHERS = "## Other versions"
"""Heads what `benchmarks/versions.py` writes into the same page."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", help="networks whose name contains one of these")
    parser.add_argument("--write", action="store_true", help="write docs/parity.md")
    parser.add_argument(
        "--json", type=Path, help="write deviations, or what was raised, by network"
    )
    options = parser.parse_args()

    import jax
    import keras

    import dure
    from oracles.networks.arithmetic import ARITHMETIC
    from oracles.parity import Deviation, compare

    rows, raised = {}, {}
    for name, case in ARITHMETIC.items():
        if options.only and not any(part in name for part in options.only):
            continue
        try:
            rows[name] = compare(case, dure.fit)
            print(_line(name, rows[name]), flush=True)
        except Exception as error:  # one network that breaks hides none of the others
            raised[name] = f"{type(error).__name__}: {error}"
            print(f"{name:32s} {raised[name]}", flush=True)
    worst = Deviation(*map(max, *rows.values(), (0.0, 0.0, 0.0)))
    print(_line("worst", worst))
    if options.json:
        document = {"keras": keras.__version__, "jax": jax.__version__}
        document |= {"networks": {**rows, **raised}}
        options.json.write_text(json.dumps(document), "utf-8")
    if raised:
        sys.exit(f"{len(raised)} of {len(rows) + len(raised)} networks raised an error.")
    if options.write:
        _write([*rows.items(), ("**worst**", worst)])


def _write(rows: list[tuple[str, tuple[float, ...]]]) -> None:
    import jax
    import keras

    target = ROOT / "docs" / "parity.md"
    versions = (
        f"Keras {keras.__version__}, JAX {jax.__version__}, Python {platform.python_version()}"
    )
    lines = [f"| {name} | " + " | ".join(map(short, found)) + " |" for name, found in rows]
    _, heading, others = target.read_text("utf-8").partition(OTHERS)
    page = HEAD.format(versions=versions) + "\n".join(lines) + "\n"
    target.write_text(page + (f"\n{heading}{others}" if heading else ""), "utf-8", newline="\n")


def _line(name: str, found: tuple[float, ...]) -> str:
    return f"{name:32s} " + "  ".join(f"{value:8.1e}" for value in found)


def short(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"


if __name__ == "__main__":
    main()
