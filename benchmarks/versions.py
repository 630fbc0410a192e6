"""The parity table (benchmarks/parity.py) over pairs of Keras and JAX; writes into docs/parity.md.

    python benchmarks/versions.py [--keras 3.15.1 3.16.0.dev2026102704] [--jax 0.10.0 0.10.2]
                                  [--only LSTM GRU] [--keep FOLDER] [--write]

Each pair gets an environment of its own, made with the Python that runs this: Keras, JAX and what
they ask for are installed there, everything else is taken from the environment of that Python.
Without `--keras` and `--jax`: every release that pyproject.toml admits, and Keras' newest nightly.
A network has passed whose deviations are those that the tests allow.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from itertools import product
from pathlib import Path
from typing import NamedTuple

from parity import OTHERS, ROOT, short

from oracles.parity import ALLOWED

TABLE = (
    "| Python | Keras | JAX | networks passed | after one step | after three epochs | curves |",
    "|---|---|---|---:|---:|---:|---:|",
)
ABOUT = """The networks of the table above, or some of them, over pairs of Keras and JAX, each pair
in an environment of its own: how many pass what the tests ask for, and the worst deviations. Made
by `python benchmarks/versions.py --write`; with `--only` for a part of the networks.
"""


class Outcome(NamedTuple):
    """What came of one pair."""

    keras: str
    jax: str
    passed: int = 0
    failed: dict[str, str] = {}  # noqa: RUF012  (a NamedTuple's default; nobody writes to it)
    worst: tuple[float, ...] = (0.0, 0.0, 0.0)
    trouble: str = ""
    """Why there is no table: it does not install, or does not start."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--keras", nargs="+", help="versions; those with .dev are keras-nightly")
    parser.add_argument("--jax", nargs="+", help="versions of jax and jaxlib")
    parser.add_argument("--only", nargs="+", help="networks whose name contains one of these")
    parser.add_argument(
        "--keep", type=Path, help="a folder for the environments, to use them again"
    )
    parser.add_argument("--write", action="store_true", help="write into docs/parity.md")
    options = parser.parse_args()
    keras = options.keras or [*admitted("keras"), *find_versions("keras-nightly", pre=True)[:1]]
    jax = options.jax or admitted("jax")
    outcomes = []
    with tempfile.TemporaryDirectory() as scratch:
        for pair in product(keras, jax):
            print(f"== Keras {pair[0]}, JAX {pair[1]}", flush=True)
            outcomes.append(try_pair(*pair, options.keep or Path(scratch), options.only))
    rows = rows_of(outcomes)
    print(f"\n{show(rows)}")
    if options.write:
        write(rows)
    sys.exit(any(one.failed or one.trouble for one in outcomes))


def find_versions(package: str, *, pre: bool = False) -> list[str]:
    """The versions that the index has, newest first."""
    command = [sys.executable, "-m", "pip", "index", "versions", package, *(["--pre"] * pre)]
    told = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    found = re.search(r"^Available versions: (.*)$", told.stdout, re.MULTILINE)
    return re.split(r",\s*", found[1]) if found else []


def admitted(package: str) -> list[str]:
    """The releases of the index that pyproject.toml admits, oldest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = next(d for d in project["dependencies"] if re.match(rf"{package}\b", d))
    low, high = (numbers(bound) for bound in re.findall(r"[\d.]+", wanted))
    return [v for v in reversed(find_versions(package)) if low <= numbers(v) < high]


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def try_pair(keras: str, jax: str, below: Path, only: list[str] | None) -> Outcome:
    """Make the pair's environment, if it is not there yet, and measure."""
    home = below / f"keras-{keras}-jax-{jax}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (home / "ready").exists():
        trouble = install(home, python, keras, jax)
        if trouble:
            return Outcome(keras, jax, trouble=f"does not install: {trouble}")
    table = home / "parity.json"
    table.unlink(missing_ok=True)
    command = [python, ROOT / "benchmarks" / "parity.py", "--json", table]
    command += ["--only", *only] if only else []
    told = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, encoding="utf-8")
    if not table.exists():
        return Outcome(keras, jax, trouble=f"does not start: {last_line(told.stderr)}")
    measured = json.loads(table.read_text("utf-8"))
    if (measured["keras"], measured["jax"]) != (keras, jax):
        return Outcome(keras, jax, trouble="another pair was measured: remove the kept folder")
    return judge(keras, jax, measured["networks"])


