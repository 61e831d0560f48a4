"""Where a run is to be worked off: in this process, or by the workers of a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from aesmap.errors import UsageError

if TYPE_CHECKING:
    from aesmap.cluster.pool import Cluster

engine_option = click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="local: threads of this process. ray: worker processes on this machine, or with --address"
    " on a cluster, where one that dies is replaced.",
)
address_option = click.option(
    "--address",
    metavar="HOST:PORT",
    envvar="RAY_ADDRESS",
    help="With --engine ray: the cluster to work on, or 'auto' for the one that this machine is"
    " part of. Photographs must lie under the same path on all of its machines.",
)


def cluster_of(
    engine: str, address: str | None, workers: int | None, paths: Iterable[str | os.PathLike[str]]
) -> Cluster | None:
    """The cluster that the options name, None for this process; raises :class:`AesmapError`."""
    if engine == "local":
        source = click.get_current_context().get_parameter_source("address")
        if source is ParameterSource.COMMANDLINE:
            raise UsageError("--address needs --engine ray")
        return None
    from aesmap.cluster.connection import import_ray

    import_ray()  # before anything is begun
    from aesmap.cluster.pool import Cluster

    folders = tuple(os.path.abspath(path) for path in paths if os.path.isdir(path))  # noqa: PTH100, PTH112
    return Cluster(address=address, workers=workers, folders=folders)
