"""What lies beside a record for decades: ``<code>.evidence`` beside ``<code>.xml``.

One XML file, an EvidenceRecord of RFC 6283: the proof itself, and as supporting
information the validation data of the record's signatures. The data group under
the timestamps is the record's file and these very validation data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from hocbaso_app.signing.existence import NoProofError, Proof
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.validation_data import ValidationData, ValidationDataError

from .check import TAMPERED, EvidenceVerdict, check
from .reading import read, unreadable
from .record import EvidenceError, EvidenceRecord, render

SUFFIX = ".evidence"
MAX_ITEMS = 500
MAX_ITEM_BYTES = 7 << 20
"""Of the validation data, and of each list beside a timestamp: libxml2 reads texts of at most ten million octets."""
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
            found = cls(ValidationData.from_bytes(supporting[0][1]), record)
        except ValidationDataError as error:
            raise unreadable(error.message_en) from error
        if sum(map(len, (found.data.certificates, found.data.crls, found.data.ocsps))) > MAX_ITEMS:
            raise unreadable(f"more than {MAX_ITEMS} certificates, CRLs and OCSP answers")
        return found

    def to_bytes(self) -> bytes:
        """Deterministic; :class:`EvidenceError` when it would be too large to be read again."""
        data = self.validation_data.to_bytes()
        if max(map(len, (data, *self.data.crls, *self.data.ocsps))) > MAX_ITEM_BYTES:
            raise EvidenceError(
                "EVIDENCE_TOO_LARGE",
                "Danh sách thu hồi (CRL) của tổ chức cấp chứng thư quá lớn để lưu cạnh từng học bạ. "
                "Hãy lấy trả lời OCSP cho các chứng thư này rồi lập lại bằng chứng.",
                f"validation data of more than {MAX_ITEM_BYTES} octets",
            )
        return render(self.record.chains, [(_DATA, data)])

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

    def trust(self, trust: TrustStore) -> TrustStore:
        """``trust`` with everything kept here to build paths from."""
        return trust.with_data(self.data)

    def check(self, file: bytes, trust: TrustStore, at: datetime, *, revocation: str = "require") -> EvidenceVerdict:
        """Whether ``file`` is proved to have existed, and since when."""
        return check(self.record, self.group(file), self.trust(trust), at, revocation=revocation)

    def proofs(
        self, octets: bytes, trust: TrustStore, at: datetime, *, revocation: str = "require"
    ) -> tuple[Proof, ...]:
        """For :func:`~hocbaso_app.signing.verify.verify`; none when the evidence is younger than ``at``.

        Otherwise :class:`EvidenceError`, or :class:`NoProofError`, with the sub-indication as its code.
        """
        verdict = self.check(octets, trust, at, revocation=revocation)
        if verdict.ok and verdict.time is not None:
            return (Proof(verdict.time, "evidence"),)
        code = verdict.sub_indication or "NO_POE"
        if code == "NO_POE":
            return ()
        raise (EvidenceError if code in TAMPERED else NoProofError)(code, verdict.message_vi, verdict.message_en)


@dataclass(frozen=True)
class Unreadable:
    """What lies beside a file and is no evidence; verification says so instead of passing over it."""

    error: EvidenceError
    data: ValidationData = ValidationData()

    def proofs(
        self, octets: bytes, trust: TrustStore, at: datetime, *, revocation: str = "require"
    ) -> tuple[Proof, ...]:
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