def install(home: Path, python: Path, keras: str, jax: str) -> str:
    """Make an environment; what pip complained of, if it did."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
    ask = ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = subprocess.run(
        [python, *ask], capture_output=True, text=True, check=True, encoding="utf-8"
    ).stdout.strip()
    # Searched behind its own: what the pair does not bring.
    (Path(own) / "rest.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    name = "keras-nightly" if "dev" in keras else "keras"
    wanted = [f"{name}=={keras}", f"jax=={jax}", f"jaxlib=={jax}"]
    have = {f"{p}=={importlib.metadata.version(p)}" for p in ("keras", "jax", "jaxlib")}
    wanted = [one for one in wanted if one not in have]
    done = (
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *wanted],
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        if wanted
        else None
    )
    if done and done.returncode:
        return last_line(done.stderr)
    (home / "ready").touch()
    return ""


def judge(keras: str, jax: str, table: dict[str, list[float] | str]) -> Outcome:
    """Which networks deviate by more than is allowed, or raised an error."""
    numeric = {name: found for name, found in table.items() if not isinstance(found, str)}
    failed = {name: found for name, found in table.items() if isinstance(found, str)}
    for name, found in numeric.items():
        if not all(value < limit for value, limit in zip(found, ALLOWED, strict=True)):
            failed[name] = ", ".join(map(short, found))
    worst = tuple(map(max, *numeric.values(), (0.0, 0.0, 0.0)))
    return Outcome(keras, jax, len(table) - len(failed), failed, worst)


def last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if not line.startswith("[notice]")]
    return lines[-1] if lines else "no reason given"


def rows_of(outcomes: list[Outcome]) -> dict[str, str]:
    """Rows of the table by Python, Keras and JAX, and what failed below it by network, too."""
    rows = {}
    for one in outcomes:
        start = f"| {platform.python_version()} | {one.keras} | {one.jax} |"
        if one.trouble:
            rows[start] = f" {one.trouble} | | | |"
            continue
        count = f"{one.passed} of {one.passed + len(one.failed)}"
        rows[start] = f" {count} | {' | '.join(map(short, one.worst))} |"
        note = f"- Python {platform.python_version()}, Keras {one.keras}, JAX {one.jax},"
        rows |= {f"{note} {name}:": f" {why}" for name, why in one.failed.items()}
    return rows


def show(rows: dict[str, str]) -> str:
    """The table, and below it what failed."""
    table = [start + rest for start, rest in sorted(rows.items()) if start.startswith("|")]
    notes = [start + rest for start, rest in sorted(rows.items()) if start.startswith("-")]
    return "\n".join([*TABLE, *table, *([""] if notes else []), *notes])


def write(rows: dict[str, str]) -> None:
    """Put the rows into the table at the end of docs/parity.md, among those of other pairs."""
    page = ROOT / "docs" / "parity.md"
    before, _, section = page.read_text("utf-8").partition(OTHERS)
    pairs = {tuple(re.findall(r"\d[\w.]+", start)[:3]) for start in rows}
    kept = {}
    for line in section.splitlines():
        start = re.match(r"\|( \d[\w.]* \|){3}|- Python .*?: ", line)
        if start and tuple(re.findall(r"\d[\w.]+", start[0])[:3]) not in pairs:
            kept[start[0].rstrip()] = line.removeprefix(start[0].rstrip())
    text = f"{before.rstrip()}\n\n{OTHERS}\n\n{ABOUT}\n{show({**kept, **rows})}\n"
    page.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
