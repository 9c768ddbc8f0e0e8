"""Which slots a record must have, who signs each, and exactly what each signature refers to.

Everything follows from the signed values (who must sign stands in DIEM_TONG_KET
and THONG_TIN_CHUNG), never from what a signature in the file claims. Each later
stage also covers the SignatureValue of every earlier one, so nothing can be
taken out unseen; no signature stands inside what it refers to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hocbaso_app.record.document import HOMEROOM_SLOT, MANAGER_SLOT, SEAL_SLOT, slot_id
from hocbaso_app.record.model import Record, Substitution
from hocbaso_app.record.xml_codec import part_id


class Stage(Enum):
    """The four stages of QĐ Đ8 and Đ12, in order; each value is the one the command line takes."""

    SUBJECT = "gvbm"
    HOMEROOM = "gvcn"
    MANAGER = "cbql"
    RELEASE = "release"

    @property
    def order(self) -> int:
        """0 for the first stage."""
        return _ORDER[self]

    @property
    def title(self) -> str:
        """The stage in Vietnamese."""
        return _TITLES[self]


_TITLES = {
    Stage.SUBJECT: "Giáo viên bộ môn",
    Stage.HOMEROOM: "Giáo viên chủ nhiệm",
    Stage.MANAGER: "Cán bộ quản lý",
    Stage.RELEASE: "Ký phát hành (con dấu của trường)",
}

_ORDER = {stage: number for number, stage in enumerate(Stage)}


@dataclass(frozen=True, slots=True)
class Slot:
    """One place to sign.

    ``part`` is the Id of the data covered; ``earlier`` the slots whose
    SignatureValue is covered too. ``signer_citizen_id`` is ``None`` for the
    seal, which is bound to ``school_code`` instead.
    """

    id: str
    stage: Stage
    part: str
    earlier: tuple[str, ...]
    signer_name: str
    signer_citizen_id: str | None
    school_code: str
    subject_code: str | None = None
    subject_name: str | None = None
    days: tuple[str, str] | None = None
    """First and last day of the decision by which the signer stands in for somebody; ``None`` when he does not."""

    @property
    def covers(self) -> tuple[str, ...]:
        """Ids that the signature refers to, in order, without its own properties."""
        return (self.part, *(signature_value_id(s) for s in self.earlier))

    @property
    def role(self) -> str:
        """The claimed role that stands in the signature."""
        subject = f" {self.subject_name}" if self.subject_name else ""
        return self.stage.title + subject


def _days(substitution: Substitution | None) -> tuple[str, str] | None:
    return (substitution.from_date, substitution.to_date) if substitution else None


def signature_value_id(slot: str) -> str:
    """Id of the SignatureValue in a slot."""
    return f"{slot}-sv"


def expected_slots(record: Record) -> tuple[Slot, ...]:
    """All slots of a record in signing order; length = subjects + 3."""
    general = record.general
    subjects = tuple(
        Slot(
            id=slot_id(subject.subject_code),
            stage=Stage.SUBJECT,
            part=part_id(subject.subject_code),
            earlier=(),
            signer_name=subject.teacher_name,
            signer_citizen_id=subject.teacher_citizen_id,
            school_code=subject.school_code,
            subject_code=subject.subject_code,
            subject_name=subject.subject_name,
            days=_days(subject.substitution),
        )
        for subject in record.subjects
    )
    taught = tuple(s.id for s in subjects)
    homeroom = Slot(
        HOMEROOM_SLOT,
        Stage.HOMEROOM,
        "thongtinhocba",
        taught,
        general.homeroom_name,
        general.homeroom_citizen_id,
        general.school_code,
        days=_days(general.homeroom_substitution),
    )
    manager = Slot(
        MANAGER_SLOT,
        Stage.MANAGER,
        "data",
        (*taught, HOMEROOM_SLOT),
        general.principal_name,
        general.principal_citizen_id,
        general.school_code,
        days=_days(general.principal_substitution),
    )
    seal = Slot(
        SEAL_SLOT,
        Stage.RELEASE,
        "data",
        (*taught, HOMEROOM_SLOT, MANAGER_SLOT),
        general.school_name,
        None,
        general.school_code,
    )
    return (*subjects, homeroom, manager, seal)
