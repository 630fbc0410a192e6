"""Downloads: Keras' own code and addresses, answered by a server on this machine."""

import hashlib
import importlib
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dure
from dure.data.builtin import download
from helpers.local_web import FILES, REVIEWS, TEST_X, TEST_Y, Web, X, Y, lead_to

ROOT = Path(__file__).parents[3]

SETS = {
    "mnist": ["mnist.npz"],
    "fashion_mnist": [f"fashion-mnist/{name}" for name in FILES if name.endswith(".gz")],
    "imdb": ["imdb.npz", "imdb_word_index.json"],
    "reuters": ["reuters.npz", "reuters_word_index.json"],
}
LAST = {
    "mnist": "mnist.npz",
    "fashion_mnist": "t10k-images-idx3-ubyte.gz",
    "imdb": "imdb.npz",
    "reuters": "reuters.npz",
}
"""The file of each set that is asked for last."""

EXCERPTS = {
    "mnist": "mnist-15k.npz",
    "fashion_mnist": "fashion-900.npz",
    "imdb": "imdb-6k.npz",
    "reuters": "reuters-46.jsonl.gz",
}


@pytest.fixture(autouse=True)
def full_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DURE_DATA", raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keras' folder of data sets, empty; as if KERAS_HOME had named its parent."""
    from keras.src.backend import config

    monkeypatch.setattr(config, "_KERAS_DIR", str(tmp_path))
    return tmp_path / "datasets"


