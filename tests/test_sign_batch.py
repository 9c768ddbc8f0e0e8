"""``hocbaso sign`` and ``hocbaso keys`` with every key source: whole classes, interruptions, going on another way."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from sample_records import PUPIL, TEACHERS, sample_record
from signing_world import CLERK, NOW, World, world
from test_cli import Outcome, hocbaso

from hocbaso_app.command import signing
from hocbaso_app.command.sources import OpenedSource
from hocbaso_app.demo.ca import DemoCA, to_pkcs12
from hocbaso_app.demo.signers.app import SignerApp
from hocbaso_app.demo.signers.csc import CscSigner
from hocbaso_app.demo.signers.mysign import MySignSigner
from hocbaso_app.demo.signers.remote_faults import SignerFault
from hocbaso_app.demo.signers.serving import running as serving
from hocbaso_app.demo.signers.smartca import PREFIX, SmartCaSigner
from hocbaso_app.demo.signers.soft_token import SoftTokens, missing
from hocbaso_app.demo.signers.subscribers import Subscriber
from hocbaso_app.demo.signers.vgca import VgcaFault, VgcaService
from hocbaso_app.demo.signers.vgca import running as vgca_running
from hocbaso_app.record.document import Document, build
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.keys.remote import waiting
from hocbaso_app.signing.slots import Stage
from hocbaso_app.signing.test_signature import check_test
from hocbaso_app.signing.verify import verify

PASSWORD, PIN, LABEL = "mật khẩu", "123456", "Cô Mai"
PUPILS, OWN_SLOTS, SLOT = 35, 6, "ky-mon-02"
CLIENT = ("truong-hoa-phuong", "bi-mat-cua-truong")
CLIENT_SECRET = {"HOCBASO_CLIENT_SECRET": CLIENT[1]}
STATE = signing.STATE_NAME

needs_softhsm = pytest.mark.skipif(missing() is not None, reason=missing() or "")


def homeroom() -> LocalKey:
    return world().teachers["homeroom"]


@cache
def draft(number: int) -> bytes:
    code = f"123e4567-e89b-42d3-a456-5566424400{number:02d}"
    data = build(sample_record(grade=1, record_code=code)).data
    return data.replace(PUPIL.encode(), f"{PUPIL[:-2]}{number:02d}".encode())


def drafts() -> dict[str, bytes]:
    return {f"{number:02d}.xml": draft(number) for number in range(PUPILS)}


@pytest.fixture(scope="module", autouse=True)
def _in_time() -> None:
    if datetime.now(timezone.utc) > world().principal.certificate.not_valid_after_utc:
        pytest.skip("the sample certificates are over")


@pytest.fixture
def pupils(tmp_path: Path) -> Path:
    """A class: 35 files of which the homeroom teacher has to sign six slots each."""
    folder = tmp_path / "lop-1a"
    folder.mkdir()
    for name, data in drafts().items():
        (folder / name).write_bytes(data)
    return folder


def p12(folder: Path, key: LocalKey | None = None, name: str = "key") -> Path:
    path = folder / f"{name}.p12"
    path.write_bytes(to_pkcs12(key or homeroom(), PASSWORD.encode()))
    return path


def with_p12(folder: Path, *arguments: object, key: LocalKey | None = None, password: str = PASSWORD) -> Outcome:
    return hocbaso("sign", *arguments, "--pkcs12", p12(folder, key), env={"HOCBASO_PKCS12_PASSWORD": password})


def signed(folder: Path, own: int = OWN_SLOTS) -> list[str]:
    """Files in which the teacher's slots are filled and right; no file is in between."""
    names = []
    for file in sorted(folder.glob("*.xml")):
        data = file.read_bytes()
        if data == drafts()[file.name]:
            continue
        document = Document.parse(data)
        report = verify(document, world().trust, at=datetime.now(timezone.utc), stage=Stage.SUBJECT).report
        mine = [s for s in report.signatures if s.citizen_id == TEACHERS["homeroom"][1]]
        assert len(mine) == own and all(s.indication.value == "TOTAL-PASSED" for s in mine), file
        names.append(file.name)
    return names


