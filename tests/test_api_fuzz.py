"""Schemathesis against the sandbox with the OpenAPI description: no request whatever makes it fail or answer otherwise
than described. The seed is fixed, so a failure comes again."""

from __future__ import annotations

import base64
from uuid import uuid4

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from portal_world import PortalWorld, envelope, error_in, log_in, post, records
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from signing_world import NOW, world
from werkzeug.test import Client

from hocbaso_app.exchange import codes
from hocbaso_app.exchange.codes import code_set
from hocbaso_app.exchange.compression import compress, decompress
from hocbaso_app.exchange.contract import openapi
from hocbaso_app.exchange.package import pack
from hocbaso_app.exchange.transactions import Kind

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
EXAMPLES = 60
CONTENT = pack([records(1)[0].data], world().school, NOW)
LIST = decompress(CONTENT)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The inside of a good record with some octets replaced."""
    inside = bytearray(records(1)[0].data[len("<HOC_BA>") : -len("</HOC_BA>")])
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(inside) - 1))
        inside[place : place + draw(st.integers(0, 20))] = draw(st.binary(max_size=20))
    hypothesis.assume(b"<HOC_BA>" + bytes(inside) + b"</HOC_BA>" != records(1)[0].data)
    return bytes(inside)


def play(city: PortalWorld, mode: schemathesis.GenerationMode, count: int) -> int:
    """Every operation with generated requests; gives how many were sent."""
    schema = schemathesis.openapi.from_dict(openapi.describe())
    token, sent = log_in(Client(city.app)), 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is schemathesis.GenerationMode.NEGATIVE and operation.method == "get":
            continue  # nothing can be wrong about them but a code, and any text is one

        @hypothesis.seed(2026)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            suppress_health_check=QUIET,
            phases=[Phase.generate],
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def one(case: schemathesis.Case) -> None:
            nonlocal sent
            sent += 1
            headers = {"Authorization": f"Bearer {token}"} if case.operation.path != "/api/token" else {}
            case.call_and_validate(city.address, checks=list(CHECKS), headers=headers, timeout=20)

        one()
    return sent


def test_requests_that_fit_the_description(city: PortalWorld) -> None:
    assert play(city, schemathesis.GenerationMode.POSITIVE, EXAMPLES) >= 300


def test_requests_that_do_not(city: PortalWorld) -> None:
    assert play(city, schemathesis.GenerationMode.NEGATIVE, EXAMPLES) >= 300


@hypothesis.seed(2026)
@settings(max_examples=150, deadline=None, database=None, suppress_health_check=QUIET)
@hypothesis.given(data=st.data())
def test_a_right_account_with_damaged_content(city: PortalWorld, data: st.DataObject) -> None:
    """Damage in the octets of a good list, before or after packing: refused with a code, never taken, never a fault."""
    web = Client(city.app)
    kind = data.draw(st.sampled_from((Kind.SUBMIT, Kind.RECALL)))
    inner = data.draw(st.booleans())
    octets = bytearray(LIST if inner else base64.b64decode(CONTENT))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        how = data.draw(st.sampled_from(("change", "remove", "insert")))
        if how == "change":
            octets[place] ^= data.draw(st.integers(1, 255))
        elif how == "remove":
            del octets[place : place + data.draw(st.integers(1, 40))]
        else:
            octets[place:place] = data.draw(st.binary(min_size=1, max_size=40))
    content = compress(bytes(octets)) if inner else base64.b64encode(bytes(octets)).decode()
    hypothesis.assume((bytes(octets) if inner else content) not in (LIST, CONTENT))
    answer = post(web, kind, {**envelope(web, kind, messageid=str(uuid4())), "content": content})
    assert answer.status_code < 500
    assert error_in(answer) in (
        codes.CONTENT_UNREADABLE,
        codes.LIST_SIGNATURE_WRONG,
        codes.CERTIFICATE_NOT_APPROVED,
        codes.LIST_TIME_WRONG,
        codes.TOO_LARGE,
    )
    assert not city.portal.books.records([records(1)[0].record.general.record_code])


@hypothesis.seed(2026)
@settings(max_examples=80, deadline=None, database=None, suppress_health_check=QUIET)
@hypothesis.given(item=st.one_of(st.binary(max_size=300), damaged()))
def test_a_rightly_signed_list_with_any_item(city: PortalWorld, item: bytes) -> None:
    """Who has an approved key may still send nonsense: each item is refused for itself, or the list is unreadable."""
    web = Client(city.app)
    content = pack([b"<HOC_BA>" + item + b"</HOC_BA>"], city.world.school, NOW)
    message_id = str(uuid4())
    for kind in (Kind.SUBMIT, Kind.RECALL):
        answer = post(
            web, kind, {**envelope(web, kind, messageid=f"{kind.value}{message_id}"[:36]), "content": content}
        )
        assert answer.status_code < 500 and error_in(answer) in code_set().errors
    asked = post(web, Kind.QUERY_SUBMISSION, envelope(web, Kind.QUERY_SUBMISSION, messageid=f"1{message_id}"[:36]))
    assert asked.status_code == 200
    assert all(row["trang_thai"] == 0 for row in asked.json["danh_sach"])
