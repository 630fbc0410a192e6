"""A server on this machine for the files of `keras.datasets`, small ones in the real formats."""

import gzip
import http.client
import http.server
import io
import json
import struct
import threading
import urllib.request
from typing import Any

import numpy as np

AT = "/tensorflow/tf-keras-datasets/"


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def idx(array: np.ndarray) -> bytes:
    """The format of the files of MNIST and Fashion-MNIST."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(head + array.tobytes())


def ragged(*texts: list[int]) -> np.ndarray:
    array = np.empty(len(texts), object)
    array[:] = texts
    return array


def pictures(rows: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(rows)
    x = random.integers(0, 256, (rows, 28, 28), np.uint8)
    return x, (np.arange(rows) % 10).astype(np.uint8)


(X, Y), (TEST_X, TEST_Y) = pictures(40), pictures(20)
REVIEWS = ragged([5, 1, 2], [1], [2, 2, 2, 2, 2, 2], [7, 3])
WIRES = ragged(*[[1 + n % 7] * (1 + n % 5) for n in range(100)])
TOPICS = np.arange(100) % 46
WORDS = {word: rank for rank, word in enumerate(["the", "and", "film", "good", "of", "to", "b"], 1)}

FILES = {
    "mnist.npz": npz(x_train=X, y_train=Y, x_test=TEST_X, y_test=TEST_Y),
    "train-labels-idx1-ubyte.gz": idx(Y),
    "train-images-idx3-ubyte.gz": idx(X),
    "t10k-labels-idx1-ubyte.gz": idx(TEST_Y),
    "t10k-images-idx3-ubyte.gz": idx(TEST_X),
    "imdb.npz": npz(x_train=REVIEWS, y_train=[0, 1, 0, 1], x_test=REVIEWS[:2], y_test=[1, 0]),
    "imdb_word_index.json": json.dumps(WORDS).encode(),
    "reuters.npz": npz(x=WIRES, y=TOPICS),
    "reuters_word_index.json": json.dumps(WORDS).encode(),
}


class Web:
    """A server for FILES; `wrong` names files it answers wrongly, and how.

    ``half``: says how long the file is and hangs up half-way. ``cut``: does not say, and hangs up.
    ``portal``: a page in its place. ``silent``: no answer before `release`. A number: that status.
    """

    def __init__(self) -> None:
        self.wrong: dict[str, Any] = {}
        self.asked: list[str] = []
        self.release = threading.Event()
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.removeprefix(AT)
                web.asked.append(name)
                web.answer(self, FILES[name], web.wrong.get(name))

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port

    def answer(self, to: http.server.BaseHTTPRequestHandler, file: bytes, how: Any) -> None:
        if how == "silent":
            self.release.wait(20)
            return
        if isinstance(how, int):
            to.send_error(how)
            return
        body = b"<html>Please log in</html>" if how == "portal" else file
        to.send_response(200)
        if how != "cut":
            to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body[: len(body) // 2] if how in ("half", "cut") else body)


def lead_to(port: int) -> None:
    """Answer every https address from this port; all but the encryption is the real code."""

    class Here(urllib.request.HTTPSHandler):
        def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
            def connect(host: str, timeout: Any, **_: Any) -> http.client.HTTPConnection:
                return http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

            return self.do_open(connect, request)

    urllib.request.install_opener(
        urllib.request.build_opener(Here, urllib.request.ProxyHandler({}))
    )
