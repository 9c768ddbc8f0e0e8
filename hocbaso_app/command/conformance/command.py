"""What the command line asks for, made into a bench, run, and shown."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from hocbaso_app.command.exits import ExitCode, InputError
from hocbaso_app.demo.keyring import KeyRing
from hocbaso_app.demo.school import make_school
from hocbaso_app.exchange.codes import CodeSet, code_set
from hocbaso_app.exchange.endpoint import Endpoint
from hocbaso_app.signing.keys import Pkcs12Key

from . import material, report
from .officers import Nobody, Officer, SandboxOfficer
from .suite import Bench, Outcome, Result, run
from .wire import Account, Wire


@dataclass(frozen=True)
class Request:
    """``account``: JSON with user_name, password, unit, key_password and perhaps officer_token, school_year, clerk.

    Its folder has the keys (``keys/*.p12``): all of the made-up school's staff, or with ``records`` only ``seal.p12``.
    """

    address: str
    account: Path
    records: Path | None = None
    codes: Path | None = None
    only: Sequence[str] = ()
    output: Path | None = None
    patience: int = 60


def conform(request: Request, console: Console) -> ExitCode:
    """Run the checks; 0 when none failed."""
    bench = open_bench(request)
    results: list[Result] = []
    for result in run(bench, request.only):
        console.print(f"{report.WORDS[result.outcome]}[/]  {result.check.name}  {result.check.title}")
        results.append(result)
    console.print(report.table([r for r in results if r.outcome is not Outcome.PASSED]))
    counts = report.counted(results)
    console.print(
        f"{len(results)} kiểm tra: {counts['passed']} đạt, {counts['failed']} không đạt, {counts['skipped']} bỏ qua"
    )
    if request.output:
        found = report.to_json(request.address, bench.wire.codes.name, results)
        request.output.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return ExitCode.FAILED if counts["failed"] or not counts["passed"] else ExitCode.OK


def open_bench(request: Request) -> Bench:
    """From files; :class:`InputError` says which one is wrong."""
    own = _read_account(request.account)
    try:
        account = Account(own["user_name"], own["password"], own["unit"], int(own.get("school_year", 2025)))
        # the endpoint's rule that nothing goes over plain http to another machine holds here too
        Endpoint(request.address, account.user_name, account.password, account.unit, account.school_year)
        found = _material(request, own)
    except (KeyError, ValueError, OSError) as error:
        raise InputError("ACCOUNT_WRONG", f"{request.account}: thiếu hoặc sai {error}.", f"{error}") from error
    officer: Officer = Nobody()
    if own.get("officer_token"):
        officer = SandboxOfficer(request.address, own["officer_token"])
    wire = Wire(request.address, account, _codes(request.codes))
    return Bench(wire, found, officer, lambda: time.sleep(1.0), request.patience)


def _read_account(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("FILE_UNREADABLE", f"Không đọc được {path}: {error}.", f"{path}: {error}") from error
    if not isinstance(found, dict):
        raise InputError("FILE_UNREADABLE", f"{path} không phải đối tượng JSON.", f"{path} is no object")
    return found


def _material(request: Request, own: dict[str, str]) -> material.Material:
    keys, password = request.account.parent / "keys", own["key_password"].encode()
    school = make_school()

    def load(name: str) -> Pkcs12Key:
        return Pkcs12Key.load((keys / f"{name}.p12").read_bytes(), password)

    if request.records:
        return material.from_files(request.records, load("seal"), own.get("clerk", school.clerk.name), school)
    if own["unit"] != school.code:
        raise ValueError(f"đơn vị {own['unit']} (không có --records thì chỉ dùng trường giả định {school.code})")
    persons = {person.citizen_id: load(person.citizen_id) for person in school.staff}
    return material.practice(school, KeyRing(dict(persons), load("seal")))


def _codes(path: Path | None) -> CodeSet:
    if path is None:
        return code_set()
    try:
        return CodeSet.from_json(path.read_text(encoding="utf-8"))
    except (OSError, KeyError, ValueError) as error:
        raise InputError("CODES_WRONG", f"{path} không phải bộ mã của cổng: {error}.", f"{path}: {error}") from error
