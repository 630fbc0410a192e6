"""Messages between two processes, over a pipe each way."""

from __future__ import annotations

import pickle
import threading
from typing import IO, Any

_LENGTH = 8


class Channel:
    """Sends and receives what can be pickled; a message is whole or does not come.

    Any thread may send, one receives.
    """

    def __init__(self, reading: IO[bytes], writing: IO[bytes]) -> None:
        self._reading, self._writing = reading, writing
        self._lock = threading.Lock()

    def send(self, kind: str, content: Any = None) -> None:
        """Send a message.

        Raises
        ------
        OSError, ValueError
            If nobody reads any more.
        """
        data = pickle.dumps((kind, content), pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._writing.write(len(data).to_bytes(_LENGTH, "big"))
            self._writing.write(data)
            self._writing.flush()

    def receive(self) -> tuple[str, Any]:
        """The next message.

        Raises
        ------
        EOFError
            If there will be none.
        """
        length = int.from_bytes(self._read(_LENGTH), "big")
        kind, content = pickle.loads(self._read(length))
        return kind, content

    def _read(self, length: int) -> bytes:
        data = self._reading.read(length)
        if len(data) < length:
            raise EOFError
        return data
