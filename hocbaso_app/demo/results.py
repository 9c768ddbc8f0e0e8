"""A pupil's year: levels, marks and remarks that belong together.

How strong a pupil is decides a target result; levels and marks are drawn inside what TT 27/2020 Đ9.2 allows for it.
The result itself is always computed by the rules, never taken from the target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from hocbaso_app.record.model import Qualities, Record, Remarks, SubjectResult, Summary
from hocbaso_app.record.rules import RulePack, overall_result
from hocbaso_app.record.rules.overall import QUALITY_FIELDS

from .material import material, pick_weighted
from .people import HardCase, Pupil

DECISION = "27/QĐ-THHP"
_TARGETS = {"excellent": 22, "good": 30, "completed": 48}
_EXEMPT_SUBJECT = "88"
_WEAK_SUBJECTS = ("01", "02")


@dataclass(frozen=True)
class Year:
    """The draw for one pupil."""

    rng: Random
    target: str
    grade: int
    case: HardCase | None

    @classmethod
    def of(cls, pupil: Pupil, grade: int) -> Year:
        """The same for the same pupil."""
        rng = Random(f"{pupil.seed}/results")
        target = pick_weighted(rng, _TARGETS)
        if pupil.case is HardCase.PROMOTED_BY_DECISION:
            target = "not completed"
        return cls(rng, target, grade, pupil.case)

    def subject(self, empty: SubjectResult, *, tested: bool) -> SubjectResult:
        """``empty`` with level, mark (where the grade has a test) and remark."""
        remarks = material("remarks")
        if self.case is HardCase.NOT_ASSESSED:
            return replace(empty, remark=remarks["not_assessed"])
        level, score = self._marks(empty.subject_code)
        remark = self.rng.choice(remarks["subjects"][empty.subject_code][level])
        if not tested:
            return replace(empty, level=level, remark=remark)
        return replace(empty, level=level, score="M" if level == "M" else str(score), remark=remark)

    def _marks(self, code: str) -> tuple[str, int]:
        if self.case is HardCase.EXEMPT and code == _EXEMPT_SUBJECT:
            return "M", 0
        if self.target == "excellent":
            return "T", self.rng.choice((9, 10, 10))
        if self.target == "good":
            return "T", 8 if code == "01" else self.rng.choice((7, 8, 9, 9, 10))
        if self.target == "not completed" and code in _WEAK_SUBJECTS:
            return "C", self.rng.choice((3, 4))
        if code != "02" and self.rng.random() < 0.45 and self.target == "completed":
            return "T", self.rng.choice((8, 9, 9, 10))
        return "H", self.rng.choice((5, 6, 7, 7, 8))

    def qualities(self, pack: RulePack) -> Qualities:
        """Group 5 for the grade."""
        remarks = material("remarks")
        if self.case is HardCase.NOT_ASSESSED:
            return Qualities()
        strong = self.target in ("excellent", "good")
        levels = {
            name: "T" if strong or self.rng.random() < 0.4 else "Đ"
            for name, tag in QUALITY_FIELDS
            if self.grade >= pack.qualities_from_grade.get(tag, 1)
        }
        if self.target == "not completed":
            levels.update(language="C", calculation="C")
        of = "T" if strong else "Đ"
        return Qualities(
            **levels,
            qualities_remark=self.rng.choice(remarks["qualities"][of]),
            general_remark=self.rng.choice(remarks["general"][of]),
            specific_remark=self.rng.choice(remarks["specific"]["C" if self.target == "not completed" else of]),
        )

    def finish(self, record: Record, pack: RulePack) -> Record:
        """``record`` with the computed result, promotion, rewards and the homeroom teacher's words."""
        remarks = material("remarks")
        result = None if self.case is HardCase.NOT_ASSESSED else overall_result(record, pack)
        completed = result in pack.passing_results
        promoted_by_decision = self.case in (HardCase.NOT_ASSESSED, HardCase.PROMOTED_BY_DECISION)
        reward = remarks["rewards"].get(result)
        if result == "Hoàn thành tốt" and self.rng.random() < 0.4:
            reward = None
        summary = Summary(
            overall_result=result,
            promoted="1" if completed or promoted_by_decision else "0",
            promotion_decision=DECISION if promoted_by_decision else None,
            completion_text=self._completion(completed),
            grade_completed="1" if completed else "0",
            primary_completed="1" if completed and self.grade == 5 else "0",
            rewards=reward,
            extraordinary_rewards=self.rng.choice(remarks["extraordinary"]) if self.rng.random() < 0.06 else None,
        )
        words = self.rng.choice(remarks["homeroom"][result or "not_assessed"])
        return replace(record, summary=summary, remarks=Remarks(homeroom_remark=words))

    def _completion(self, completed: bool) -> str:
        if not completed:
            by = f" theo Quyết định số {DECISION} của Hiệu trưởng"
            return f"Chưa hoàn thành chương trình lớp {self.grade}; Được lên lớp {self.grade + 1}{by}."
        if self.grade == 5:
            return "Hoàn thành chương trình tiểu học."
        return f"Hoàn thành chương trình lớp {self.grade}; Được lên lớp {self.grade + 1}."
