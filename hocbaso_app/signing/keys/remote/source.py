"""What every remote source does alike: choose the credential, split a batch, keep a ticket, check the values."""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ..source import KeySourceError, Secrets, SourceDescription, Ticket
from ..values import require_allowed, sha256
from .digests import right_value_of_digest
from .failures import (
    ANSWER,
    CHANGED,
    EXPIRED,
    NO_KEY,
    OTP_AGAIN,
    SEVERAL,
    TICKET,
    TIMED_OUT,
    WRONG_VALUE,
    Failure,
    confirmations_note,
)
from .room import Room
from .settings import Settings
from .waiting import wait_for

Clock = Callable[[], datetime]
State = dict[str, Any]
TITLE = "Ký học bạ số ({} chữ ký)"


def now() -> datetime:
    """The clock of everyday."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Credential:
    """A signing key at the service."""

    id: str
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    fault: Failure | None
    """Why it can't sign now."""
    batch_limit: int | None
    """Hashes for one confirmation, as far as the service tells."""
    facts: State
    """What else the dialect needs of it."""


@dataclass(frozen=True)
class Part:
    """What one confirmation is for: its hashes, and the dialect's state that fetches its values."""

    digests: tuple[bytes, ...]
    state: State


class RemoteSource(ABC):
    """See :class:`~..source.DeferredKeySource`; dialects say how a part is ordered and fetched."""

    kind: ClassVar[str]

    def __init__(
        self,
        description: SourceDescription,
        secrets: Secrets,
        certificate: x509.Certificate | None = None,
        *,
        clock: Clock = now,
        room: Room | None = None,
    ) -> None:
        self.settings = Settings.read(description)
        self.secrets = secrets
        self.clock = clock
        hidden = [s for s in (secrets.pin, secrets.otp, secrets.client_secret) if s]
        self.room = room or Room(self.base_address(), hidden=hidden)
        self._certificate = certificate

    def base_address(self) -> str:
        """Where paths begin."""
        return self.settings.address

    @abstractmethod
    def credentials(self) -> list[Credential]:
        """All of the account, also those that can't sign now."""

    @abstractmethod
    def order(self, credential: Credential, digests: Sequence[bytes], title: str) -> State:
        """Order one part; what is needed to fetch its values, and nothing that could sign."""

    @abstractmethod
    def fetch(self, parts: Sequence[Part]) -> list[list[bytes]] | None:
        """The values of each part in its order, ``None`` while one is waiting.

        A dialect that gets them one after the other keeps each in its part's state (:func:`keep_values`).
        """

    @property
    def one_time_secret(self) -> bool:
        """Whether another confirmation needs another secret from the signer."""
        return False

    @property
    def certificate(self) -> x509.Certificate:
        """The chosen one, else that of the account's only credential."""
        return self._certificate or self.credential.certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """As the service has it."""
        return self.credential.chain

    @cached_property
    def credential(self) -> Credential:
        """The one with the chosen certificate."""
        found = self.credentials()
        if self._certificate is not None:
            for credential in found:
                if credential.certificate == self._certificate:
                    return credential
            raise (CHANGED if found else NO_KEY).error("no credential has the chosen certificate")
        if self.settings.credential:
            found = [c for c in found if c.id.casefold() == self.settings.credential.casefold()]
        usable = [c for c in found if c.fault is None] or found
        if not usable:
            raise NO_KEY.error("no credential")
        if len(usable) > 1:
            raise SEVERAL.error(f"{len(usable)} credentials")
        return usable[0]

    def check(self) -> None:
        """A harmless question: whether the service answers, knows the account, and has the certificate, fit to sign."""
        self._usable()

    @property
    def batch_limit(self) -> int | None:
        """Hashes for one confirmation; ``None``: as many as wished."""
        limits = [n for n in (self.credential.batch_limit, self.settings.batch_limit) if n]
        return min(limits, default=None)

    def confirmations(self, count: int) -> int:
        """How often the signer has to confirm ``count`` signatures."""
        return math.ceil(count / (self.batch_limit or count or 1))

    def ask(self, to_be_signed: Sequence[bytes], title: str = "") -> Ticket:
        """See :class:`~..source.DeferredKeySource`; as few orders as the service allows.

        When a later part fails, the error carries the values that earlier parts already gave.
        """
        everything = [sha256(item) for item in to_be_signed]
        distinct = list(dict.fromkeys(everything))
        credential = self._usable()
        asked_at = self.clock()
        parts: list[Part] = []
        chunks = list(_chunks(distinct, self.batch_limit or len(distinct) or 1))
        for number, chunk in enumerate(chunks, start=1):
            shown = (title or TITLE.format(len(distinct))) + (f" ({number}/{len(chunks)})" if len(chunks) > 1 else "")
            try:
                if parts and self.one_time_secret:
                    done = sum(len(p.digests) for p in parts)
                    note = confirmations_note(done, len(distinct), self.batch_limit or done)
                    raise OTP_AGAIN.error("a one-time password is good for one authorisation", note=note)
                parts.append(Part(chunk, self.order(credential, chunk, shown)))
            except KeySourceError as error:
                error.signed = self._so_far(everything, parts)
                raise
        state = {
            "certificate": _fingerprint(self.certificate),
            "digests": [digest.hex() for digest in everything],
            "parts": [{"digests": [digest.hex() for digest in p.digests], **p.state} for p in parts],
        }
        return Ticket(self.kind, state, asked_at, asked_at + timedelta(seconds=self.settings.wait_seconds))

    def collect(self, ticket: Ticket) -> list[bytes] | None:
        """See :class:`~..source.DeferredKeySource`. A late answer counts; still waiting after the time does not.

        When a later part fails, the error carries the values that earlier parts already gave.
        """
        everything, parts = self._read(ticket)
        try:
            values = self.fetch(parts)
        except KeySourceError as error:
            error.signed = self._so_far(everything, parts)
            raise
        if values is None:
            if self.clock() > ticket.expires_at:
                raise TIMED_OUT.error("nobody confirmed in time")
            return None
        return self._checked(everything, parts, values)

    def sign(self, to_be_signed: Sequence[bytes]) -> list[bytes]:
        """See :class:`~..source.KeySource`: ask, then wait for the signer."""
        return wait_for(self, self.ask(to_be_signed), self.settings.poll_seconds, self.clock)

    def _usable(self) -> Credential:
        credential = self.credential
        require_allowed(credential.certificate)
        if credential.fault is not None:
            raise credential.fault.error(f"credential {credential.id}")
        if self.clock() > credential.certificate.not_valid_after_utc:
            raise EXPIRED.error(f"certificate of credential {credential.id} has expired")
        return credential

    def _read(self, ticket: Ticket) -> tuple[list[bytes], list[Part]]:
        if ticket.kind != self.kind:
            raise TICKET.error(f"a ticket of kind {ticket.kind}")
        try:
            state = ticket.state
            everything = [bytes.fromhex(digest) for digest in state["digests"]]
            parts = [Part(tuple(bytes.fromhex(digest) for digest in p["digests"]), dict(p)) for p in state["parts"]]
            fingerprint = state["certificate"]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise TICKET.error("the ticket is damaged") from error
        if fingerprint != _fingerprint(self.certificate):
            raise CHANGED.error("the ticket is another certificate's")
        return everything, parts

    def _checked(
        self, everything: Sequence[bytes], parts: Sequence[Part], values: Sequence[Sequence[bytes]]
    ) -> list[bytes]:
        good: dict[bytes, bytes] = {}
        short = False
        for part, found in zip(parts, values, strict=True):
            short = short or len(found) != len(part.digests)
            for digest, value in zip(part.digests, found, strict=False):
                right = right_value_of_digest(self.certificate, digest, value)
                if right is not None:
                    good[digest] = right
        missing = [digest for digest in everything if digest not in good]
        if missing:
            signed = _prefix(everything, good)
            if short:
                raise ANSWER.error("another number of values than hashes", signed=signed)
            raise WRONG_VALUE.error(f"{len(missing)} values are not the certificate's", signed=signed)
        return [good[digest] for digest in everything]

    def _so_far(self, everything: Sequence[bytes], parts: Sequence[Part]) -> list[bytes]:
        good = {
            digest: right
            for part in parts
            for digest, value in zip(part.digests, given_values(part), strict=False)
            if (right := right_value_of_digest(self.certificate, digest, value)) is not None
        }
        return _prefix(everything, good)


def keep_values(values: Iterable[bytes]) -> State:
    """The state of a part that was answered at once: values are no secret."""
    return {"values": [value.hex() for value in values]}


def given_values(part: Part) -> list[bytes]:
    """What :func:`keep_values` kept; empty for a part that has to be fetched."""
    try:
        return [bytes.fromhex(value) for value in part.state.get("values", ())]
    except (TypeError, ValueError) as error:
        raise TICKET.error("the ticket is damaged") from error


def _prefix(everything: Sequence[bytes], good: dict[bytes, bytes]) -> list[bytes]:
    found = []
    for digest in everything:
        if digest not in good:
            break
        found.append(good[digest])
    return found


def _chunks(digests: Sequence[bytes], size: int) -> Iterable[tuple[bytes, ...]]:
    for start in range(0, len(digests), size):
        yield tuple(digests[start : start + size])


def _fingerprint(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
