"""JAX has the data in memory once, however many workers read them."""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[2]

SCRIPT = """
import sys
import keras, numpy as np
import dure, dure.engine.planning.plan

sys.path.append(sys.argv[2])
from helpers.memory_peak import peak_mb

dure.engine.planning.plan.usable_cores = lambda: 4
megabytes = 200
x = np.ones((megabytes * 250, 1000), "float32")

def build():
    model = keras.Sequential([keras.layers.Input((1000,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model

# What compiling and running cost with next to no data is not the data's.
dure.Study(build, dure.Data(x[:64], x[:64, :1]), seeds=4).run(sys.argv[1] + "/a", progress=False)
before = peak_mb()
study = dure.Study(build, dure.Data(x, x[:, :1]), seeds=4, batch_size=1000)
assert study.plan().workers == 4
study.run(sys.argv[1] + "/b", progress=False)
print((peak_mb() - before) / megabytes)
"""


def test_memory_does_not_grow_with_workers(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), str(TESTS)],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    # JAX copies NumPy's array once where it is not aligned for it; one a worker would make 4.
    assert float(done.stdout) < 1.5
