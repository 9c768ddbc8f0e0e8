"""A new version after a recall: only what was touched is signed again.

Untouched subject parts keep their octets, so the whole slot with its Signature
is copied as octets; touched ones get LAN + 1, an empty slot and their teacher's
task. Homeroom, manager and seal always sign again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from hocbaso_app.record.diff import diff, touched_parts
from hocbaso_app.record.document import Document, build, slot_id
from hocbaso_app.record.model import PartRevision, Record, SubjectResult
from hocbaso_app.record.times import write_instant
from hocbaso_app.record.xml_codec import part_id

from .sign import SigningError


def new_record_code() -> str:
    """A fresh MA_TRA_CUU_UUID (UUID v4, CV 2088 II.1.4)."""
    return str(uuid4())


def replacement(
    old: Document, corrected: Record, *, created_at: datetime, released_at: datetime, code: UUID | None = None
) -> Document:
    """The next version of ``old`` with the values of ``corrected``: new code, LAN_PHAT_HANH + 1, scoped empty slots.

    Version elements of ``corrected`` are ignored and set here.
    :class:`SigningError` when nothing changed or it is another pupil's, school's or year's record.
    """
    _same_subject(old.record, corrected)
    changes = diff(old.record, corrected)
    if not changes:
        raise SigningError(
            "NOTHING_CHANGED",
            "Không có gì thay đổi so với bản bị thu hồi. Hãy sửa nội dung trước.",
            "the corrected record equals the recalled one",
        )
    old_general = old.record.general
    general = replace(
        corrected.general,
        record_code=str(code) if code else new_record_code(),
        replaces_code=old_general.record_code,
        issue_number=str(int(old_general.issue_number) + 1),
        created_at=write_instant(created_at),
        released_at=write_instant(released_at),
    )
    return _scoped(old, replace(corrected, general=general), touched_parts(changes))


def after_withdrawal(
    old: Document, corrected: Record, *, created_at: datetime, released_at: datetime, code: UUID | None = None
) -> Document:
    """A released file that the authority never took is withdrawn: new code, the same issue; scoped as in a replacement.

    Nothing need have changed: the reason of a refusal may lie outside the file.
    """
    _same_subject(old.record, corrected)
    general = replace(
        corrected.general,
        record_code=str(code) if code else new_record_code(),
        replaces_code=old.record.general.replaces_code,
        issue_number=old.record.general.issue_number,
        created_at=write_instant(created_at),
        released_at=write_instant(released_at),
    )
    touched = touched_parts(diff(old.record, corrected))
    return _scoped(old, replace(corrected, general=general), touched)


def _scoped(old: Document, corrected: Record, touched: frozenset[str]) -> Document:
    """``corrected`` as a file in which untouched subject parts keep their octets and signatures."""
    before = {s.subject_code: s for s in old.record.subjects}
    subjects = tuple(_revise(s, before.get(s.subject_code), touched) for s in corrected.subjects)
    revisions = tuple(PartRevision(subject_code=s.subject_code, revision=s.revision) for s in subjects)
    general = replace(corrected.general, part_revisions=revisions)
    new = build(replace(corrected, general=general, subjects=subjects))
    for subject in subjects:
        part = part_id(subject.subject_code)
        if subject.subject_code in before and part not in touched and new.part(part) == old.part(part):
            new = new.with_slot(slot_id(subject.subject_code), old.slot(slot_id(subject.subject_code)))
    return new


def return_for_correction(old: Document, corrected: Record) -> Document:
    """Before release: same code, the touched parts' and all later signatures dropped, the others kept as octets."""
    _same_subject(old.record, corrected)
    new = build(corrected)
    for subject in corrected.subjects:
        slot, part = slot_id(subject.subject_code), part_id(subject.subject_code)
        if slot in old.slots and new.part(part) == old.part(part):
            new = new.with_slot(slot, old.slot(slot))
    return new


def _revise(subject: SubjectResult, before: SubjectResult | None, touched: frozenset[str]) -> SubjectResult:
    if before is None:
        return replace(subject, revision="1")
    raised = int(before.revision) + (part_id(subject.subject_code) in touched)
    return replace(subject, revision=str(raised))


def _same_subject(old: Record, new: Record) -> None:
    def key(record: Record) -> tuple[str, ...]:
        g = record.general
        return (g.pupil_code, g.school_code, g.school_year, g.page_kind)

    if key(old) != key(new):
        raise SigningError(
            "OTHER_RECORD",
            "Bản sửa là của học sinh, trường, năm học hoặc loại trang khác.",
            "the correction belongs to another pupil, school, year or kind of page",
        )