def everyone(folder: Path, own: int = OWN_SLOTS) -> bool:
    return len(signed(folder, own)) == PUPILS and not (folder / STATE).exists()


class TestPkcs12:
    def test_a_class_with_one_password(self, pupils: Path, tmp_path: Path) -> None:
        done = with_p12(tmp_path, pupils)
        assert done.code == 0, done.err
        assert "210 ô trong 35 tệp" in done.err
        assert everyone(pupils)

    def test_a_wrong_password_touches_nothing(self, pupils: Path, tmp_path: Path) -> None:
        done = with_p12(tmp_path, pupils, password="sai")
        assert done.code == 1 and "[PKCS12_UNREADABLE]" in done.err
        assert signed(pupils) == [] and not (pupils / STATE).exists()

    def test_one_file_that_cannot_be_signed_stops_the_class_before_anything(self, pupils: Path, tmp_path: Path) -> None:
        (pupils / "07.xml").write_bytes(b"<broken")
        done = with_p12(tmp_path, pupils, "--slot", "ky-mon-01")
        assert done.code == 1 and "[FILES_NOT_READY]" in done.err and "07.xml" in done.err
        assert {name for name, data in drafts().items() if (pupils / name).read_bytes() != data} == {"07.xml"}
        assert not (pupils / STATE).exists()

    def test_into_another_folder(self, pupils: Path, tmp_path: Path) -> None:
        out = tmp_path / "signed"
        assert with_p12(tmp_path, pupils, "-o", out).code == 0
        assert signed(pupils) == [] and len(signed(out)) == PUPILS

    def test_nothing_waits_for_a_stranger(self, pupils: Path, tmp_path: Path) -> None:
        done = with_p12(tmp_path, pupils, key=world().principal)
        assert done.code == 1 and "[EARLIER_STAGE_MISSING]" in done.err
        stranger = world().ca.person("Người lạ", "999100000001", algorithm="ec")
        done = with_p12(tmp_path, pupils, key=stranger)
        assert done.code == 1 and "[NOTHING_TO_SIGN]" in done.err

    def test_the_seal_of_a_class_names_the_clerk(self, pupils: Path, tmp_path: Path) -> None:
        here: World = world()
        ready = here.sign(Document.parse(draft(0)), until=Stage.MANAGER, at=datetime.now(timezone.utc)).data
        files = sorted(pupils.glob("*.xml"))[:3]
        for file in files:
            file.write_bytes(ready)
        assert "[CLERK_MISSING]" in with_p12(tmp_path, *files, key=here.school).err
        assert with_p12(tmp_path, *files, "--clerk", CLERK, key=here.school).code == 0
        for file in files:
            document = Document.parse(file.read_bytes())
            report = verify(document, here.trust, at=datetime.now(timezone.utc)).report
            assert report.conclusion.value == "TOTAL-PASSED" and CLERK in file.read_text(encoding="utf-8")


KILLED = """
import os, signal, sys
from hocbaso_app.command import signing
from hocbaso_app.command.sources import OpenedSource
from hocbaso_app.cli import app
write, count = signing.write, 0
def cut_off(path, data):
    global count
    count += 1
    if count > 20: os.kill(os.getpid(), signal.SIGKILL)
    write(path, data)
signing.write = cut_off
app(sys.argv[1:])
"""


