"""A folder with a model in it, where a run folder is meant."""

import pytest

import dure
from dure.cli.app import find_run_folder
from dure.errors import RunFolderError
from dure.storage.model_folders import describe_models


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["saved_model.pb", "variables.index"], "SavedModel, which nothing but TensorFlow reads"),
        (["config.json", "metadata.json", "model.weights.h5"], "unpacked: pack"),
        (["best.keras", "notes.txt"], r"It holds a model \(best.keras\).*`dure look .*best.keras`"),
        (["a.h5", "b.h5", "c.hdf5", "d.keras"], r"holds models \(a.h5, b.h5, c.hdf5, ...\)"),
    ],
)
def test_a_model_is_told(files, words, tmp_path) -> None:
    for name in files:
        (tmp_path / name).touch()
    for load in (dure.load, find_run_folder):
        with pytest.raises(RunFolderError, match=f"no.* run folder.*{words}"):
            load(str(tmp_path))


def test_a_model_file_is_told(tmp_path) -> None:
    (tmp_path / "m.h5").touch()
    with pytest.raises(RunFolderError, match="no run folder. It is a file.*dure look"):
        find_run_folder(str(tmp_path / "m.h5"))


def test_other_folders_are_told_as_ever(tmp_path) -> None:
    (tmp_path / "m.weights.h5").touch()
    (tmp_path / "notes.txt").touch()
    assert describe_models(tmp_path) == ""
    assert describe_models(tmp_path / "none") == ""
    with pytest.raises(RunFolderError, match="`dure list` shows"):
        dure.load(tmp_path)
