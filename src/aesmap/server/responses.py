"""From a request with photographs to its answer: a slot, a body, jobs, and who waits for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment, PreparedPhoto
from aesmap.scheduler import Task, Workers
from aesmap.server import offers
from aesmap.server.admission import Admission, Slot
from aesmap.server.errors import ServiceError, internal_error
from aesmap.server.observability import CLIENT_GONE, Metrics, Record, log_fault
from aesmap.server.pages import Pages
from aesmap.server.photos.batches import BatchRun, batch_body, batch_headers
from aesmap.server.photos.handlers import Answer, PhotoBatch, PhotoHandlers, UploadJob, refusing
from aesmap.server.settings import Settings
from aesmap.server.uploads import Upload, read_upload

Done = TypeVar("Done")


class Service:
    """A model with workers around it, which answers until it is told to stop."""

    def __init__(
        self, analyzer: Analyzer, settings: Settings, *, pages: Pages | None = None
    ) -> None:
        self.settings = settings
        self.analyzer = analyzer
        model_id = analyzer.manifest.model_id
        self.pages = pages or Pages(made={offers.NAME: offers.offers_file(model_id)})
        self.admission = Admission(settings)
        self.metrics = Metrics(self.admission, model_id, settings.workers)
        self.handlers = PhotoHandlers(analyzer, settings.image_limits)
        self.workers: Workers[PreparedPhoto, Assessment] = Workers(
            analyzer.assess_prepared,
            group_of=lambda prepared: prepared.pixels.shape,
            num_workers=settings.workers,
            batch_size=analyzer.batch_size,
            observe_batch=self.metrics.batch_size.observe,
        )

    def drain(self) -> None:
        """Take on nothing more; what has been accepted is finished."""
        self.admission.draining = True

    def close(self) -> None:
        """End the workers, once what they have is done."""
        self.drain()
        self.workers.close()

    async def answer(self, request: Request, job_of: Callable[[Upload], UploadJob]) -> Response:
        """Take photographs in, have a job done on each, and answer; or say why not."""
        settings = self.settings
        try:
            with self.admission.slot() as slot:
                upload = await read_upload(
                    request, slot, settings.max_bytes, settings.body_timeout_s
                )
                task = self.workers.submit(refusing(job_of(upload)))
                del upload
                start = time.perf_counter()
                answer = await self._wait(request, task)
                if isinstance(answer, PhotoBatch):
                    answer = await self._batch(request, slot, answer)
                else:
                    self.admission.worked(time.perf_counter() - start)
        except ClientDisconnect:
            # Nobody reads it; the status is for the log.
            return Response(status_code=CLIENT_GONE)
        Record.of(request.scope).photo = answer.photo
        headers = dict(answer.headers)
        if answer.status == 304:  # what the client has; there is no body to have a type
            return Response(status_code=304, headers=headers)
        return Response(answer.body, headers=headers, media_type=answer.media_type)

    async def _wait(self, request: Request, task: Task[PreparedPhoto, Assessment, Done]) -> Done:
        """The task's answer, unless the client goes away or the time runs out before."""
        answered = asyncio.wrap_future(task.future)
        try:
            await self._unless_gone(request, answered)
            if answered.done():
                return answered.result()
            raise self._late()
        finally:
            if not answered.done():
                task.abandon()
                answered.cancel()

    async def _batch(self, request: Request, slot: Slot, batch: PhotoBatch) -> Answer:
        """All photographs' answers as one."""

        def fault(traceback: str) -> ServiceError:
            log_fault(request.scope, traceback)
            return internal_error(request.scope)

        run = BatchRun(
            workers=self.workers, num_workers=self.settings.workers, slot=slot, fault=fault
        )
        results = await run.results(
            batch, lambda lanes: self._unless_gone(request, lanes), self._late
        )
        Record.of(request.scope).num_photos = len(results)
        for result in results:
            if isinstance(result, ServiceError):
                self.metrics.errors.labels(result.code).inc()
        headers = batch_headers(batch, results)
        return Answer(batch_body(results), "application/json", headers=headers)

    def _late(self) -> ServiceError:
        return self.admission.refusal(
            "timeout", f"the answer took more than {self.settings.timeout_s:g} s"
        )

    async def _unless_gone(self, request: Request, work: asyncio.Future[Any]) -> None:
        """Return when it is done or the time is up; ``ClientDisconnect`` if the client goes."""
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait(
                (work, gone),
                timeout=self.settings.timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if gone.done() and not work.done():
                raise ClientDisconnect
        finally:
            gone.cancel()


async def _disconnected(request: Request) -> None:
    """Return when the client has gone; only for a body that has been read to its end."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
