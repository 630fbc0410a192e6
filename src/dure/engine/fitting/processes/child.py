"""What a process of its own does: train the lanes it is told to, one after another."""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import threading
import time
from typing import Any, BinaryIO

from dure.engine.fitting.processes.channel import Channel

LAST_SECONDS = 2.0
"""How long a lane may go on when nobody waits for it any more."""


def main(reading: BinaryIO, writing: BinaryIO) -> None:
    """Train until nobody asks for more; called by `worker`, in a new process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    orders = _Orders(Channel(reading, writing))
    # Imported behind the thread that listens: whoever ends meanwhile leaves nobody behind.
    from dure.engine.fitting.processes.child_lanes import ChildLanes

    ChildLanes(orders.channel, orders.stop).run(orders.waiting)


class _Orders:
    """What came from the process that started this one; ends with it."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.waiting: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.stop = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            while True:
                self.waiting.put(self.channel.receive())
        except EOFError:
            self.stop.set()
            self.waiting.put(("end", None))
            time.sleep(LAST_SECONDS)
            os._exit(1)
