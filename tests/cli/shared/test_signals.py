"""Ctrl-C once and twice, by real signals of this process."""

from __future__ import annotations

import contextlib
import signal

import pytest

from aesmap.cli.shared.signals import stop_signals
from aesmap.errors import StoppedError


def test_the_first_asks_and_says_so_once(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_signals(notice="stopping soon") as stop:
        assert not stop()
        signal.raise_signal(signal.SIGTERM)
        assert stop()
        assert stop.signal_number == signal.SIGTERM
    assert capsys.readouterr().err == "stopping soon\n"
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_gets_past_whatever_takes_every_exception(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    ended = pytest.raises(StoppedError, match=r"^stopped at once; go on$")
    with ended as caught, stop_signals("; go on"):
        signal.raise_signal(number)
        with contextlib.suppress(Exception):  # as a decoder does, or Ray
            signal.raise_signal(number)
    assert caught.value.exit_code == 128 + number
    assert signal.getsignal(number) is before
