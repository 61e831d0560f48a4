"""Firefox driven by its own protocol, Marionette: Playwright drives no distribution's Firefox."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""What a reference to an element is called (W3C WebDriver, 12.2)."""


class Firefox:
    """One window. Messages are JSON behind their length, [0, number, command, parameters]."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._buffer = b""
        self._number = 0
        self._receive()  # who is there
        self.ask("WebDriver:NewSession")

    def ask(self, command: str, **parameters: Any) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, _, error, answer = self._receive()
        assert error is None, error
        return answer

    def open(self, url: str) -> None:
        self.ask("WebDriver:Navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        return self.ask("WebDriver:ExecuteScript", script=f"return {expression}", args=[])["value"]

    def until(self, condition: str) -> None:
        for _ in range(600):
            if self.evaluate(condition):
                return
            time.sleep(0.1)
        raise AssertionError(f"this did not come true: {condition}")

    def choose(self, selector: str, path: Path) -> None:
        """Put a file into a field."""
        found = self.ask("WebDriver:FindElement", using="css selector", value=selector)
        self.ask("WebDriver:ElementSendKeys", id=found["value"][ELEMENT], text=str(path))

    def _receive(self) -> Any:
        while b":" not in self._buffer:
            self._more()
        length, _, self._buffer = self._buffer.partition(b":")
        while len(self._buffer) < int(length):
            self._more()
        body, self._buffer = self._buffer[: int(length)], self._buffer[int(length) :]
        return json.loads(body)

    def _more(self) -> None:
        data = self._socket.recv(1 << 16)
        assert data, "Firefox has gone"
        self._buffer += data


@contextmanager
def firefox(executable: str, profile: Path) -> Iterator[Firefox]:
    """A Firefox without a window, and with a profile and a port of its own."""
    (profile / "user.js").write_text('user_pref("marionette.port", 0);\n')
    process = subprocess.Popen(
        [executable, "--headless", "--marionette", "--no-remote", "--profile", str(profile)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile)},
    )
    try:
        yield Firefox(_port_in(profile / "MarionetteActivePort"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _port_in(path: Path) -> int:
    """The port that it has chosen, which it writes into its profile."""
    for _ in range(600):
        if path.exists() and (port := path.read_text().strip()):
            return int(port)
        time.sleep(0.1)
    raise AssertionError("Firefox did not say where it listens")
