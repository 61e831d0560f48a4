"""Ray, found and started without its chatter: a cluster's at an address, or one of this machine."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aesmap.cores import num_cores
from aesmap.errors import AesmapError, MissingExtraError

_OBJECT_STORE_BYTES = 256 * 2**20
"""Names and rows pass through it, never pixels."""

_ANSWER_S = 10.0

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # what it prints, on stdout among rows, of a dead worker
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""Nothing is reported to anyone, and its own log stays in its own files."""


class ClusterError(AesmapError):
    """A Ray that cannot be reached, or workers that cannot work."""


def import_ray() -> Any:
    """Ray with Ray Data; raises :class:`MissingExtraError`."""
    for name, value in _QUIET.items():  # read when Ray is imported
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
    except ModuleNotFoundError:
        raise MissingExtraError("--engine ray", "ray") from None
    for handler in logging.getLogger("ray.data").handlers:
        if isinstance(handler, logging.StreamHandler):  # the terminal; its file stays
            handler.setLevel(logging.CRITICAL + 1)
    return ray


@contextmanager
def connected(address: str | None = None, workers: int | None = None) -> Iterator[Any]:
    """Yield Ray, connected to the cluster at ``address``, or started on this machine without one.

    Here it gets as many cores as there are ``workers``. A connection that the calling program has
    already made is used and kept. Raises :class:`ClusterError` where there is no cluster.
    """
    ray = import_ray()
    if ray.is_initialized():
        yield ray
        return
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if address is None:
        options |= {
            "address": "local",
            "num_cpus": workers or num_cores(),
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE_BYTES,
        }
    else:
        options["address"] = address
    try:
        try:
            _check_answers(address)
            with _signals_kept(), _silent():
                ray.init(**options)
        except Exception as error:  # noqa: BLE001  (Ray's errors share no base)
            said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            told = said.strip().splitlines()
            raise ClusterError(
                f"Ray at {address or 'this machine'}: {told[0] if told else type(error).__name__};"
                " start one with 'ray start --head', or leave out --address to use this machine"
            ) from None
        yield ray
    finally:
        ray.shutdown()


def _check_answers(address: str | None) -> None:
    """Raise ``OSError`` where nothing answers: Ray itself would try for minutes."""
    host, colon, port = (address or "").rpartition(":")
    if colon and port.isdecimal():
        host = host.rpartition("/")[2].strip("[]")
        socket.create_connection((host, int(port)), _ANSWER_S).close()


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Undo that Ray takes SIGTERM for itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _silent() -> Iterator[None]:
    """Keep off the terminal what Ray's native part says of itself while it starts."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
