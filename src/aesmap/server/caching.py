"""Entity tags: who has sent the same photographs before need not be sent the same answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from starlette.requests import Request

from aesmap import __version__
from aesmap.analyzer import Analyzer

Headers: TypeAlias = tuple[tuple[str, str], ...]

_MAX_AGE_S: Final = 86_400


@dataclass(frozen=True, kw_only=True)
class ClientCache:
    """What a client has already, and who may keep what it gets.

    Attributes
    ----------
    known_tags
        The entity tags of ``If-None-Match``.
    is_public
        Whether caches that several users share may keep the answer.
    """

    known_tags: str = ""
    is_public: bool = True

    @classmethod
    def of(cls, request: Request, *, has_token: bool) -> ClientCache:
        """The cache of a request's client; where a token guards the answer it is theirs alone."""
        return cls(
            known_tags=request.headers.get("if-none-match", ""),
            is_public=not has_token,
        )

    def headers(self, analyzer: Analyzer, asked: object, photos: Sequence[bytes]) -> Headers:
        """Headers of an answer that follows from all of these.

        Parameters
        ----------
        analyzer
            Who answers.
        asked
            What is asked for, which ``repr`` tells apart from anything else.
        photos
            The bytes of the photographs, in order.

        Returns
        -------
        tuple of (name, value)
            ``ETag``, ``Cache-Control`` and ``Vary``.
        """
        model = analyzer.manifest.model_id, analyzer.provider, analyzer.precision, __version__
        lengths = [len(photo) for photo in photos]  # where one ends and the next begins
        digest = hashlib.sha256(repr((asked, model, lengths)).encode())
        for photo in photos:
            digest.update(photo)
        scope = "public" if self.is_public else "private"
        return (
            ("ETag", f'"{digest.hexdigest()[:32]}"'),
            ("Cache-Control", f"{scope}, max-age={_MAX_AGE_S}"),
            ("Vary", "Accept"),
        )

    def has(self, headers: Headers) -> bool:
        """Whether the client has the answer already (RFC 9110, section 13.1.2)."""
        tags = [tag.strip().removeprefix("W/") for tag in self.known_tags.split(",")]
        return "*" in tags or dict(headers)["ETag"] in tags
