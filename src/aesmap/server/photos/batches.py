"""Many photographs in one request: a few at a time through the workers, results in their order.

At most one more than there are workers is with them at any time. So each request that comes
meanwhile waits behind that many photographs and not behind the whole batch, and no more of them
are decoded at once than of requests with one.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from aesmap.assessment import Assessment, PreparedPhoto
from aesmap.scheduler import Workers
from aesmap.server.admission import Slot
from aesmap.server.caching import Headers
from aesmap.server.errors import ServiceError
from aesmap.server.photos.handlers import Answer, PhotoBatch, PhotoJob, refusing


@dataclass(frozen=True, kw_only=True)
class BatchRun:
    """What a batch is worked off with.

    Attributes
    ----------
    workers
        Who work.
    num_workers
        How many of them there are.
    slot
        The request's place.
    fault
        Called with the traceback of a photograph that the service itself fails at; gives what its
        client is told.
    """

    workers: Workers[PreparedPhoto, Assessment]
    num_workers: int
    slot: Slot
    fault: Callable[[str], ServiceError]

    async def results(
        self,
        batch: PhotoBatch,
        wait: Callable[[asyncio.Future[list[None]]], Awaitable[None]],
        late: Callable[[], ServiceError],
    ) -> list[Answer | ServiceError]:
        """One answer or error for each photograph, in order.

        Parameters
        ----------
        batch
            Emptied as its photographs are done.
        wait
            Returns when what it is given is done, or when the time is up; it raises if there is
            nobody to answer any more. Then, too, nothing more is begun.
        late
            What is said of the photographs that are not done in time.
        """
        self.slot.expect(len(batch.photos))
        places: list[Answer | ServiceError | None] = [None] * len(batch.photos)
        numbers = iter(range(len(places)))
        lanes = asyncio.gather(
            *(self._lane(batch, numbers, places) for _ in range(self.num_workers + 1))
        )
        try:
            await wait(lanes)
        finally:
            if not lanes.done():
                lanes.cancel()
                await asyncio.wait([lanes])
                if not lanes.cancelled():
                    lanes.exception()  # that they were cancelled: to be looked at, or it is logged
        return [late() if place is None else place for place in places]

    async def _lane(
        self, batch: PhotoBatch, numbers: Iterator[int], places: list[Answer | ServiceError | None]
    ) -> None:
        """Do one photograph after another, whichever is next."""
        for number in numbers:
            job = batch.job_of(batch.photos[number])
            batch.photos[number] = b""  # the job has it, until it is done
            start = time.perf_counter()
            places[number] = await self._one(job)
            self.slot.admission.worked(time.perf_counter() - start)
            self.slot.expect(places.count(None))

    async def _one(self, job: PhotoJob) -> Answer | ServiceError:
        task = self.workers.submit(refusing(job))
        try:
            return await asyncio.wrap_future(task.future)
        except ServiceError as error:
            return error
        except asyncio.CancelledError:
            task.abandon()
            raise
        except Exception:  # noqa: BLE001  (a fault is this photograph's, and the others go on)
            return self.fault(traceback.format_exc())


def batch_body(results: list[Answer | ServiceError]) -> bytes:
    """Write the results as JSON: ``{"results": [...]}``."""
    return b'{"results":[%b]}' % b",".join(result.body for result in results)


def batch_headers(batch: PhotoBatch, results: list[Answer | ServiceError]) -> Headers:
    """Headers by which the answer may be kept; none if it could be another the next time."""
    passing = any(isinstance(result, ServiceError) and result.status >= 500 for result in results)
    return () if passing else batch.headers
