"""The conformance suite: the sandbox passes all of it, and what a portal does wrong is found by the right check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner
from werkzeug.test import Client
from werkzeug.wrappers import Request as WebRequest
from werkzeug.wrappers import Response

from hocbaso_app.cli import app as cli
from hocbaso_app.command.conformance.command import Request, conform, open_bench
from hocbaso_app.command.conformance.suite import Outcome, Result, checks, run
from hocbaso_app.demo.sandbox import open_portal
from hocbaso_app.demo.school import make_school
from hocbaso_app.exchange import receipts
from hocbaso_app.exchange.codes import code_set
from hocbaso_app.exchange.receiving import envelope
from hocbaso_app.exchange.receiving.office import Office
from hocbaso_app.exchange.sandbox.server import running
from hocbaso_app.exchange.transactions import Kind

EXTENSIONS = ("sha256", "bien_nhan", "link_tra_cuu", "ma_da_tiep_nhan")


@contextmanager
def practice(folder: Path) -> Iterator[tuple[Any, str, Path]]:
    """A new sandbox; gives its application, address and account."""
    with open_portal(folder, make_school()) as (app, _access), running(app) as address:
        yield app, address, folder / "access.json"


def results(address: str, account: Path, **more: Any) -> dict[str, Result]:
    return {r.check.name: r for r in run(open_bench(Request(address, account, patience=2, **more)))}


def failed(found: dict[str, Result]) -> list[str]:
    return [name for name, result in found.items() if result.outcome is Outcome.FAILED]


@pytest.mark.requirement("Y104")
def test_the_sandbox_passes_every_check_over_http(tmp_path: Path) -> None:
    with practice(tmp_path) as (_app, address, account):
        found = results(address, account)
    assert {name: (r.outcome, r.detail) for name, r in found.items() if r.outcome is not Outcome.PASSED} == {}
    assert len(found) == len(checks()) >= 55
    assert all(r.check.clause and r.check.title for r in found.values())
    assert {name.partition(".")[0] for name in found} >= {"session", "envelope", "package", "record", "recall"}


def test_a_second_run_against_the_same_portal_passes_too(tmp_path: Path) -> None:
    """What the first run left is still there; only the look-up still slows this address down."""
    with practice(tmp_path) as (_app, address, account):
        results(address, account)
        again = results(address, account)
    assert failed(again) == []
    assert [name for name, r in again.items() if r.outcome is Outcome.SKIPPED and "look-up" not in name] == [
        "extension.guessing"
    ]


def _no_age(app: Any, patch: pytest.MonkeyPatch) -> None:
    app.portal.office.list_age = timedelta(days=9999)


def _no_future(app: Any, patch: pytest.MonkeyPatch) -> None:
    app.portal.office.list_ahead = timedelta(days=9999)


def _no_password(app: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(app.accounts, "confirms", lambda *given: True)


def _no_limit(app: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(app._look_up, "_limit", lambda address: True)


def _any_key(app: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Office, "open_list_of", lambda self, unit, content: self.open_list(content))


def _any_function(app: Any, patch: pytest.MonkeyPatch) -> None:
    real = envelope.check

    def check(kind: Kind, body: dict[str, Any], *more: Any) -> Any:
        given = envelope.parameters(kind, body)
        if isinstance(given.get("function"), str):
            given.update(type=kind.value, function=app.portal.codes.functions[kind])
        return real(kind, body, *more)

    patch.setattr(envelope, "check", check)


def _no_recall(app: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(app.portal.office.books, "recall", lambda code, moment: None)


def _personal_look_up(app: Any, patch: pytest.MonkeyPatch) -> None:
    books, real = app.portal.office.books, app.portal.look_up
    patch.setattr(app.portal, "look_up", lambda code: {**real(code), "x": str(books.records([code]))})


def _other_receipt(app: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(receipts, "issue", lambda receipt, key: b"\xd2" + receipt.number.encode())


WRONG = {
    "package.too-old": _no_age,
    "package.future": _no_future,
    "envelope.password-again": _no_password,
    "extension.guessing": _no_limit,
    "package.other-key": _any_key,
    "envelope.type-function": _any_function,
    "recall.decided": _no_recall,
    "extension.look-up": _personal_look_up,
    "extension.receipt": _other_receipt,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_portal_that_does_it_wrong_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with practice(tmp_path) as (app, address, account):
        WRONG[name](app, monkeypatch)
        group = name.partition(".")[0]
        found = results(address, account, only=["session.log-in", "certificate.own", "recall.decided", group])
    assert name in failed(found)
    assert found["session.log-in"].outcome is Outcome.PASSED
    assert len(failed(found)) < len(found) / 3, failed(found)


class OtherVendor:
    """A portal with its own codes, functions and paths, and none of our extensions: the sandbox behind a translator."""

    def __init__(self, app: Any) -> None:
        self.portal = app.portal
        self._client = Client(app)
        own = code_set()
        self.set: dict[str, Any] = {
            "name": "other-vendor",
            "assumed": False,
            "source": "made up for this test",
            "token_path": "/v2/dang-nhap",
            "functions": {k: {"function": f"FN{k}", "path": f"/v2/giao-dich/{k}"} for k in own.functions},
            "errors": {
                f"HB-{code}": {
                    "disposition": known.disposition.value,
                    "field": known.field,
                    "message_vi": known.message_vi,
                    "message_en": known.message_en,
                }
                for code, known in own.errors.items()
            },
        }
        self._paths = {"/v2/dang-nhap": own.token_path, **{f"/v2/giao-dich/{k}": own.paths[k] for k in own.paths}}
        self._functions = {f"FN{k}": own.functions[k] for k in own.functions}

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = WebRequest(environ)
        officer = request.path.startswith("/can-bo/")
        path = request.path if officer else self._paths.get(request.path)
        if path is None:
            return Response(status=404)(environ, start_response)
        data = request.get_data()
        for theirs, ours in self._functions.items():
            data = data.replace(f'"{theirs}"'.encode(), f'"{ours}"'.encode())
        answer = self._client.open(path, method=request.method, data=data, headers=dict(request.headers))
        body = answer.get_data()
        if answer.is_json:
            body = json.dumps(self._translated(answer.json)).encode()
        return Response(body, answer.status_code, mimetype=answer.mimetype)(environ, start_response)

    def _translated(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._translated(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "danh_sach" in value and value["Error"] == "00":
            return self._translated(value["danh_sach"])  # the bare list that CV 2088 prints
        codes = ("Error", "error", "ResponseCode")
        return {
            name: f"HB-{item}" if name in codes and item else self._translated(item)
            for name, item in value.items()
            if name not in EXTENSIONS
        }


@pytest.mark.requirement("Y104")
def test_another_vendors_portal_with_its_own_codes_and_no_extension(tmp_path: Path) -> None:
    with open_portal(tmp_path, make_school()) as (app, _access):
        other = OtherVendor(app)
        codes = tmp_path / "codes.json"
        codes.write_text(json.dumps(other.set), encoding="utf-8")
        with running(other) as address:  # type: ignore[arg-type]
            found = results(address, tmp_path / "access.json", codes=codes)
    assert failed(found) == []
    skipped = [r.check for r in found.values() if r.outcome is Outcome.SKIPPED]
    assert skipped and all(one.extension for one in skipped)


def test_the_command_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    with practice(tmp_path) as (app, address, account):
        report = tmp_path / "report.json"
        arguments = ["conformance", address, "--account", str(account), "--json", str(report)]
        done = CliRunner().invoke(cli, [*arguments, "--only", "session"])
        assert done.exit_code == 0, done.output
        assert "session.log-in" in done.output and "6 đạt" in done.output
        app.portal.office.list_age = timedelta(days=9999)
        wrong = CliRunner().invoke(cli, [*arguments, "--only", "certificate.own", "--only", "package.too-old"])
    assert wrong.exit_code == 1 and "KHÔNG ĐẠT" in wrong.output
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["counts"] == {"passed": 1, "failed": 1, "skipped": 0}
    assert {row["name"]: row["outcome"] for row in found["checks"]}["package.too-old"] == "failed"


def test_records_of_the_vendors_own_making_will_do(tmp_path: Path) -> None:
    with practice(tmp_path) as (_app, address, account):
        results(address, account, only=["certificate.own"])
        bench = open_bench(Request(address, account))
        folder = tmp_path / "own"
        folder.mkdir()
        for number in range(40):
            document = bench.material.new_record()
            (folder / f"{number:02d}.xml").write_bytes(document.data)
            if number == 0:
                (folder / "successor.xml").write_bytes(bench.material.replace(document).data)
        found = results(address, account, records=folder)
        assert failed(found) == []
        few = tmp_path / "few"
        few.mkdir()
        (few / "a.xml").write_bytes(bench.material.new_record().data)
        short = results(address, account, records=few)
    assert failed(short) == [] and short["record.replacement-first"].outcome is Outcome.SKIPPED


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"user_name": "a"}', '{"unit": "1"}'])
def test_a_wrong_account_file_is_a_sentence(content: str, tmp_path: Path) -> None:
    account = tmp_path / "access.json"
    account.write_text(content, encoding="utf-8")
    done = CliRunner().invoke(cli, ["conformance", "http://127.0.0.1:9", "--account", str(account)])
    assert done.exit_code == 3, done.output


def test_nothing_goes_to_another_machine_over_plain_http(tmp_path: Path) -> None:
    with practice(tmp_path) as (_app, _address, account):
        done = CliRunner().invoke(cli, ["conformance", "http://csdl.haiphong.edu.vn", "--account", str(account)])
    assert done.exit_code == 1 and "PLAIN_HTTP" in done.output


def test_a_dead_portal_fails_every_check(tmp_path: Path) -> None:
    with practice(tmp_path) as (_app, address, account):
        pass
    assert conform(Request(address, account), Console(quiet=True)) == 1
