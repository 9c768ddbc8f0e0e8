"""Đánh giá kết quả giáo dục: TT 27/2020 Đ9.2, top down, first match."""

from __future__ import annotations

from ..model import Qualities, Record, elements_of
from .pack import RulePack, load_pack

QUALITY_FIELDS = tuple((name, tag) for name, tag, _ in elements_of(Qualities) if not tag.startswith("NHAN_XET"))


def overall_result(record: Record, pack: RulePack | None = None) -> str:
    """The result computed from levels, qualities and end-of-year marks.

    Exempt (M) subjects are left out, and so are values that are absent; whether
    they may be absent is for :func:`check`. ``ValueError`` for an unknown rule
    pack or a mark that is no whole number.
    """
    pack = pack or load_pack(record.general.rule_pack)
    if pack is None:
        raise ValueError(f"unknown rule pack {record.general.rule_pack}")
    levels = {s.level for s in record.subjects} - {"M", None}
    qualities = {getattr(record.qualities, name) for name, _ in QUALITY_FIELDS} - {None}
    scores = [int(s.score) for s in record.subjects if s.score not in (None, "M")]
    for result in pack.results[:-1]:
        if (
            levels <= set(result["subjects"])
            and qualities <= set(result["qualities"])
            and all(score >= result["score"] for score in scores)
        ):
            return str(result["name"])
    return str(pack.results[-1]["name"])
