"""Learn of SIGTERM and SIGINT without running anything inside a signal handler."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """Says whether a signal to stop has come."""

    def __init__(self, woken: socket.socket) -> None:
        self._woken = woken

    def wait(self, timeout: timedelta) -> bool:
        """Return True as soon as a signal has come, False when the time is over."""
        return bool(select.select([self._woken], [], [], timeout.total_seconds())[0])


@contextlib.contextmanager
def stop_signals() -> Iterator[Signals]:
    """Catch the signals inside; a signal that the starter has set to be ignored stays ignored.

    Python writes the signal's number into a socket, on which the main thread waits (signal.set_wakeup_fd).
    """
    woken, waker = socket.socketpair()
    waker.settimeout(0)
    caught = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda *_: None) for number in caught}
    previous = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    try:
        yield Signals(woken)
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in before.items():
            signal.signal(number, handler)
        woken.close()
        waker.close()
