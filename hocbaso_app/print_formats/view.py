"""What the templates see: plain data in the order and the words of the official form."""

from __future__ import annotations

from dataclasses import dataclass

from hocbaso_app.record.model import General

from . import marks


@dataclass(frozen=True, slots=True)
class Line:
    """One label with its value; ``None`` prints as a dotted line."""

    label: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the paper form (QĐ Đ2.k7); ``number`` is TRANG in the file."""

    number: str
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A row of section 1; level, score and remark stay empty for a subject that is not studied."""

    name: str
    level: str | None = None
    score: str | None = None
    remark: str | None = None
    part: str | None = None
    """Id of the signed part that the row shows, for a screen that marks it."""


@dataclass(frozen=True, slots=True)
class LevelGroup:
    """One table of sections 2 and 3 with its single remark."""

    heading: str | None
    subheading: str | None
    column: str
    rows: tuple[Line, ...]
    remark: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A row of the learning history."""

    school_year: str
    class_name: str
    school: str
    register_number: str | None
    arrived: str | None
    left: str | None
    mid_year_page: str | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature block: ``state`` is "ok", "doubt" (there is a signature, not verified) or "none"."""

    state: str
    signer: str
    time: str | None = None


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """A row of page 6: who signed what, when, with which of :attr:`Form.certificates` (from 1), and the verdict."""

    signer: str
    citizen_id: str | None
    role: str
    part: str
    time: str | None
    certificate: int | None
    state: str
    verdict: str


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate in the list of page 6; its number is its place in the list, from 1."""

    holder: str
    serial: str
    valid_until: str | None


@dataclass(frozen=True, slots=True)
class Form:
    """Everything the templates need."""

    pages: tuple[Page, ...]
    form_title: str
    general: General
    mid_year: bool
    watermarks: tuple[str, ...]
    verified: bool
    kind: str
    kind_text: str
    confirmation: marks.Confirmation | None
    confirmation_date: str | None
    confirmation_place: str | None
    not_a_replacement: str
    school_year: str
    cover: tuple[Line, ...]
    pupil: tuple[tuple[Line, ...], ...]
    issue: tuple[Line, ...]
    history: tuple[HistoryRow, ...]
    measures: tuple[Line, ...]
    period: str
    subjects: tuple[SubjectRow, ...]
    subject_legend: str
    groups: tuple[LevelGroup, ...]
    quality_legend: str
    homeroom_remark: str
    overall_result: str | None
    rewards: str | None
    extraordinary_rewards: str | None
    completion: str | None
    promotion_decision: str | None
    place_and_date: str
    homeroom: Signed
    principal: Signed
    seal: Signed
    signatures: tuple[SignatureRow, ...]
    certificates: tuple[CertificateRow, ...]
    issuers: tuple[Line, ...]
    checks: tuple[Line, ...]
    technical: tuple[Line, ...]
    receipt: tuple[Line, ...]
