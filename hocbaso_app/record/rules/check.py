"""All rules over one record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..model import Record
from .fault import Fault
from .identity_rules import identity_faults
from .pack import load_pack
from .page_rules import page_faults
from .result_rules import result_faults
from .subject_rules import subject_faults
from .text_rules import text_faults


def check(record: Record, *, today: date | None = None) -> list[Fault]:
    """Every fault of a record, in the order of the form; empty when it may be released.

    ``today`` (default: the real day) decides whether the rule pack named in the
    record is in force.
    """
    return list(_faults(record, today or date.today()))


def _faults(record: Record, today: date) -> Iterator[Fault]:
    general = record.general
    pack = load_pack(general.rule_pack)
    if pack is None:
        yield Fault(
            "RULE_PACK_UNKNOWN",
            "BO_QUY_TAC",
            f"Không có bộ quy tắc {general.rule_pack}. Hãy cập nhật phần mềm.",
            f"unknown rule pack {general.rule_pack}",
            "QĐ Điều 2",
            "initialise",
        )
        return
    if not pack.in_force(today):
        yield Fault(
            "RULE_PACK_NOT_IN_FORCE",
            "BO_QUY_TAC",
            f"Bộ quy tắc {pack.name} chỉ áp dụng từ {pack.valid_from}"
            + (f" đến {pack.valid_to}." if pack.valid_to else "."),
            f"rule pack {pack.name} is not in force on {today}",
            "QĐ Điều 2",
            "initialise",
        )
    yield from text_faults(record)
    scope = list(page_faults(record, pack))
    yield from scope
    if any(fault.blocks == "initialise" for fault in scope):
        return
    yield from identity_faults(record)
    yield from subject_faults(record, pack)
    yield from result_faults(record, pack)
