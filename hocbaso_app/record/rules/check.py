"""All rules over one record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from ..model import Record
from ..times import VIETNAM
from .binding_rules import binding_faults
from .fault import Fault
from .identity_rules import identity_faults
from .pack import RulePack, load_pack
from .page_rules import page_faults, scope_faults
from .result_rules import quality_faults, summary_faults
from .subject_rules import subject_faults
from .text_rules import missing_values, text_faults


def check(record: Record, *, today: date | None = None, pack: RulePack | None = None) -> list[Fault]:
    """Every fault of a record, in the order of the form; empty when it may be released.

    ``today`` (default: the real day) decides whether the rule pack is in force:
    the one named in the record, or ``pack`` to try one that is not shipped.
    Rules that build on a broken one stay silent until that is mended: no result
    is compared while a level or mark is missing.
    """
    pack = pack or load_pack(record.general.rule_pack or "")
    if pack is None:
        return [_unknown_pack(record.general.rule_pack)]
    return list(_faults(record, pack, today or datetime.now(VIETNAM).date()))


def _faults(record: Record, pack: RulePack, today: date) -> Iterator[Fault]:
    if not pack.in_force(today):
        yield _not_in_force(pack, today)
    missing = list(missing_values(record))
    yield from missing
    yield from text_faults(record)
    if missing:
        return
    scope = list(scope_faults(record, pack))
    yield from scope
    if scope:
        return
    yield from page_faults(record, pack)
    yield from identity_faults(record)
    yield from binding_faults(record)
    assessment = [*subject_faults(record, pack), *quality_faults(record, pack)]
    yield from assessment
    yield from summary_faults(record, pack, comparable=not assessment)


def _unknown_pack(name: str) -> Fault:
    return Fault(
        "RULE_PACK_UNKNOWN",
        "BO_QUY_TAC",
        f"Phần mềm không có bộ quy tắc “{name}”. Hãy cập nhật phần mềm.",
        f"unknown rule pack {name}",
        "QĐ Điều 2",
        "initialise",
    )


def _not_in_force(pack: RulePack, today: date) -> Fault:
    until = f" đến {pack.valid_to}" if pack.valid_to else ""
    return Fault(
        "RULE_PACK_NOT_IN_FORCE",
        "BO_QUY_TAC",
        f"Bộ quy tắc {pack.name} chỉ có hiệu lực từ {pack.valid_from}{until}. Hãy chọn bộ quy tắc đang có hiệu lực.",
        f"rule pack {pack.name} is not in force on {today}",
        "QĐ Điều 2",
        "initialise",
    )
