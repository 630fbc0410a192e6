"""Every network of the tables by its name."""

from __future__ import annotations

from oracles.networks.arithmetic import ARITHMETIC
from oracles.networks.case import Case
from oracles.networks.composed import COMPOSED
from oracles.networks.judged import JUDGED
from oracles.networks.kinds import KINDS
from oracles.networks.pictures import PICTURE_NETWORKS
from oracles.networks.sequences import SEQUENCES
from oracles.networks.tables import TABLES
from oracles.networks.trained import TRAINED

FAMILIES: dict[str, dict[str, Case]] = {
    "Layers with fast twins, optimizers": ARITHMETIC,
    "Tables": TABLES,
    "Pictures, sounds, volumes": PICTURE_NETWORKS,
    "Words and series": SEQUENCES,
    "Put together": COMPOSED,
    "Losses and metrics": JUDGED,
    "Ways to train": TRAINED,
    "Kinds of data": KINDS,
}
"""Networks by family, in the order of docs/coverage.md; no name twice."""

NETWORKS = {name: case for family in FAMILIES.values() for name, case in family.items()}
