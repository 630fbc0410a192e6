"""Studies of data that come in batches: each lane against Keras' own ``fit`` of its source."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dure
from dure.core.backend import keras

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 5)).astype("float32")
Y = (X.sum(axis=1, keepdims=True) > 0).astype("float32")
TIMES: dict[str, Any] = {"epochs": 3, "validation_freq": 2}


def build(units: int = 4) -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [layers.Dense(units), layers.BatchNormalization(), layers.Dropout(0.2)]
    )
    model.add(layers.Dense(1, "sigmoid"))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


class Rows(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of 8 and more rows, with noise that is another each time they are made."""

    def __init__(self, seed: int, first: int = 0, count: int = 5, **more: Any) -> None:
        super().__init__(**more)
        self.own = np.random.default_rng([seed, first])
        self.first, self.count = first, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Any:
        rows = slice((self.first + index) * 8, (self.first + index) * 8 + 8 + index % 2)
        return X[rows] + self.own.normal(size=X[rows].shape).astype("float32"), Y[rows]


class Shuffled(Rows):
    """Deals its rows anew after every epoch."""

    def on_epoch_end(self) -> None:
        self.first = int(self.own.integers(2))


class Endless(Rows):
    """Says that it has no end."""

    @property
    def num_batches(self) -> None:
        return None


def fixed(count: int = 6) -> Any:
    """Batches that are the same each time they are asked for."""

    class Fixed(Rows):
        def __getitem__(self, index: int) -> Any:
            return X[index * 8 : index * 8 + 8], Y[index * 8 : index * 8 + 8]

    return Fixed(0, count=count)


def of_dataset(seed: int, fold: int, part: str) -> Any:
    if part == "test":
        return X[:12], Y[:12]
    return Rows(seed, first=fold) if part == "train" else Rows(seed, first=0, count=2)


def of_hooks(seed: int, part: str) -> Any:
    return Shuffled(seed) if part == "train" else None


def of_globals(part: str) -> Any:
    """An endless generator that draws from NumPy's global generator, with weights."""

    def batches() -> Iterator[Any]:
        while True:
            rows = np.random.permutation(len(X))[: np.random.randint(8, 11)]
            yield X[rows], Y[rows], np.ones(len(rows), "float32")

    return None if part == "test" else batches()


def keras_lane(study: dure.Study, seed: int, fold: int = 1) -> tuple[Any, Any]:
    """A lane by Keras alone, and its test."""
    keras.utils.set_random_seed(seed)
    model = study.build()
    make = study.data.open
    given = {
        name: getattr(study, name)
        for name in ("epochs", "steps_per_epoch", "validation_steps", "validation_freq")
    }
    sources = [make(seed, fold, part) for part in ("train", "validation", "test")]
    shuffle = isinstance(sources[0], keras.utils.PyDataset)
    history = model.fit(
        sources[0],
        validation_data=sources[1],
        verbose=0,
        shuffle=shuffle,
        class_weight=study.class_weight,
        **given,
    )
    return model, history.history


STUDIES: dict[str, Callable[[], dure.Study]] = {
    "a PyDataset a fold": lambda: dure.Study(build, dure.Batches(of_dataset), folds=2, **TIMES),
    "a PyDataset with hooks": lambda: dure.Study(
        build, dure.Batches(of_hooks), class_weight={0: 1.0, 1: 3.0}, epochs=3
    ),
    "an endless generator": lambda: dure.Study(
        build,
        dure.Batches(of_globals),
        steps_per_epoch=4,
        validation_steps=2,
        seeds=[0, 3],
        **TIMES,
    ),
}


