"""Evidence for every released record, and one of them years later, when everybody's certificate has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hocbaso_app.record.document import Document
from hocbaso_app.record.times import VIETNAM
from hocbaso_app.signing.evidence.bundle import SUFFIX, Bundle, group_of
from hocbaso_app.signing.evidence.gathering import Gatherer
from hocbaso_app.signing.evidence.making import by_length, make
from hocbaso_app.signing.report import VERDICTS_VI, Indication
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.validation_data import ValidationData
from hocbaso_app.signing.verify import verify

from .folder import DemoError
from .signers.tsa import TimestampAuthority

LATER = timedelta(days=5 * 365)
LASTS = timedelta(days=8 * 365)
"""How long the demo's time-stamper has a certificate; people's certificates end after two years."""


@dataclass
class Later:
    """One record with the clock moved."""

    record_code: str
    at: str
    with_evidence: str
    without_evidence: str

    def to_text(self) -> str:
        """For the end of the demo."""
        told = {word.value: VERDICTS_VI[word] for word in Indication}
        return (
            f"Đồng hồ chỉnh tới {self.at}, mọi chứng thư số cá nhân đã hết hạn, không dùng mạng, học bạ "
            f"{self.record_code}: có bằng chứng → {told[self.with_evidence]}; "
            f"không có → {told[self.without_evidence]}."
        )


def prove(
    files: list[Path], trust: TrustStore, authority: TimestampAuthority, now: datetime, advance: Callable[[], None]
) -> int:
    """Evidence beside each file, with one timestamp for all."""
    gatherer = Gatherer(trust, now)
    data: list[ValidationData] = []

    def groups() -> Iterator[tuple[bytes, bytes]]:
        for path in files:
            document = Document.parse(path.read_bytes())
            data.append(gatherer.of(document))
            if not gatherer.verify(document, data[-1]).valid:
                raise DemoError("NO_DATA", f"{path.name}: thiếu dữ liệu xác thực.", f"{path.name}: data are missing")
            yield group_of(document.data, data[-1])
            advance()

    stamper = by_length(lambda digest, algorithm: authority.stamp_digest(digest, now, algorithm))
    records = make(groups(), stamper, vouch=gatherer.vouch)
    for path, one, record in zip(files, data, records, strict=True):
        path.with_suffix(SUFFIX).write_bytes(Bundle(one, record).to_bytes())
    return len(records)


def years_later(path: Path, trust: TrustStore, now: datetime) -> Later:
    """What file, evidence and trust folder say then; :class:`DemoError` unless the evidence saves it."""
    at = now + LATER
    file, bundle = path.read_bytes(), Bundle.from_bytes(path.with_suffix(SUFFIX).read_bytes())
    saved, lost = verify(file, trust, at=at, evidence=bundle), verify(file, trust, at=at)
    if not saved.valid or lost.valid:
        raise DemoError("NOT_LASTING", f"{path.name}: {saved.report.to_text()}", saved.report.to_text("en"))
    code = saved.record.general.record_code
    conclusions = (one.report.conclusion.value for one in (saved, lost))
    return Later(code, f"{at.astimezone(VIETNAM):%d/%m/%Y}", *conclusions)