@pytest.mark.requirement("Y089")
def test_power_cut_at_20_keeps_20_and_15_go_on(pupils: Path, tmp_path: Path) -> None:
    """One confirmation for 35 records; the process is killed while it writes the 21st."""
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    options = ["sign", str(pupils), "--pkcs12", str(p12(tmp_path)), "--password-file", str(secret)]
    done = subprocess.run([sys.executable, "-c", KILLED, *options], capture_output=True, check=False)
    assert done.returncode == -9
    first = signed(pupils)
    assert len(first) == 20
    kept = {name: (pupils / name).read_bytes() for name in first}
    again = hocbaso(*options)
    assert again.code == 3 and "[BATCH_UNFINISHED]" in again.err and "--resume" in again.err
    done = hocbaso("sign", "--yes", "--resume", pupils / STATE, env={"HOCBASO_PKCS12_PASSWORD": PASSWORD})
    assert done.code == 0, done.err
    assert everyone(pupils)
    assert kept == {name: (pupils / name).read_bytes() for name in first}


@needs_softhsm
class TestToken:
    @pytest.fixture
    def token(self, tmp_path: Path) -> Iterator[SoftTokens]:
        made = SoftTokens(tmp_path / "softhsm")
        made.make(LABEL, PIN)
        made.put(LABEL, PIN, homeroom())
        with made.in_use():
            yield made

    @staticmethod
    def sign(*arguments: object, pin: str = PIN) -> Outcome:
        return hocbaso("sign", *arguments, "--source", "pkcs11", "--set", f"token={LABEL}", env={"HOCBASO_PIN": pin})

    def pulled_out_after(self, files: int, token: SoftTokens, monkeypatch: pytest.MonkeyPatch) -> None:
        write, count = signing.write, 0

        def counted(path: Path, data: bytes) -> None:
            nonlocal count
            write(path, data)
            count += 1
            if count == files:
                token.pull_out()

        monkeypatch.setattr(signing, "write", counted)

    def test_a_class_with_one_pin(self, token: SoftTokens, pupils: Path) -> None:
        done = self.sign(pupils)
        assert done.code == 0, done.err
        assert everyone(pupils)

    def test_a_wrong_pin_signs_nothing_and_leaves_nothing_behind(self, token: SoftTokens, pupils: Path) -> None:
        done = self.sign(pupils, pin="654321")
        assert done.code == 1 and "[PIN_WRONG]" in done.err and "--resume" not in done.err
        assert signed(pupils) == [] and not (pupils / STATE).exists()
        assert "654321" not in done.out + done.err

    def test_pulled_out_and_plugged_in_again(
        self, token: SoftTokens, pupils: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.pulled_out_after(20, token, monkeypatch)
        done = self.sign(pupils)
        assert done.code == 1 and "[TOKEN_REMOVED]" in done.err
        assert "20/35" in done.err and f"--resume {pupils / STATE}" in done.err
        assert len(signed(pupils)) == 20
        assert PIN not in (pupils / STATE).read_text(encoding="utf-8")
        assert (pupils / STATE).stat().st_mode & 0o077 == 0
        still_gone = hocbaso("sign", "--yes", "--resume", pupils / STATE, env={"HOCBASO_PIN": PIN})
        assert still_gone.code == 1 and len(signed(pupils)) == 20
        token.plug_in()
        done = hocbaso("sign", "--yes", "--resume", pupils / STATE, env={"HOCBASO_PIN": PIN})
        assert done.code == 0, done.err
        assert everyone(pupils)

    def test_the_rest_goes_on_with_another_source(
        self, token: SoftTokens, pupils: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.pulled_out_after(20, token, monkeypatch)
        assert self.sign(pupils).code == 1
        done = with_p12(tmp_path, "--resume", pupils / STATE)
        assert done.code == 0, done.err
        assert everyone(pupils)

    def test_another_person_cannot_go_on(
        self, token: SoftTokens, pupils: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.pulled_out_after(20, token, monkeypatch)
        assert self.sign(pupils).code == 1
        done = with_p12(tmp_path, "--resume", pupils / STATE, key=world().principal)
        assert done.code == 1 and "[WRONG_PERSON]" in done.err
        assert len(signed(pupils)) == 20 and (pupils / STATE).exists()

    def test_tokens_and_certificates_are_listed_and_checked(
        self, token: SoftTokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "300")
        module = f"module={token.driver.path}"
        done = hocbaso("keys", "list", "--set", module, "--trust", world().folder)
        assert done.code == 0, done.err
        assert TEACHERS["homeroom"][0] in done.out and TEACHERS["homeroom"][1] in done.out and "Dùng được" in done.out
        foreign = DemoCA.create(datetime.now(timezone.utc)).person("Người lạ", "999100000001", algorithm="ec")
        token.make("Thẻ lạ", PIN)
        token.put("Thẻ lạ", PIN, foreign)
        listed = json.loads(hocbaso("keys", "list", "--set", module, "--trust", world().folder, "--json").out)
        faults = {one["holder"]: one["fault"] for one in listed}
        assert faults[TEACHERS["homeroom"][0]] == "" and faults["Người lạ"]

    def test_no_token_at_all(self, tmp_path: Path) -> None:
        empty = SoftTokens(tmp_path / "empty")
        with empty.in_use():
            done = hocbaso("keys", "list", "--set", f"module={empty.driver.path}")
        assert done.code == 1 and "[TOKEN_UNKNOWN]" in done.err and "Hãy cắm" in done.err

    def test_a_test_signature(self, token: SoftTokens, tmp_path: Path) -> None:
        out = tmp_path / "tried.json"
        options = ("--source", "pkcs11", "--set", f"token={LABEL}", "-o", out)
        done = hocbaso("keys", "test", *options, env={"HOCBASO_PIN": PIN})
        assert done.code == 0 and "Ký thử được" in done.out
        tried = json.loads(out.read_text(encoding="utf-8"))
        assert check_test(homeroom().certificate, tried["text"].encode(), base64.b64decode(tried["value"]))
        assert hocbaso("keys", "test", *options, env={"HOCBASO_PIN": "000000"}).code == 1


class TestPlugin:
    def test_a_class(self, pupils: Path) -> None:
        with vgca_running(VgcaService(homeroom())) as where:
            done = hocbaso("sign", pupils, "--source", "plugin", "--set", f"address={where}")
        assert done.code == 0, done.err
        assert everyone(pupils)

    def test_cancelled_in_the_middle_then_another_way(self, pupils: Path, tmp_path: Path) -> None:
        service = VgcaService(homeroom())
        with vgca_running(service) as where:
            answer, asked = service.answer, 0

            def cancelling(command: str, message: str) -> str:
                nonlocal asked
                asked += command == "SignMsg"
                if asked == 20 * OWN_SLOTS + 3:
                    service.faults.switch(VgcaFault.CANCELLED, 1)
                return answer(command, message)

            service.answer = cancelling  # type: ignore[method-assign]
            done = hocbaso("sign", pupils, "--source", "plugin", "--set", f"address={where}")
        assert done.code == 1 and "[REFUSED_BY_SIGNER]" in done.err
        assert len(signed(pupils)) == 20
        assert with_p12(tmp_path, "--resume", pupils / STATE).code == 0
        assert everyone(pupils)


def _smartca(person: Subscriber) -> tuple[SignerApp, str]:
    return SmartCaSigner([person], CLIENT), PREFIX


def _mysign(person: Subscriber) -> tuple[SignerApp, str]:
    return MySignSigner([person], CLIENT), ""


@pytest.mark.parametrize(("kind", "make"), [("smartca", _smartca), ("mysign", _mysign)])
class TestPhone:
    @pytest.fixture
    def person(self) -> Subscriber:
        return Subscriber(TEACHERS["homeroom"][1], homeroom(), multisign=1000)

    @staticmethod
    def settings(kind: str, address: str, person: Subscriber) -> tuple[str, ...]:
        values = {"address": address, "client_id": CLIENT[0], "account": person.account, "poll_seconds": 0.05}
        return ("--source", kind, "--set", json.dumps(values))

    def test_a_class_with_one_confirmation(
        self, kind: str, make: Callable[[Subscriber], tuple[SignerApp, str]], person: Subscriber, pupils: Path
    ) -> None:
        app, prefix = make(person)
        app.phone.habit = True
        with serving(app) as where:
            done = hocbaso(
                "sign", pupils, "--slot", SLOT, *self.settings(kind, where + prefix, person), env=CLIENT_SECRET
            )
        assert done.code == 0, done.err
        assert everyone(pupils, 1)
        (prompt,) = app.phone.prompts.values()
        assert prompt.count == PUPILS and "35 học bạ" in prompt.title

    def test_more_than_the_service_takes_goes_in_parts(
        self, kind: str, make: Callable[[Subscriber], tuple[SignerApp, str]], person: Subscriber, pupils: Path
    ) -> None:
        app, prefix = make(person)
        app.phone.habit = True
        with serving(app) as where:
            done = hocbaso("sign", pupils, *self.settings(kind, where + prefix, person), env=CLIENT_SECRET)
        assert done.code == 0, done.err
        assert everyone(pupils)
        asked = [prompt.count for prompt in app.phone.prompts.values()]
        assert sum(asked) == PUPILS * OWN_SLOTS
        assert (len(asked) > 1) == ("một lần xác nhận" in done.err)

    def test_asked_now_confirmed_later_fetched_by_another_run(
        self, kind: str, make: Callable[[Subscriber], tuple[SignerApp, str]], person: Subscriber, pupils: Path
    ) -> None:
        app, prefix = make(person)
        with serving(app) as where:
            settings = self.settings(kind, where + prefix, person)
            done = hocbaso("sign", pupils, "--slot", SLOT, *settings, "--no-wait", env=CLIENT_SECRET)
            assert done.code == 2 and "--resume" in done.err, done.err
            assert signed(pupils) == []
            assert hocbaso("sign", "--yes", "--resume", pupils / STATE, "--no-wait", env=CLIENT_SECRET).code == 2
            (prompt,) = app.phone.waiting()
            app.phone.reply(prompt.id, True)
            done = hocbaso("sign", "--yes", "--resume", pupils / STATE, env=CLIENT_SECRET)
        assert done.code == 0, done.err
        assert everyone(pupils, 1) and len(app.orders) == 1
        assert CLIENT[1] not in done.err

    def test_refused_on_the_phone_then_the_token(
        self,
        kind: str,
        make: Callable[[Subscriber], tuple[SignerApp, str]],
        person: Subscriber,
        pupils: Path,
        tmp_path: Path,
    ) -> None:
        app, prefix = make(person)
        with serving(app) as where:
            settings = self.settings(kind, where + prefix, person)
            assert hocbaso("sign", pupils, "--slot", SLOT, *settings, "--no-wait", env=CLIENT_SECRET).code == 2
            (prompt,) = app.phone.waiting()
            app.phone.reply(prompt.id, False)
            done = hocbaso("sign", "--yes", "--resume", pupils / STATE, env=CLIENT_SECRET)
            assert done.code == 1 and "[REFUSED_BY_SIGNER]" in done.err
        assert signed(pupils) == []

    def test_a_service_that_is_down_for_a_while_loses_nothing_that_was_confirmed(
        self, kind: str, make: Callable[[Subscriber], tuple[SignerApp, str]], person: Subscriber, pupils: Path
    ) -> None:
        app, prefix = make(person)
        with serving(app) as where:
            settings = self.settings(kind, where + prefix, person)
            assert hocbaso("sign", pupils, "--slot", SLOT, *settings, "--no-wait", env=CLIENT_SECRET).code == 2
            (prompt,) = app.phone.waiting()
            app.phone.reply(prompt.id, True)
            app.faults.switch(SignerFault.DOWN, -1)
            done = hocbaso("sign", "--yes", "--resume", pupils / STATE, env=CLIENT_SECRET)
            assert done.code == 1 and "[SERVICE_UNREACHABLE]" in done.err and (pupils / STATE).exists()
            app.faults.switch(SignerFault.DOWN, 0)
            assert hocbaso("sign", "--yes", "--resume", pupils / STATE, env=CLIENT_SECRET).code == 0
        assert everyone(pupils, 1) and len(app.orders) == 1

    def test_waiting_outlasts_a_service_that_goes_away(
        self,
        kind: str,
        make: Callable[[Subscriber], tuple[SignerApp, str]],
        person: Subscriber,
        pupils: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        app, prefix = make(person)
        app.phone.habit = True
        look, looked = waiting._look, 0

        def away_at_first(*arguments: object) -> object:
            nonlocal looked
            looked += 1
            app.faults.switch(SignerFault.DOWN, 3 if looked == 1 else 0)
            return look(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(waiting, "_look", away_at_first)
        with serving(app) as where:
            settings = self.settings(kind, where + prefix, person)
            done = hocbaso("sign", pupils, "--slot", SLOT, *settings, env=CLIENT_SECRET)
        assert done.code == 0, done.err
        assert looked == 2 and everyone(pupils, 1) and len(app.orders) == 1

    def test_a_record_that_changed_while_the_phone_was_asked_stops_no_other(
        self,
        kind: str,
        make: Callable[[Subscriber], tuple[SignerApp, str]],
        person: Subscriber,
        pupils: Path,
        tmp_path: Path,
    ) -> None:
        app, prefix = make(person)
        with serving(app) as where:
            settings = self.settings(kind, where + prefix, person)
            assert hocbaso("sign", pupils, "--slot", SLOT, *settings, "--no-wait", env=CLIENT_SECRET).code == 2
            (pupils / "03.xml").write_bytes(draft(4))
            (prompt,) = app.phone.waiting()
            app.phone.reply(prompt.id, True)
            done = hocbaso("sign", "--yes", "--resume", pupils / STATE, env=CLIENT_SECRET)
        assert done.code == 1 and "[FILES_CHANGED]" in done.err and "03.xml" in done.err
        assert (pupils / "03.xml").read_bytes() == draft(4)
        (pupils / "03.xml").write_bytes(draft(3))
        assert len(signed(pupils, 1)) == PUPILS - 1
        assert with_p12(tmp_path, "--resume", pupils / STATE).code == 0
        assert everyone(pupils, 1)

    def test_while_the_phone_is_silent_the_work_goes_on_another_way(
        self,
        kind: str,
        make: Callable[[Subscriber], tuple[SignerApp, str]],
        person: Subscriber,
        pupils: Path,
        tmp_path: Path,
    ) -> None:
        app, prefix = make(person)
        with serving(app) as where:
            settings = self.settings(kind, where + prefix, person)
            assert hocbaso("sign", pupils, "--slot", SLOT, *settings, "--no-wait", env=CLIENT_SECRET).code == 2
        assert with_p12(tmp_path, "--resume", pupils / STATE).code == 0
        assert everyone(pupils, 1)


def test_csc_with_a_pin(pupils: Path) -> None:
    app = CscSigner([Subscriber(TEACHERS["homeroom"][1], homeroom(), pin=PIN, multisign=100)], CLIENT)
    with serving(app) as where:
        values = {"address": where, "client_id": CLIENT[0], "account": TEACHERS["homeroom"][1]}
        options = (pupils, "--source", "csc", "--set", json.dumps(values))
        env = CLIENT_SECRET
        assert "[PIN_NEEDED]" in hocbaso("sign", *options, env=env).err
        wrong = hocbaso("sign", *options, env={**env, "HOCBASO_PIN": "000000"})
        assert "[PIN_WRONG]" in wrong.err and signed(pupils) == []
        done = hocbaso("sign", *options, env={**env, "HOCBASO_PIN": PIN})
    assert done.code == 0, done.err
    assert everyone(pupils)


class TestKeyboard:
    """What the source turns out to need is asked for when somebody sits there, and the batch goes on."""

    @pytest.fixture
    def typed(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
        def will_type(*answers: object) -> list[str]:
            prompts: list[str] = []
            left = list(answers)

            def getpass(prompt: str) -> str:
                prompts.append(prompt)
                answer = left.pop(0)
                return str(answer() if callable(answer) else answer)

            monkeypatch.setattr("getpass.getpass", getpass)
            monkeypatch.setattr(sys, "stdin", Terminal())
            return prompts

        return will_type

    @needs_softhsm
    def test_the_pin_of_a_token(self, pupils: Path, tmp_path: Path, typed: Callable[..., list[str]]) -> None:
        tokens = SoftTokens(tmp_path / "softhsm")
        tokens.make(LABEL, PIN)
        tokens.put(LABEL, PIN, homeroom())
        prompts = typed(PIN)
        with tokens.in_use():
            done = hocbaso("sign", pupils, "--source", "pkcs11", "--set", f"token={LABEL}")
        assert done.code == 0, done.err
        assert prompts == ["PIN: "] and everyone(pupils)

    def test_an_otp_for_each_part_that_the_service_takes(self, pupils: Path, typed: Callable[..., list[str]]) -> None:
        person = Subscriber(TEACHERS["homeroom"][1], homeroom(), pin=PIN, otp="offline", multisign=90)
        app = CscSigner([person], CLIENT)
        prompts = typed(CLIENT[1], PIN, *[lambda: person.code] * 3)
        with serving(app) as where:
            values = {"address": where, "client_id": CLIENT[0], "account": person.account}
            done = hocbaso("sign", pupils, "--source", "csc", "--set", json.dumps(values))
        assert done.code == 0, done.err
        assert everyone(pupils)
        assert prompts[1:] == ["PIN: ", "OTP: ", "OTP: ", "OTP: "]  # 210 signatures, 90 for one authorisation

    def test_the_password_of_a_file(self, pupils: Path, tmp_path: Path, typed: Callable[..., list[str]]) -> None:
        assert typed(PASSWORD) == []
        assert hocbaso("sign", pupils, "--pkcs12", p12(tmp_path)).code == 0
        assert everyone(pupils)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestJournal:
    @pytest.fixture
    def broken_off(self, pupils: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A batch in which 20 files were written and the disk was full for the 21st."""
        write, count = signing.write, 0

        def full(path: Path, data: bytes) -> None:
            nonlocal count
            count += 1
            if count > 20:
                raise OSError(28, "No space left on device", str(path))
            write(path, data)

        monkeypatch.setattr(signing, "write", full)
        assert with_p12(tmp_path, pupils).code == 3
        monkeypatch.setattr(signing, "write", write)
        assert len(signed(pupils)) == 20
        return pupils / STATE

    def go_on(self, state: Path) -> Outcome:
        return hocbaso("sign", "--yes", "--resume", state, env={"HOCBASO_PKCS12_PASSWORD": PASSWORD})

    def test_a_torn_last_line_is_no_harm(self, broken_off: Path, pupils: Path) -> None:
        with broken_off.open("ab") as stream:
            stream.write(b'{"value": "AAA')
        assert self.go_on(broken_off).code == 0
        assert everyone(pupils)

    def test_a_record_that_changed_meanwhile_is_prepared_anew(self, broken_off: Path, pupils: Path) -> None:
        """Its value was made (and could not be written); it must not get into other data."""
        (pupils / "20.xml").write_bytes(draft(21))
        (pupils / "21.xml").write_bytes(draft(20))
        assert self.go_on(broken_off).code == 0
        assert everyone(pupils)

    def test_a_file_that_went_away_is_named(self, broken_off: Path, pupils: Path) -> None:
        (pupils / "25.xml").unlink()
        done = self.go_on(broken_off)
        assert done.code == 1 and "25.xml" in done.err
        assert len(signed(pupils)) >= 20

    @pytest.mark.parametrize(
        "content", [b"", b"{}\n", b"[]\nx", b"\xff\n", b'{"kind": "hocbaso sign 1"}\n', b"x\nx", b"[" * 99999 + b"\n"]
    )
    def test_another_file_is_no_batch(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "state"
        path.write_bytes(content)
        done = self.go_on(path)
        assert done.code == 3 and "[BATCH_UNREADABLE]" in done.err
        assert path.read_bytes() == content

    def test_whose_file_it_is(self, broken_off: Path, pupils: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that others can write may name any driver, address and file."""
        broken_off.chmod(0o620)
        assert "[BATCH_FOREIGN]" in self.go_on(broken_off).err
        with monkeypatch.context() as patched:
            broken_off.chmod(0o600)
            patched.setattr(os, "getuid", lambda: broken_off.stat().st_uid + 1)
            assert "[BATCH_FOREIGN]" in self.go_on(broken_off).err
            again = hocbaso(
                "sign", pupils, "--pkcs12", pupils.parent / "key.p12", env={"HOCBASO_PKCS12_PASSWORD": PASSWORD}
            )
            assert "[BATCH_FOREIGN]" in again.err and "--resume" not in again.err
        assert len(signed(pupils)) == 20
        assert self.go_on(broken_off).code == 0

    def test_what_the_file_names_is_shown_before_it_is_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pupils: Path
    ) -> None:
        state, opened = tmp_path / "state", []
        monkeypatch.setattr(OpenedSource, "open", lambda *a: opened.append(a))
        parts = [{"file": str(pupils / "00.xml"), "output": "/nơi/khác", "slot": SLOT}]
        source = {"kind": "pkcs11", "settings": {"module": "/tmp/lạ.so\x1b[2J"}}
        lines = [{"kind": "hocbaso sign 1", "clerk": None, "parts": parts}, {"source": source}]
        state.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        for stdin, code in ((io.StringIO(), 64), (Terminal("n\n"), 130)):
            monkeypatch.setattr(sys, "stdin", stdin)
            asked = hocbaso("sign", "--resume", state)
            assert asked.code == code and "pkcs11: module=/tmp/lạ.so?[2J" in asked.err and "/nơi/khác" in asked.err
        assert opened == []

    def test_it_is_only_kept_while_needed(self, pupils: Path, tmp_path: Path) -> None:
        elsewhere = tmp_path / "state"
        assert with_p12(tmp_path, pupils, "--state", elsewhere).code == 0
        assert not elsewhere.exists() and not (pupils / STATE).exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["x.xml"],
        ["x.xml", "--source", "pkcs12"],
        ["x.xml", "--source", "plugin", "--pkcs12", "x.p12"],
        ["x.xml", "--source", "plugin", "--set", "address"],
        ["x.xml", "--source", "plugin", "--set", "{"],
        ["--source", "plugin"],
        ["x.xml", "--resume", "y"],
        ["x.xml", "--source", "bogus"],
        ["--resume", __file__, "--set", "a=b"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    assert hocbaso("sign", *arguments).code == 64


def test_other_sources_are_listed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    env = {"HOCBASO_PKCS12_PASSWORD": PASSWORD}
    done = hocbaso("keys", "list", "--pkcs12", p12(tmp_path), "--trust", world().folder, env=env)
    assert done.code == 0 and TEACHERS["homeroom"][1] in done.out
    ended = world().ca.person("Cô Mai", "999185000001", algorithm="ec", not_after=NOW - timedelta(days=300))
    with vgca_running(VgcaService(ended)) as where:
        done = hocbaso("keys", "list", "--source", "plugin", "--set", f"address={where}")
    assert done.code == 1 and "đã hết hạn" in done.out


def test_a_missing_program_is_told_with_the_next_step(pupils: Path) -> None:
    done = hocbaso("sign", pupils, "--source", "plugin", "--set", "address=ws://127.0.0.1:9")
    assert done.code == 1 and "[PLUGIN_MISSING]" in done.err and "Hãy mở phần mềm" in done.err
    assert hocbaso("keys", "test", "--source", "plugin", "--set", "address=ws://127.0.0.1:9").code == 1
