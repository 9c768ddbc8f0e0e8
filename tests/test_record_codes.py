"""MA_TRA_CUU_UUID (CV 2088 II.1.4): made once, never given again."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from uuid import UUID

import pytest
from portal_world import PortalWorld, ask_recall, officer, recall_item, records, send
from werkzeug.test import Client

from hocbaso_app.exchange import codes
from hocbaso_app.exchange.transactions import RecordStatus
from hocbaso_app.record.document import build
from hocbaso_app.signing.versions import new_record_code

WORKERS, CODES = 4, 100_000


def some_codes(count: int) -> list[str]:
    return [new_record_code() for _ in range(count)]


@pytest.mark.requirement("Y018")
def test_a_code_is_made_once_and_is_never_another_pupil_s(city: PortalWorld, web: Client) -> None:
    # forked, as the workers of a site are: a generator that shared its state would repeat itself here
    with ProcessPoolExecutor(WORKERS, get_context("fork")) as workers:
        made = [code for part in workers.map(some_codes, [CODES // WORKERS] * WORKERS) for code in part]
    assert len(set(made)) == CODES
    assert all(UUID(code).version == 4 for code in made[:100])

    recalled, other = records(2)
    send(city, recalled)
    code = recalled.record.general.record_code
    message_id = ask_recall(city, recall_item(recalled))
    decision = {"messageid": message_id, "ma_tra_cuu_uuid": code, "duyet": True}
    assert officer(web, "duyet-thu-hoi", **decision).status_code == 200
    general = replace(other.record.general, record_code=code)
    (answer,) = send(city, city.world.sign(build(replace(other.record, general=general))))
    assert (answer.trang_thai, answer.error) == (RecordStatus.REFUSED, codes.CODE_USED)
    assert city.portal.look_up(code)["status"] == "recalled"