@pytest.mark.parametrize("kind", STUDIES)
def test_a_lane_is_keras_fit_of_its_source(kind: str, tmp_path: Path) -> None:
    study = STUDIES[kind]()
    assert study.plan().programs[0].route == "stepped"
    result = study.run(tmp_path / "run", progress=False)
    for key, status in zip(study.lanes, result.statuses, strict=True):
        assert status.kind == "finished", status
        model, history = keras_lane(study, key.seed, key.fold)
        lane = result.lane(key.variant, key.seed, key.fold)
        for name, values in history.items():
            curve = lane.curves[name].values
            np.testing.assert_allclose(curve[~np.isnan(curve)], values, rtol=2e-5, atol=1e-6)
        for one, other in zip(lane.model("final").get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_batches_of_one_source_are_divided(tmp_path: Path) -> None:
    study = dure.Study(build, dure.Batches(fixed()), folds=3, shuffle=False, health=False)
    assert [len(split.train) for split in study.splits] == [4, 4, 4]
    assert sorted(np.concatenate([s.validation for s in study.splits])) == list(range(6))
    result = study.run(tmp_path / "run", progress=False)
    keras.utils.set_random_seed(0)
    model, split, source = build(), study.splits[1], fixed()
    history = model.fit(
        (source[int(index)] for index in split.train),
        validation_data=(source[int(index)] for index in split.validation),
        steps_per_epoch=len(split.train),
        validation_steps=len(split.validation),
        verbose=0,
        shuffle=False,
    )
    lane = result.lane(study.variant_list[0].name, 0, 2)
    for name, values in history.history.items():
        np.testing.assert_allclose(lane.curves[name].values, values, rtol=2e-5)


def test_lanes_are_repeatable_and_do_not_hear_of_each_other(tmp_path: Path) -> None:
    def study(seeds: Any) -> dure.Study:
        units = {"units": [3, 4]} if len(seeds) > 1 else {"units": [4]}
        data = dure.Batches(of_globals)
        return dure.Study(
            build, data, units, seeds=seeds, steps_per_epoch=3, validation_steps=1, epochs=2
        )

    many = study([0, 1]).run(tmp_path / "many", progress=False)
    one = study([1]).run(tmp_path / "one", progress=False)
    for name, values in one.curves.items():
        same = many.curves[name].sel(variant="units=4", seed=1).values
        np.testing.assert_array_equal(same, values.values.reshape(same.shape))
    again = study([0, 1]).run(tmp_path / "many", progress=False, resume=True)
    assert again.folder == many.folder


def test_a_batch_that_is_not_made_fails_its_lane_with_its_number(tmp_path: Path) -> None:
    def make(seed: int) -> Iterator[Any]:
        for index in range(5):
            if index == 3 and seed == 1:
                raise OSError("no such picture")
            yield X[:8], Y[:8]

    study = dure.Study(build, dure.Batches(make), seeds=2, steps_per_epoch=4, health=False)
    result = study.run(tmp_path / "run", progress=False)
    assert [status.kind for status in result.statuses] == ["finished", "failed"]
    told = "batch 4 of part 'train' was not made: OSError: no such picture"
    assert told in str(result.statuses[1])


def refused(data: Callable[[], Any], **given: Any) -> str:
    with pytest.raises(dure.StudyError) as error:
        dure.Study(build, data(), **given)
    return str(error.value)


def make_loose(seed: int) -> Any:
    return (batch for batch in [(X[:8], Y[:8])])


REFUSED: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "a generator itself": (lambda: dure.Batches(make_loose(0)), {}, "pass the function"),
    "another argument": (lambda: dure.Batches(lambda rows: None), {}, "asks for rows"),
    "arrays": (lambda: dure.Batches((X, Y)), {}, "dure.Data"),
    "nothing": (lambda: dure.Batches(lambda: iter(())), {}, "is empty"),
    "no source": (lambda: dure.Batches(lambda: None), {}, "gave None"),
    "an error": (lambda: dure.Batches(lambda: 1 / 0), {}, "ZeroDivisionError"),
    "four parts": (lambda: dure.Batches(lambda: iter([(X, Y, Y, Y)])), {}, "tuple of 4"),
    "other rows": (lambda: dure.Batches(lambda: iter([(X, Y[:3])])), {}, "(60, 5), (3, 1)"),
    "no end": (
        lambda: dure.Batches(lambda: Endless(0)),
        {},
        "no end; pass steps_per_epoch",
    ),
    "folds of a generator": (lambda: dure.Batches(make_loose), {"folds": 2}, "folds=2 divides"),
    "folds of what changes": (
        lambda: dure.Batches(lambda: Shuffled(0)),
        {"folds": 2},
        "between epochs",
    ),
    "a split too fine": (lambda: dure.Batches(fixed(1)), {"validation_split": 0.5}, "1 batches"),
    "class weights": (lambda: dure.Batches(make_loose), {"class_weight": {0: 1.0}}, "PyDataset"),
    "twice validated": (
        lambda: dure.Batches(of_dataset),
        {"validation_data": (X, Y)},
        "of its own; give one",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_wrong_with_batches_is_said(kind: str) -> None:
    data, given, told = REFUSED[kind]
    assert told in refused(data, **given)


def test_what_lanes_would_share_is_told() -> None:
    shared = np.random.default_rng(0)

    def make() -> Iterator[Any]:
        yield X[:8] + shared.normal(size=(8, 5)), Y[:8]

    with pytest.warns(UserWarning, match="another first batch"):
        dure.Study(build, dure.Batches(make))


def test_cures_say_that_they_need_rows() -> None:
    study = dure.Study(build, dure.Batches(of_dataset))
    with pytest.raises(dure.StudyError, match="in memory"):
        study.cure()
