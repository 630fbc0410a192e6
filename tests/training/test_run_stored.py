"""Studies of arrays that stay on disk: equal to the same arrays in memory, in bounded memory."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dure
from dure.core.backend import keras
from dure.core.conversion import stored
from helpers.fresh_process import run_fresh

TESTS = Path(__file__).parents[1]
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(70, 6))  # float64: converted as batches are read
Y = (X.sum(axis=1) > 0).astype(np.int64)


def build() -> keras.Model:
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dropout(0.2)])
    model.add(keras.layers.Dense(1, "sigmoid"))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """No array on disk is read at once."""
    monkeypatch.setattr(stored, "MEMORY_SHARE", 0.0)


class Chunks:
    """What has shape, dtype and rows by rising numbers only, as HDF5 has."""

    def __init__(self, array: Any) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def __getitem__(self, rows: Any) -> Any:
        if not isinstance(rows, slice):
            assert (np.diff(rows) > 0).all(), "HDF5 wants rising numbers"
        return self.array[rows]


def on_disk(kind: str, folder: Path, array: Any, name: str) -> Any:
    if kind == "protocol":
        return Chunks(array)
    if kind == "h5py":
        h5py = pytest.importorskip("h5py")
        return h5py.File(folder / f"{name}.h5", "w").create_dataset("a", data=array)
    np.save(folder / f"{name}.npy", array)
    return np.load(folder / f"{name}.npy", mmap_mode="r")


@pytest.mark.parametrize("kind", ["memmap", "h5py", "protocol"])
@pytest.mark.usefixtures("little_memory")
def test_rows_on_disk_train_as_rows_in_memory(kind: str, tmp_path: Path) -> None:
    """Against the same arrays in memory, trained batch by batch for another reason."""
    x, y = on_disk(kind, tmp_path, X, "x"), on_disk(kind, tmp_path, Y, "y")
    held = (on_disk(kind, tmp_path, X[:20], "held"), Y[:20])
    terms: dict[str, Any] = {"epochs": 2, "batch_size": 16, "validation_data": held}
    study = dure.Study(build, dure.Data(x, y, test=held), **terms)
    assert {"x", "y", "test[0]"} <= set(study.stored)
    program = study.plan().programs[0]
    assert program.route == "stepped" and "stays on disk" in program.why
    assert study.plan().data_bytes < x.shape[0] * 6 * 4
    result = study.run(tmp_path / "run", progress=False)
    assert result.statuses[0].kind == "finished", result.statuses[0]

    keras.utils.set_random_seed(0)
    model = build()
    history = model.fit(
        X.astype("float32"),
        Y,
        epochs=2,
        batch_size=16,
        validation_data=(X[:20].astype("float32"), Y[:20]),
        verbose=0,
    ).history
    lane = result.lane(study.variant_list[0].name, 0)
    for name, values in history.items():
        np.testing.assert_allclose(lane.curves[name].values, values, rtol=2e-5)
    for one, other in zip(lane.model("final").get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_what_fits_is_read_and_compiled(tmp_path: Path) -> None:
    x = on_disk("h5py", tmp_path, X, "x")
    study = dure.Study(build, dure.Data(x, Y))
    assert not study.stored and study.plan().programs[0].route == "compiled"
    assert study.arrays().x.dtype == np.float32


@pytest.mark.usefixtures("little_memory")
def test_folds_and_nesting_on_disk(tmp_path: Path) -> None:
    def two() -> keras.Model:
        inputs = {name: keras.Input((3,), name=name) for name in ("left", "right")}
        joined = keras.layers.Concatenate()(list(inputs.values()))
        model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(joined))
        model.compile("adam", "binary_crossentropy")
        return model

    left, right = X[:, :3].astype("float32"), X[:, 3:].astype("float32")
    terms: dict[str, Any] = {"folds": 2, "epochs": 2, "batch_size": 16, "class_weight": {1: 3.0}}
    plain = dure.Study(two, dure.Data({"left": left, "right": right}, Y), **terms)
    disk = dure.Data({"left": on_disk("memmap", tmp_path, left, "left"), "right": right}, Y)
    some = dure.Study(two, disk, **terms)
    assert list(some.stored) == ["x['left']"]
    one = plain.run(tmp_path / "one", progress=False)
    two_ = some.run(tmp_path / "two", progress=False)
    for name, values in one.curves.items():
        np.testing.assert_allclose(two_.curves[name].values, values.values, rtol=2e-5, atol=1e-6)


@pytest.mark.usefixtures("little_memory")
def test_faults_of_rows_on_disk_are_told(tmp_path: Path) -> None:
    from sklearn.preprocessing import StandardScaler

    x = on_disk("memmap", tmp_path, X, "x")
    with pytest.raises(dure.StudyError, match=r"stays where it is stored.*Normalization"):
        dure.Data(x, Y, prepare=StandardScaler())
    wide = on_disk("memmap", tmp_path, np.full((8, 2), 2**40), "wide")
    with pytest.raises(dure.StudyError, match="int32"):
        dure.Data(wide, Y[:8])
    holes = X.copy()
    holes[5] = np.nan
    with pytest.warns(UserWarning, match="row 5"):
        dure.Data(on_disk("memmap", tmp_path, holes, "holes"), Y)
    with pytest.raises(dure.StudyError, match="class_weight"):
        data = dure.Data(x, on_disk("memmap", tmp_path, Y, "y"))
        dure.Study(build, data, class_weight={0: 1.0})


STREAM = """
import sys
import numpy as np
import dure, keras
from dure.core.conversion import stored
sys.path.insert(0, sys.argv[3])
from helpers.memory_peak import peak_mb

rows = 60_000
with open(sys.argv[1], "wb") as file:
    file.truncate(rows * 2_000 * 4)  # 480 MB of holes
stored.MEMORY_SHARE = 0.0
x = np.memmap(sys.argv[1], np.float32, "r", shape=(rows, 2_000))

def build():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model

data = dure.Data(x, np.zeros((rows, 1), "float32"))
before = peak_mb()
study = dure.Study(build, data, batch_size=1_000, health=False)
result = study.run(sys.argv[2], progress=False)
assert result.statuses[0].kind == "finished", result.statuses
print(round(peak_mb() - before))
"""


def test_a_file_larger_than_what_is_held_streams_through(tmp_path: Path) -> None:
    grown = run_fresh(STREAM, tmp_path / "x.bin", tmp_path / "run", TESTS)
    assert int(grown.split()[-1]) < 330, "480 MB went through 3 batches of 8 MB, and the compiler"
