"""The command line: each command, each exit code, and never a traceback."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest.mock import patch

import pytest
import requests
from demo_world import demo_output, released
from sample_records import PRINCIPAL, TEACHERS, sample_record
from signing_world import CLERK, World, world

from hocbaso_app.cli import StageName, app
from hocbaso_app.command.exits import ExitCode, worst
from hocbaso_app.demo.ca import to_pkcs12
from hocbaso_app.record.document import Document, build
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.slots import Stage, expected_slots

PASSWORD = "mật khẩu"


@dataclass
class Outcome:
    code: int
    out: str
    err: str


def hocbaso(*arguments: object, env: dict[str, str] | None = None) -> Outcome:
    """Call it in this process; Typer's own runner differs too much between its versions."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        patch.dict(os.environ, env or {}),
        pytest.raises(SystemExit) as end,
    ):
        app([str(a) for a in arguments])
    code = end.value.code
    outcome = Outcome(code if isinstance(code, int) else 0, *(s.buffer.getvalue().decode() for s in (out, err)))
    assert "Traceback" not in outcome.out + outcome.err
    return outcome


def trusting(folder: Path | None = None) -> tuple[str, str]:
    return "--trust", str((folder or demo_output()) / "trust")


@pytest.fixture
def good() -> Path:
    return released()[0]


