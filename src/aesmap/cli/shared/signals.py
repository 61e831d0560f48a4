"""Ctrl-C once: finish what has been begun. Twice: stop now."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from aesmap.errors import StoppedError


class _StopNow(BaseException):
    """The second signal, on its way up: no ``except Exception`` may take it for its own."""


class StopRequest:
    """Whether a signal has asked the run to stop. Calling it answers."""

    def __init__(self, notice: str = "") -> None:
        self.notice = notice
        self.signal_number = 0

    def __call__(self) -> bool:  # noqa: D102
        return self.signal_number != 0

    def receive(self, signal_number: int, frame: FrameType | None) -> None:
        """What the system calls; the second time it interrupts whatever is going on."""
        if self.signal_number:
            raise _StopNow
        self.signal_number = signal_number
        if self.notice:
            click.echo(self.notice, err=True)


@contextmanager
def stop_signals(ending: str = "", notice: str = "") -> Iterator[StopRequest]:
    """Have Ctrl-C and SIGTERM ask for a stop, instead of ending the program, within the body.

    The second one interrupts the body there and then, which raises :class:`StoppedError`;
    ``ending`` completes its message.
    ``notice`` is said on stderr at the first, for work that takes a while to come to a stop.
    """
    request = StopRequest(notice)
    if threading.current_thread() is not threading.main_thread():
        yield request  # only the main thread may take signals
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, request.receive) for number in numbers}
    try:
        yield request
    except _StopNow:
        raise StoppedError("stopped at once" + ending, request.signal_number) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def unwind_on_sigterm() -> None:
    """Have SIGTERM unwind the stack as Ctrl-C does, so that no temporary file stays behind."""

    def leave(signal_number: int, frame: FrameType | None) -> None:
        sys.exit(128 + signal_number)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, leave)