@pytest.fixture
def web(cache: Path) -> Iterator[Web]:
    web = Web()
    with web.server:
        thread = threading.Thread(target=web.server.serve_forever, args=(0.01,))
        thread.start()
        lead_to(web.port)
        yield web
        web.release.set()
        web.server.shutdown()
        thread.join()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Keras expect the checksums of FILES where it has those of the real files built in."""
    for name in SETS:
        module = importlib.import_module(f"keras.src.datasets.{name}")
        monkeypatch.setattr(module, "get_file", _expecting_files(module.get_file))


def _expecting_files(real: Callable[..., Any]) -> Callable[..., Any]:
    def get_file(fname: str, origin: str, file_hash: str | None = None, **kw: Any) -> Any:
        if file_hash is not None:
            file_hash = hashlib.sha256(FILES[origin.rpartition("/")[2]]).hexdigest()
        return real(fname, origin=origin, file_hash=file_hash, **kw)

    return get_file


def load(name: str) -> Any:
    return getattr(dure.data, name)()


def whole_files(cache: Path) -> set[str]:
    """What is in the cache; every file must be there to its last byte."""
    found = [path for path in cache.rglob("*") if path.is_file()]
    for path in found:
        assert path.read_bytes() == FILES[path.name], path
    return {path.relative_to(cache).as_posix() for path in found}


# It works


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_downloaded_once_into_the_cache_of_keras(
    name: str, web: Web, trusted: None, cache: Path
) -> None:
    data = load(name)
    assert whole_files(cache) == set(SETS[name])
    assert sorted(web.asked) == sorted(file.rpartition("/")[2] for file in SETS[name])
    assert (data.excerpt, "excerpt" in data.source) == (False, False)
    assert load(name).fingerprint == data.fingerprint
    assert len(web.asked) == len(SETS[name])


def test_pictures_arrive_as_they_were_sent(web: Web, trusted: None) -> None:
    for data in (dure.data.mnist(), dure.data.fashion_mnist()):
        assert (data.kind, data.x.dtype, data.y.dtype) == ("image", np.float32, np.int64)
        np.testing.assert_allclose(data.x[..., 0], X / 255.0, atol=1e-7)
        np.testing.assert_allclose(data.test.x[..., 0], TEST_X / 255.0, atol=1e-7)
        np.testing.assert_array_equal(data.y, Y)
        np.testing.assert_array_equal(data.test.y, TEST_Y)
    assert data.class_names[0] == "T-shirt/top"
    assert data.class_names[9] == "Ankle boot"


def test_reviews_are_those_of_keras_padded_by_keras(web: Web, trusted: None) -> None:
    import keras

    (x, y), (test_x, test_y) = keras.datasets.imdb.load_data(num_words=8)
    for maxlen, width in ((None, 7), (3, 3), (9, 9)):
        data = dure.data.imdb(num_words=8, maxlen=maxlen)
        np.testing.assert_array_equal(data.x, keras.utils.pad_sequences(x, width))
        np.testing.assert_array_equal(data.test.x, keras.utils.pad_sequences(test_x, width))
        assert data.x.dtype == data.test.x.dtype == np.int32
    np.testing.assert_array_equal(data.y, y)
    np.testing.assert_array_equal(data.test.y, test_y)
    assert (data.kind, data.task, data.y.dtype) == ("text", "classification", np.int64)
    assert data.class_names == ("negative", "positive")


def test_lengths_of_reviews_can_be_counted(web: Web, trusted: None) -> None:
    data = dure.data.imdb()
    assert sorted((data.x != 0).sum(axis=1)) == sorted(len(review) + 1 for review in REVIEWS)


def test_a_review_is_read_in_words(web: Web, trusted: None) -> None:
    data = dure.data.imdb(num_words=8)
    assert data.word_index == {
        **{"<pad>": 0, "<start>": 1, "<unknown>": 2},
        **{"the": 4, "and": 5, "film": 6, "good": 7},
    }
    # of, the, and: of is 8 in the coding, so it is not kept.
    assert "<start> <unknown> the and" in {data.decode(row) for row in data.x}


def test_newswires_are_those_of_keras(web: Web, trusted: None) -> None:
    import keras

    (x, y), (test_x, test_y) = keras.datasets.reuters.load_data(num_words=9)
    data = dure.data.reuters(num_words=9)
    np.testing.assert_array_equal(data.x, keras.utils.pad_sequences(x, 6))
    np.testing.assert_array_equal(data.test.x, keras.utils.pad_sequences(test_x, 6))
    np.testing.assert_array_equal(data.y, y)
    np.testing.assert_array_equal(data.test.y, test_y)
    assert data.class_names == keras.datasets.reuters.get_label_names()
    assert data.word_index["of"] == 8
    assert "to" not in data.word_index


def test_the_bar_leaves_the_output_of_a_program_alone(
    web: Web, trusted: None, capsys: pytest.CaptureFixture[str]
) -> None:
    dure.data.mnist()
    out, err = capsys.readouterr()
    assert out == ""
    assert "Downloading data from https://" in err
    size = len(FILES["mnist.npz"])
    assert f"{size}/{size}" in err


def test_keras_home_is_where_the_files_go(web: Web, tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        f"from helpers.local_web import lead_to; lead_to({web.port})\n"
        "import dure; print(dure.data.fashion_mnist().rows)\n"
        "from dure.data.builtin.download import keras_cache; print(keras_cache())"
    )
    path = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"KERAS_HOME": str(home), "PYTHONPATH": path}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert ran.stdout.split() == ["40", str(home / "datasets")], ran.stderr
    assert whole_files(home / "datasets") == set(SETS["fashion_mnist"])


def test_the_cache_is_elsewhere_where_keras_home_cannot_be_written(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras
    from keras.src.backend import config

    monkeypatch.setattr(config, "_KERAS_DIR", str(cache / "missing"))
    made: list[Path] = []

    def note(folder: str, **_: Any) -> None:
        made.append(Path(folder))
        raise PermissionError

    with monkeypatch.context() as during, pytest.raises(PermissionError):
        during.setattr(os, "makedirs", note)
        keras.datasets.mnist.load_data()
    assert made == [download.keras_cache()]


# It does not, and then it does


def the_error_of(name: str) -> str:
    with pytest.raises(dure.DureError) as caught:
        load(name)
    message = str(caught.value)
    assert EXCERPTS[name] in message
    assert "DURE_DATA" in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("half", "retrieval incomplete: got only"),
        ("cut", "corrupted|Compressed file ended before the end"),
        ("portal", "corrupted|[Nn]ot a gzipped file"),
        (404, "404 -- Not Found"),
        (500, "500 -- Internal Server Error"),
    ],
)
def test_a_download_that_fails_leaves_the_next_one_free(
    name: str, how: Any, words: str, web: Web, trusted: None, cache: Path
) -> None:
    web.wrong[LAST[name]] = how
    assert re.search(words, the_error_of(name))
    arrived = whole_files(cache)
    assert not any(file.endswith(LAST[name]) for file in arrived)
    assert len(arrived) == len(SETS[name]) - 1
    web.wrong.clear()
    assert load(name).rows > 0
    assert whole_files(cache) == set(SETS[name])


@pytest.mark.parametrize("name", ["mnist", "imdb", "reuters"])
def test_a_wrong_checksum_is_refused_every_time(
    name: str, web: Web, request: pytest.FixtureRequest
) -> None:
    for _ in range(2):  # what stays in the cache is not taken either
        assert "Incomplete or corrupted file detected" in the_error_of(name)
    request.getfixturevalue("trusted")
    assert load(name).rows > 0


@pytest.mark.parametrize("name", SETS)
def test_a_half_written_file_of_a_killed_process_is_downloaded_again(
    name: str, web: Web, trusted: None, cache: Path
) -> None:
    file = next(file for file in SETS[name] if file.endswith(LAST[name]))
    (cache / file).parent.mkdir(parents=True)
    (cache / file).write_bytes(FILES[LAST[name]][:50])
    assert load(name).rows > 0
    assert whole_files(cache) == set(SETS[name])


def test_a_half_written_word_index_is_downloaded_again(
    web: Web, trusted: None, cache: Path
) -> None:
    cache.mkdir()
    (cache / "imdb_word_index.json").write_bytes(FILES["imdb_word_index.json"][:20])
    assert "film" in dure.data.imdb().word_index


@pytest.mark.parametrize("name", SETS)
def test_no_route_is_one_error_that_names_the_other_way(name: str, cache: Path) -> None:
    broken = cache / "fashion-mnist" / LAST["fashion_mnist"]
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"half")
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        lead_to(taken.getsockname()[1])
        message = the_error_of(name)
    assert "could not be downloaded" in message
    assert "refused" in message
    assert str(cache) in message
    assert socket.getdefaulttimeout() is None
    assert broken.exists() == (name != "fashion_mnist")


def test_a_silent_network_counts_as_none(
    web: Web, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_PATIENCE_S", 0.05)
    web.wrong["mnist.npz"] = "silent"
    assert "timed out" in the_error_of("mnist")
    assert socket.getdefaulttimeout() is None


def test_ctrl_c_leaves_nothing_half_written(
    web: Web, trusted: None, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keras.src.utils import file_utils

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(file_utils.Progbar, "update", interrupt)
        with pytest.raises(KeyboardInterrupt):
            dure.data.mnist()
    assert whole_files(cache) == set()
    assert dure.data.mnist().rows == 40


def test_too_little_memory_is_no_matter_of_the_network(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    def full() -> None:
        raise MemoryError

    monkeypatch.setattr(keras.datasets.mnist, "load_data", full)
    with pytest.raises(MemoryError):
        dure.data.mnist()


def test_a_folder_that_cannot_be_written_is_told(web: Web, trusted: None, cache: Path) -> None:
    cache.write_text("a file where the folder should be", encoding="utf-8")
    assert str(cache) in the_error_of("mnist")
