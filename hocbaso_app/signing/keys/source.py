"""The one interface of every key source, and how a source says that it can't sign."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from cryptography import x509

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import read_instant, write_instant


class KeySourceError(HocBaSoError):
    """A key source can't sign; the message says what to do next.

    ``signed`` are the values that were made before a batch broke off, in order
    from its first item; they are good and the rest can go on with any source.
    ``tries_left`` is told after a wrong PIN as far as the source tells it.
    """

    def __init__(
        self,
        code: str,
        message_vi: str,
        message_en: str,
        *,
        signed: Sequence[bytes] = (),
        tries_left: int | None = None,
    ) -> None:
        super().__init__(code, message_vi, message_en)
        self.signed = list(signed)
        self.tries_left = tries_left


class KeySource(Protocol):
    """A certificate and the means to sign with its key."""

    @property
    def certificate(self) -> x509.Certificate:
        """The signing certificate; known before anything is signed, since it is part of what is signed."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Intermediate certificates that came with it; may be empty."""

    def sign(self, to_be_signed: Sequence[bytes]) -> list[bytes]:
        """One raw value per item, in order, for one confirmation of the signer; :class:`KeySourceError`."""


@runtime_checkable
class SteadyKeySource(KeySource, Protocol):
    """A source that makes its values one by one, so that each can be kept as soon as it is there."""

    def each(self, to_be_signed: Iterable[bytes]) -> Iterator[bytes]:
        """The values in order, for one confirmation of the signer; to be read to its end or closed."""


def gathered(values: Iterator[bytes]) -> list[bytes]:
    """All values; an error on the way carries those before it."""
    signed: list[bytes] = []
    try:
        for value in values:
            signed.append(value)
    except KeySourceError as error:
        error.signed = signed
        raise
    return signed


@dataclass(frozen=True)
class Ticket:
    """A batch that was asked for and is not answered yet; kept as JSON, it survives a restart.

    ``state`` is the source's own: no secret, and what fetches the answer to this batch. It is kept where only its
    owner writes: a source that signs when it collects (CSC version 2) sends the hashes that stand here, and only the
    service knows which ones the signer confirmed.
    """

    kind: str
    state: dict[str, Any]
    asked_at: datetime
    expires_at: datetime

    def to_json(self) -> str:
        """Text for a file or a row."""
        return json.dumps(
            {
                "kind": self.kind,
                "state": self.state,
                "asked_at": write_instant(self.asked_at),
                "expires_at": write_instant(self.expires_at),
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Ticket:
        """The inverse of :meth:`to_json`; ``ValueError``, ``TypeError`` or ``KeyError`` for other text."""
        raw = json.loads(text)
        asked_at, expires_at = read_instant(raw["asked_at"]), read_instant(raw["expires_at"])
        if asked_at.tzinfo is None or expires_at.tzinfo is None:
            raise ValueError("a time without its zone")
        return cls(raw["kind"], raw["state"], asked_at, expires_at)


@runtime_checkable
class DeferredKeySource(KeySource, Protocol):
    """A source whose signer answers later, on a phone; ``sign`` is asking and then waiting."""

    def ask(self, to_be_signed: Sequence[bytes], title: str) -> Ticket:
        """Ask for a batch; ``title`` is what the signer's phone shows."""

    def collect(self, ticket: Ticket) -> list[bytes] | None:
        """The values of a batch, ``None`` while the signer has not answered; :class:`KeySourceError`."""


@dataclass(frozen=True)
class SourceDescription:
    """Which source, and where: nothing secret, so it may be kept (see each module for its settings)."""

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Secrets:
    """What the signer or the site gives for one use; never kept, never shown."""

    pin: str | None = field(default=None, repr=False)
    otp: str | None = field(default=None, repr=False)
    client_secret: str | None = field(default=None, repr=False)
