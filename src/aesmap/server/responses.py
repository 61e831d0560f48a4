"""From a request with a photograph to its answer: a slot, a body, a job, and who waits for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment, PreparedPhoto
from aesmap.scheduler import Task, Workers
from aesmap.server import offers
from aesmap.server.admission import Admission
from aesmap.server.handlers import PhotoHandlers, PhotoJob, refusing
from aesmap.server.observability import CLIENT_GONE, Metrics, Record
from aesmap.server.pages import Pages
from aesmap.server.settings import Settings
from aesmap.server.uploads import Upload, read_upload


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

    async def answer(self, request: Request, job_of: Callable[[Upload], PhotoJob]) -> Response:
        """Take a photograph in, have a job done on it, and answer; or say why not."""
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
                self.admission.worked(time.perf_counter() - start)
        except ClientDisconnect:
            # Nobody reads it; the status is for the log.
            return Response(status_code=CLIENT_GONE)
        Record.of(request.scope).photo = answer.photo
        headers = dict(answer.headers)
        if answer.status == 304:  # what the client has; there is no body to have a type
            return Response(status_code=304, headers=headers)
        return Response(answer.body, headers=headers, media_type=answer.media_type)

    async def _wait(self, request: Request, task: Task[PreparedPhoto, Assessment, Any]) -> Any:
        """The task's answer, unless the client goes away or the time runs out before."""
        answered = asyncio.wrap_future(task.future)
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait(
                (answered, gone),
                timeout=self.settings.timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if answered.done():
                return answered.result()
            if gone.done():
                raise ClientDisconnect
            raise self.admission.refusal(
                "timeout", f"the answer took more than {self.settings.timeout_s:g} s"
            )
        finally:
            gone.cancel()
            if not answered.done():
                task.abandon()
                answered.cancel()


async def _disconnected(request: Request) -> None:
    """Return when the client has gone; only for a body that has been read to its end."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
