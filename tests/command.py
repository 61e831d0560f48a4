"""What tests of the `aesmap` command say about a run of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it said."""

    exit_code: int
    out: str
    err: str

    def succeeded(self) -> Outcome:
        assert (self.exit_code, self.err) == (0, "")
        return self

    def summarised(self, *words: object) -> Outcome:
        """Success, and one line on stderr with these words in it."""
        assert self.err.startswith("aesmap: "), self.err
        assert self.err.count("\n") == 1, self.err
        for word in words:
            assert str(word) in self.err
        assert self.exit_code == 0
        return self

    def failed(self, exit_code: int, *words: object) -> Outcome:
        """One line on stderr with these words in it, no traceback, and this exit code."""
        assert self.err.startswith("aesmap: "), self.err
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        for word in words:
            assert str(word) in self.err
        assert self.exit_code == exit_code
        return self

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Aesmap = Callable[..., Outcome]


def start(*arguments: str | os.PathLike[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start the command as a process of its own; a start takes about half a second."""
    # Ctrl-C works as in a terminal, also where whoever runs the tests has it ignored, as a shell
    # does for what runs behind it.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        " from aesmap.cli.main import main; main()"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    words = [os.fspath(argument) for argument in arguments]
    return subprocess.Popen([sys.executable, "-c", code, *words], **(pipes | options))


def wait(process: subprocess.Popen[bytes], timeout_s: float = 60) -> Outcome:
    """What it said and how it ended."""
    out, err = process.communicate(timeout=timeout_s)
    return Outcome(process.returncode, (out or b"").decode(), (err or b"").decode())


@contextmanager
def served(*arguments: object, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A command that serves a page, in a process of its own, with the page's address."""
    process = start(*map(str, arguments), env=os.environ | environment)
    try:
        assert process.stdout is not None
        found = re.search(rb"http://\S+/", process.stdout.readline())
        assert found is not None, process.stderr.read().decode() if process.stderr else ""
        yield process, found[0].decode()
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
