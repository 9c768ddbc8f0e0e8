"""Section 6 of the học bạ: the sentence on completion and promotion against what is recorded (TT 27/2020 PL1)."""

from __future__ import annotations

import re

LAST_GRADE = 5
_COMPLETED = re.compile(r"(chưa )?hoàn thành chương trình (?:lớp (\d+)|(tiểu học))")
_PROMOTED = re.compile(r"(chưa )?được lên lớp(?: (\d+))?")


def completion_problem(text: str, *, grade: int, completed: bool, promoted: bool) -> tuple[str, str] | None:
    """What the sentence gets wrong, in Vietnamese and English; ``None`` when it agrees.

    "Hoàn thành chương trình lớp 2; Được lên lớp 3." or "Hoàn thành chương trình
    tiểu học."; "Chưa …" in the other cases.
    """
    words = " ".join(text.casefold().split())
    completions, promotions = list(_COMPLETED.finditer(words)), list(_PROMOTED.finditer(words))
    if not completions:
        return "chưa nói hoàn thành chương trình lớp nào", "does not speak of completion"
    if any((found[1] is None) != completed for found in completions):
        return "trái với việc hoàn thành chương trình lớp học", "contradicts the completion"
    if any((found[2] and int(found[2]) != grade) or (found[3] and grade != LAST_GRADE) for found in completions):
        return f"nói về lớp khác lớp {grade}", f"is about another grade than {grade}"
    if grade == LAST_GRADE and completed and not any(found[3] for found in completions):
        return "chưa ghi “Hoàn thành chương trình tiểu học”", "does not say that primary school is completed"
    if grade < LAST_GRADE and not promotions:
        return "chưa nói được lên lớp hay chưa", "does not speak of promotion"
    if any((found[1] is None) != promoted for found in promotions):
        return "trái với việc lên lớp", "contradicts the promotion"
    if any(found[1] is None and found[2] and int(found[2]) != grade + 1 for found in promotions):
        return f"ghi lên lớp khác lớp {grade + 1}", f"promotes to another grade than {grade + 1}"
    return None
