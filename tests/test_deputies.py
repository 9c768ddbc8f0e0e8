"""A deputy's signature counts within the days of the decision that stands in the file, and not outside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sample_records import sample_record
from signing_world import NOW, world

from hocbaso_app.record.document import build
from hocbaso_app.record.model import Substitution
from hocbaso_app.signing.slots import Stage
from hocbaso_app.signing.verify import verify


@pytest.mark.parametrize(
    ("first", "last", "passes"), [(-3, 3, True), (0, 0, True), (1, 9, False), (-9, -1, False)], ids=str
)
def test_within_the_days_of_the_decision_only(first: int, last: int, passes: bool) -> None:
    days = [(NOW + timedelta(days=n)).date().isoformat() for n in (first, last)]
    decision = Substitution(
        absent_name="Đinh Thị Vắng Mặt", decision_number="15/QĐ-THHP", from_date=days[0], to_date=days[1]
    )
    record = sample_record()
    deputy = replace(record.subjects[0], substitution=decision)
    document = build(replace(record, subjects=(deputy, *record.subjects[1:])))
    document = world().sign(document, until=Stage.SUBJECT)
    result = verify(document, world().trust, stage=Stage.SUBJECT)
    codes = {finding.code for finding in result.report.findings}
    assert (result.valid, "DEPUTY_DAYS" in codes) == (passes, not passes)
