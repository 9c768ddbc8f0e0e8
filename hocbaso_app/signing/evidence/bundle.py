"""What lies beside a record for decades: ``<code>.evidence`` beside ``<code>.xml``.

One XML file, an EvidenceRecord of RFC 6283: the proof itself, and as supporting
information the validation data of the record's signatures. The data group under
the timestamps is the record's file and these very validation data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from hocbaso_app.signing.existence import Proof
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.validation_data import ValidationData, ValidationDataError

from .check import EvidenceVerdict, check
from .reading import read, unreadable
from .record import EvidenceError, EvidenceRecord, render

SUFFIX = ".evidence"
_DATA = "urn:hocbaso:validation-data:1"


@dataclass(frozen=True)
class Bundle:
    """A record's validation data and evidence (:class:`~hocbaso_app.signing.existence.Evidence`).

    Nothing in it is trusted before :meth:`check`.
    """

    validation_data: ValidationData
    record: EvidenceRecord

    @classmethod
    def from_bytes(cls, octets: bytes) -> Bundle:
        """:class:`~.record.EvidenceError` for anything but the octets that :meth:`to_bytes` gives."""
        record, supporting = read(octets)
        if [kind for kind, _ in supporting] != [_DATA]:
            raise unreadable("the validation data are missing")
        try:
            return cls(ValidationData.from_bytes(supporting[0][1]), record)
        except ValidationDataError as error:
            raise unreadable(error.message_en) from error

    def to_bytes(self) -> bytes:
        """Deterministic."""
        return render(self.record.chains, [(_DATA, self.validation_data.to_bytes())])

    def with_record(self, record: EvidenceRecord) -> Bundle:
        """The same validation data with renewed evidence."""
        return replace(self, record=record)

    def group(self, file: bytes) -> tuple[bytes, bytes]:
        """The data group that the evidence is about."""
        return group_of(file, self.validation_data)

    @cached_property
    def data(self) -> ValidationData:
        """Everything kept for checking paths, also those of the time-stamping authorities."""
        found = self.validation_data
        for stamp in {t.stamp for chain in self.record.chains for t in chain.timestamps}:
            found |= stamp.data
        return found

    def check(self, file: bytes, trust: TrustStore, at: datetime, *, revocation: str = "require") -> EvidenceVerdict:
        """Whether ``file`` is proved to have existed, and since when."""
        return check(self.record, self.group(file), trust.with_data(self.data), at, revocation=revocation)

    def proofs(self, octets: bytes, trust: TrustStore, at: datetime) -> tuple[Proof, ...]:
        """For :func:`~hocbaso_app.signing.verify.verify`; none when the evidence is younger than ``at``.

        :class:`EvidenceError` with the sub-indication as its code when the evidence doesn't hold.
        """
        verdict = self.check(octets, trust, at)
        if verdict.ok and verdict.time is not None:
            return (Proof(verdict.time, "evidence"),)
        if verdict.sub_indication == "NO_POE":
            return ()
        raise EvidenceError(verdict.sub_indication or "NO_POE", verdict.message_vi, verdict.message_en)


@dataclass(frozen=True)
class Unreadable:
    """What lies beside a file and is no evidence; verification says so instead of passing over it."""

    error: EvidenceError
    data: ValidationData = ValidationData()

    def proofs(self, octets: bytes, trust: TrustStore, at: datetime) -> tuple[Proof, ...]:
        """None."""
        raise self.error


def read_bundle(octets: bytes) -> Bundle | Unreadable:
    """For verification and reports, which go on without evidence."""
    try:
        return Bundle.from_bytes(octets)
    except EvidenceError as error:
        return Unreadable(error)


def group_of(file: bytes, data: ValidationData) -> tuple[bytes, bytes]:
    """A record's data group: its released file and the validation data of its signatures."""
    return file, data.to_bytes()