def test_a_file_that_nobody_foresaw_keeps_no_other_from_being_seen(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hocbaso_app.command import verifying

    verify, odd = verifying.verify, good.read_bytes() + b" "

    def broken(data: bytes, *more: object, **options: object) -> object:
        if data == odd:
            raise ZeroDivisionError
        return verify(data, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(verifying, "verify", broken)
    for name, data in (("a", good.read_bytes()), ("b", odd), ("c", good.read_bytes())):
        (tmp_path / f"{name}.xml").write_bytes(data)
    seen = hocbaso("verify", tmp_path, *trusting(), "--json")
    found = [json.loads(line) for line in seen.out.splitlines()]
    assert [one["exit_code"] for one in found] == [0, ExitCode.INTERNAL, 0] and seen.code == ExitCode.INTERNAL
    assert found[1]["error"]["code"] == "INTERNAL"


@pytest.fixture
def altered(good: Path, tmp_path: Path) -> Path:
    data = good.read_bytes()
    changed = data.replace(b"<CHIEU_CAO>1", b"<CHIEU_CAO>2", 1)
    assert changed != data
    path = tmp_path / "altered.xml"
    path.write_bytes(changed)
    return path


@pytest.fixture
def no_crls(tmp_path: Path) -> Path:
    """A trust folder in which persons' revocation lists are missing."""
    shutil.copytree(demo_output() / "trust", tmp_path / "no-crls" / "trust")
    (tmp_path / "no-crls" / "trust" / "crls" / "persons.crl").unlink()
    return tmp_path / "no-crls"


GARBAGE = {
    "empty": b"",
    "binary": bytes(range(256)),
    "not XML": b"hello",
    "truncated": b"<HOC_BA><DU_LIEU_HOC_BA",
    "UTF-16": "<HOC_BA></HOC_BA>".encode("utf-16"),
    "deep": b"<a>" * 5000 + b"</a>" * 5000,
    "huge": b"<a>" + b"x" * (5 << 20) + b"</a>",
    "JSON of something else": b'{"a": 1}',
    "JSON cut off": b'{"HOC_BA": ',
    "deep JSON": b'{"HOC_BA":' * 3000,
}


@pytest.fixture(params=list(GARBAGE))
def garbage(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "garbage.xml"
    path.write_bytes(GARBAGE[request.param])
    return path


class TestVerify:
    def test_passed(self, good: Path) -> None:
        done = hocbaso("verify", good, *trusting())
        assert done.code == 0
        assert "HỢP LỆ" in done.out and "ky-phat-hanh" in done.out

    def test_english(self, good: Path) -> None:
        assert "TOTAL-PASSED" in hocbaso("verify", good, *trusting(), "--lang", "en").out

    def test_failed(self, altered: Path) -> None:
        done = hocbaso("verify", altered, *trusting())
        assert done.code == 1
        assert "KHÔNG HỢP LỆ" in done.out and "HASH_FAILURE" in done.out

    def test_indeterminate_without_revocation_data_unless_allowed(self, good: Path, no_crls: Path) -> None:
        assert hocbaso("verify", good, *trusting(no_crls)).code == 0  # they are in the evidence beside the file
        alone = no_crls / good.name
        shutil.copy(good, alone)
        assert hocbaso("verify", alone, *trusting(no_crls)).code == 2
        assert hocbaso("verify", alone, *trusting(no_crls), "--revocation", "if-present").code == 0

    def test_unreadable(self, garbage: Path) -> None:
        done = hocbaso("verify", garbage, *trusting(), "--json")
        assert done.code == 3
        assert json.loads(done.out)["exit_code"] == 3

    def test_missing_file_and_missing_trust(self, good: Path, tmp_path: Path) -> None:
        assert hocbaso("verify", tmp_path / "none.xml", *trusting()).code == 3
        assert hocbaso("verify", good, "--trust", tmp_path / "none").code == 3
        assert hocbaso("verify", good, "--trust", tmp_path).code == 3
        assert hocbaso("verify", tmp_path, *trusting()).code == 3  # a folder without records

    def test_stage(self) -> None:
        (waiting,) = (demo_output() / "waiting").glob("*.xml")
        codes = {
            s: hocbaso("verify", waiting, *trusting(), "--stage", s).code for s in ("gvbm", "gvcn", "cbql", "release")
        }
        assert codes == {"gvbm": 0, "gvcn": 0, "cbql": 0, "release": 1}

    def test_an_unsigned_record_fails_even_at_the_first_stage(self, good: Path, tmp_path: Path) -> None:
        path = tmp_path / "unsigned.xml"
        path.write_bytes(build(Document.parse(good.read_bytes()).record).data)
        assert hocbaso("verify", path, *trusting(), "--stage", "gvbm").code == 1

    def test_at(self, good: Path) -> None:
        long_ago = hocbaso("verify", good, *trusting(), "--at", "2026-01-01")
        assert long_ago.code != 0
        soon = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat()
        assert hocbaso("verify", good, *trusting(), "--at", soon).code == 0
        after_expiry = (datetime.now(timezone.utc) + timedelta(days=800)).isoformat()
        assert hocbaso("verify", good, *trusting(), "--at", after_expiry).code in (2, 3)
        assert hocbaso("verify", good, *trusting(), "--at", "hôm qua").code == ExitCode.USAGE

    def test_several_files_give_the_worst(self, good: Path, altered: Path, tmp_path: Path) -> None:
        assert hocbaso("verify", good, good, *trusting()).code == 0
        assert hocbaso("verify", altered, good, *trusting()).code == 1
        done = hocbaso("verify", good, altered, tmp_path / "none.xml", *trusting())
        assert done.code == 3
        assert "3 tệp" in done.out
        assert [worst(c) for c in ([0, 2], [2, 1, 0], [1, 3, 2], [0])] == [2, 1, 3, 0]

    def test_json_is_one_line_per_file(self, good: Path, altered: Path) -> None:
        lines = [json.loads(line) for line in hocbaso("verify", good, altered, *trusting(), "--json").out.splitlines()]
        assert [line["exit_code"] for line in lines] == [0, 1]
        assert lines[0]["conclusion"] == {"indication": "TOTAL-PASSED", "valid": True}
        assert len(lines[0]["signatures"]) == len(expected_slots(Document.parse(good.read_bytes()).record))

    def test_a_folder_and_many_processes_give_the_same_answers(self) -> None:
        folder = demo_output() / "records"
        alone = hocbaso("verify", folder, *trusting(), "--json", "--workers", 1)
        many = hocbaso("verify", folder, *trusting(), "--json", "--workers", 2)
        assert alone.code == many.code == 0
        times = [{**json.loads(line), "validation_time": ""} for line in alone.out.splitlines()]
        assert times == [{**json.loads(line), "validation_time": ""} for line in many.out.splitlines()]
        assert len(times) == len(released())

    def test_json_form_of_a_record(self, good: Path) -> None:
        assert hocbaso("verify", demo_output() / "json" / f"{good.stem}.json", *trusting()).code == 0

    def test_practice_record_against_production_trust(self, good: Path, tmp_path: Path) -> None:
        own = world()
        own.write_trust(replace(own.registry(), environment="production"), tmp_path / "trust")
        done = hocbaso("verify", good, *trusting(tmp_path))
        assert done.code == 1
        assert "WRONG_ENVIRONMENT" in done.out


class TestValidate:
    def test_right_record_without_signatures(self, tmp_path: Path) -> None:
        path = tmp_path / "r.xml"
        path.write_bytes(build(sample_record(4)).data)
        assert hocbaso("validate", path).code == 0
        assert json.loads(hocbaso("validate", path, "--json").out)["valid"] is True

    def test_fault_of_a_rule_names_code_field_and_clause(self, tmp_path: Path) -> None:
        record = sample_record(4)
        path = tmp_path / "r.xml"
        path.write_bytes(build(replace(record, summary=replace(record.summary, overall_result="Hoàn thành"))).data)
        done = hocbaso("validate", path)
        assert done.code == 1
        assert "RESULT_WRONG" in done.out and "KET_QUA_XEP_LOAI" in done.out and "Đ9.2" in done.out
        (first, *_) = json.loads(hocbaso("validate", path, "--json").out)["faults"]
        assert first["message_vi"] and first["message_en"]

    def test_wrong_form(self, tmp_path: Path) -> None:
        path = tmp_path / "r.xml"
        path.write_bytes(build(sample_record(4)).data.replace(b"<MA_KHOI>04", b"<MA_KHOI>xx"))
        done = hocbaso("validate", path)
        assert done.code == 1
        assert "[XSD]" in done.err

    def test_unreadable(self, garbage: Path) -> None:
        assert hocbaso("validate", garbage).code == 3


class TestShow:
    def test_says_that_nobody_verified(self, good: Path) -> None:
        done = hocbaso("show", good)
        assert done.code == 0
        assert "CHƯA XÁC THỰC" in done.out

    def test_verified(self, good: Path) -> None:
        done = hocbaso("show", good, *trusting())
        general = Document.parse(good.read_bytes()).record.general
        assert "CHƯA XÁC THỰC" not in done.out
        assert general.full_name in done.out and general.record_code in done.out

    def test_altered(self, altered: Path) -> None:
        assert "KHÔNG HỢP LỆ" in hocbaso("show", altered, *trusting()).out

    def test_json(self, good: Path) -> None:
        body = json.loads(hocbaso("show", good, "--json").out)
        assert body["conclusion"] is None
        assert body["record"]["HOC_BA"]
        assert json.loads(hocbaso("show", good, "--json", *trusting()).out)["conclusion"] == "TOTAL-PASSED"

    def test_unreadable(self, garbage: Path) -> None:
        assert hocbaso("show", garbage).code == 3


class TestConvert:
    def test_there_and_back(self, good: Path, tmp_path: Path) -> None:
        assert hocbaso("convert", good, "--to", "json", "-o", tmp_path / "r.json").code == 0
        assert hocbaso("convert", tmp_path / "r.json", "--to", "xml", "-o", tmp_path / "r.xml").code == 0
        assert (tmp_path / "r.xml").read_bytes() == good.read_bytes()

    def test_to_stdout(self, good: Path) -> None:
        assert json.loads(hocbaso("convert", good, "--to", "json", "-o", "-").out)["HOC_BA"]

    def test_bad_input_and_output(self, garbage: Path, good: Path, tmp_path: Path) -> None:
        assert hocbaso("convert", garbage, "--to", "json", "-o", tmp_path / "r.json").code == 3
        assert not (tmp_path / "r.json").exists()
        assert hocbaso("convert", good, "--to", "pdf", "-o", tmp_path / "r").code == ExitCode.USAGE
        assert hocbaso("convert", good, "--to", "xml", "-o", garbage / "below" / "r.xml").code == 3


class TestDiff:
    def test_recalled_and_replacement(self) -> None:
        (old,) = (demo_output() / "recalled").glob("*.xml")
        code = json.loads(old.with_suffix(".json").read_text(encoding="utf-8"))["replaced_by"]
        new = next(p for p in released() if code in p.name)
        body = json.loads(hocbaso("diff", old, new, "--json").out)
        assert body["touched_parts"] == ["mon-01"]
        assert [c["element"] for c in body["changes"]] == ["DIEM_KIEM_TRA_DINH_KY"]
        assert "mon-01" in hocbaso("diff", old, new).out

    def test_same(self, good: Path) -> None:
        assert "Không có khác biệt" in hocbaso("diff", good, good).out

    def test_unreadable(self, good: Path, garbage: Path) -> None:
        assert hocbaso("diff", good, garbage).code == 3


class TestPrint:
    def test_pdf_from_verified_bytes(self, good: Path, tmp_path: Path) -> None:
        token = demo_output() / "print" / f"{good.stem}.cose"
        target = tmp_path / "r.pdf"
        done = hocbaso("print", good, "-o", target, *trusting(), "--summary", token)
        if "PDF_ENGINE_MISSING" in done.err:
            pytest.skip("no Pango here")
        assert done.code == 0
        assert target.read_bytes().startswith(b"%PDF-")

    def test_unreadable(self, garbage: Path, tmp_path: Path) -> None:
        assert hocbaso("print", garbage, "-o", tmp_path / "r.pdf").code == 3
        assert not (tmp_path / "r.pdf").exists()


class TestSign:
    @pytest.fixture
    def draft(self, tmp_path: Path) -> Path:
        path = tmp_path / "draft.xml"
        path.write_bytes(build(sample_record(1)).data)
        return path

    @pytest.fixture
    def own(self) -> World:
        return world()

    @staticmethod
    def p12(folder: Path, name: str, key: LocalKey) -> Path:
        path = folder / f"{name}.p12"
        path.write_bytes(to_pkcs12(key, PASSWORD.encode()))
        return path

    @staticmethod
    def sign(file: Path, slot: str, p12: Path, *more: object, password: str = PASSWORD) -> Outcome:
        env = {"HOCBASO_PKCS12_PASSWORD": password}
        return hocbaso("sign", file, "--slot", slot, "--pkcs12", p12, *more, env=env)

    def test_a_whole_record(self, draft: Path, own: World, tmp_path: Path) -> None:
        now = datetime.now(timezone.utc)
        if now > own.principal.certificate.not_valid_after_utc:
            pytest.skip("the sample certificates are over")
        keys = {who[1]: own.teachers[name] for name, who in TEACHERS.items()} | {PRINCIPAL[1]: own.principal}
        secret = tmp_path / "password"
        secret.write_text(PASSWORD + "\n", encoding="utf-8")
        for slot in expected_slots(Document.parse(draft.read_bytes()).record):
            key = keys[slot.signer_citizen_id] if slot.signer_citizen_id else own.school
            clerk = () if slot.signer_citizen_id else ("--clerk", CLERK)
            p12 = self.p12(tmp_path, slot.id, key)
            done = hocbaso("sign", draft, "--slot", slot.id, "--pkcs12", p12, "--password-file", secret, *clerk)
            assert done.code == 0, done.err
        own.write_trust(folder=tmp_path / "trust")
        done = hocbaso("verify", draft, *trusting(tmp_path), "--json")
        assert done.code == 0, done.out

    def test_refusals_leave_the_file_alone(self, draft: Path, own: World, tmp_path: Path) -> None:
        before = draft.read_bytes()
        homeroom = self.p12(tmp_path, "homeroom", own.teachers["homeroom"])
        principal = self.p12(tmp_path, "principal", own.principal)
        seal = self.p12(tmp_path, "seal", own.school)
        refused = {
            "SLOT_UNKNOWN": self.sign(draft, "ky-mon-99", homeroom),
            "PKCS12_UNREADABLE": self.sign(draft, "ky-mon-01", homeroom, password="sai"),
            "WRONG_PERSON": self.sign(draft, "ky-mon-01", principal),
            "EARLIER_STAGE_MISSING": self.sign(draft, "ky-gvcn", homeroom),
            "CLERK_MISSING": self.sign(draft, "ky-phat-hanh", seal),
            "CERTIFICATE_NOT_TRUSTED": self.sign(draft, "ky-mon-01", homeroom, *trusting()),
        }
        for code, done in refused.items():
            assert done.code == 1 and f"[{code}]" in done.err, (code, done)
        assert draft.read_bytes() == before

    def test_to_another_file(self, draft: Path, own: World, tmp_path: Path) -> None:
        before = draft.read_bytes()
        homeroom = self.p12(tmp_path, "homeroom", own.teachers["homeroom"])
        assert self.sign(draft, "ky-mon-01", homeroom, "-o", tmp_path / "signed.xml").code == 0
        assert draft.read_bytes() == before
        signed = tmp_path / "signed.xml"
        assert Document.parse(signed.read_bytes()).slot("ky-mon-01")
        again = self.sign(signed, "ky-mon-01", homeroom)
        assert again.code == 1 and "[SLOT_FILLED]" in again.err

    def test_missing_key_file(self, draft: Path, tmp_path: Path) -> None:
        assert self.sign(draft, "ky-mon-01", tmp_path / "none.p12").code == 3


class TestDemo:
    def test_refuses_a_folder_with_other_things(self, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
        done = hocbaso("demo", "--out", tmp_path)
        assert done.code == 1
        assert "[DEMO_FOLDER_IN_USE]" in done.err

    def test_wrong_numbers(self) -> None:
        assert hocbaso("demo", "--pupils", "0").code == ExitCode.USAGE
        assert hocbaso("demo", "--pupils", "abc").code == ExitCode.USAGE


class TestSandbox:
    @pytest.fixture
    def process(self, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-m", "hocbaso_app.cli", "sandbox", "--port", "0", "--data", str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        yield process
        process.kill()
        process.communicate()

    def test_serves_until_interrupted(self, process: subprocess.Popen[str], tmp_path: Path) -> None:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        assert "thử nghiệm" in requests.get(address, timeout=10).text
        access = json.loads((tmp_path / "access.json").read_text(encoding="utf-8"))
        assert (
            requests.post(f"{address}/api/token", json={"user_name": "x", "password": "y"}, timeout=10).status_code
            == 401
        )
        assert (tmp_path / "access.json").stat().st_mode & 0o077 == 0
        assert access["unit"]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "Traceback" not in errors

    def test_unknown_fault(self, tmp_path: Path) -> None:
        done = hocbaso("sandbox", "--fault", "bogus", "--data", tmp_path / "s")
        assert done.code == 1
        assert "timeout-after-store" in done.err


COMMANDS = ("verify", "validate", "show", "print", "convert", "diff", "sign", "demo", "receipt", "sandbox")


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command: str) -> None:
    assert command in hocbaso("--help").out
    assert hocbaso(command, "--help").code == 0


def test_a_bare_call_shows_the_help() -> None:
    done = hocbaso()
    assert done.code == 0
    assert "verify" in done.out and not done.err


def test_stage_names_are_the_stages() -> None:
    assert [s.value for s in StageName] == [s.value for s in Stage]


def test_wrong_usage_is_not_one_of_the_verdicts() -> None:
    for arguments in (["bogus"], ["verify"], ["verify", "x"], ["verify", "x", "--trust"], ["show", "--bogus"]):
        assert hocbaso(*arguments).code == ExitCode.USAGE


def test_an_error_nobody_thought_of_is_one_line(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("something")

    monkeypatch.setattr("hocbaso_app.cli.read_document", broken)
    done = hocbaso("show", good)
    assert done.code == ExitCode.INTERNAL
    assert "RuntimeError: something" in done.err


def test_as_a_module_and_into_a_closed_pipe() -> None:
    command = [sys.executable, "-m", "hocbaso_app.cli", "verify", *map(str, released() * 20), *trusting(), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ.copy())
    assert process.stdout is not None and process.stderr is not None
    assert json.loads(process.stdout.readline())["exit_code"] == 0
    process.stdout.close()
    errors = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert b"Traceback" not in errors and b"BrokenPipe" not in errors
