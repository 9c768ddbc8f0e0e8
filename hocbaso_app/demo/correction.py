"""The mistake of the demo: one mark was typed wrong, nobody saw it before release."""

from __future__ import annotations

from dataclasses import replace

from hocbaso_app.record.model import Record
from hocbaso_app.record.rules import overall_result

SUBJECT = "01"
REASON = "Nhập nhầm điểm kiểm tra cuối năm môn Toán"


def corrected(record: Record) -> Record:
    """The record with the right mark in Toán; chosen so that the overall result stays."""
    subject = next(s for s in record.subjects if s.subject_code == SUBJECT)
    right = int(subject.score or "0")
    for score in (right + 1, right - 1):
        other = replace(subject, score=str(score))
        subjects = tuple(other if s is subject else s for s in record.subjects)
        candidate = replace(record, subjects=subjects)
        if 0 <= score <= 10 and overall_result(candidate) == record.summary.overall_result:
            return candidate
    raise ValueError("no other mark gives the same overall result")
