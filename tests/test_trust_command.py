"""``hocbaso trust`` on a folder that a department begins, fills and hands out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from hocbaso_app.cli import app
from hocbaso_app.demo.ca import DEPARTMENT, DEPARTMENT_TAX_CODE, DemoCA, to_pkcs12
from hocbaso_app.demo.signers.revocation import RevocationApp, RevocationFault, RevocationService
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.trust import Registry, TrustStore, write_registry

NOW = datetime.now(timezone.utc).replace(microsecond=0)
DAY = timedelta(days=1)


class Desk:
    """A department before its first list."""

    def __init__(self, web: RevocationApp, address: str, folder: Path) -> None:
        self.web, self.folder = web, folder / "trust"
        self.ca = DemoCA.create(NOW, "Quốc gia", address=address, marked=False)
        web.service = RevocationService(self.ca)
        self.key = self.ca.organisation(DEPARTMENT, DEPARTMENT_TAX_CODE, algorithm="ec")
        (folder / "seal.p12").write_bytes(to_pkcs12(self.key, b"123456"))
        (folder / "pin").write_text("123456")
        self.seal = ["--pkcs12", str(folder / "seal.p12"), "--password-file", str(folder / "pin")]
        self.root = folder / "root.pem"
        self.root.write_bytes(self.ca.root.certificate.public_bytes(Encoding.PEM))
        self.sha256 = self.ca.root.certificate.fingerprint(hashes.SHA256()).hex()

    def run(self, *arguments: object, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["trust", *map(str, arguments)])
        assert result.exit_code == code, result.output + str(result.exception)
        return result

    def add(self, *more: object, code: int = 0, **changes: str) -> Result:
        options = {
            "kind": "neac-root",
            "from": "rootca.gov.vn, so với công văn",
            "sha256": ":".join(self.sha256[i : i + 2] for i in range(0, 64, 2)).upper(),
            "reason": "Bắt đầu dùng gốc quốc gia",
            "by": "Trần Thị Bình",
            "approved-by": "Lê Văn Cường",
            "department": DEPARTMENT,
            **changes,
        }
        texts = [text for name, value in options.items() for text in (f"--{name}", value)]
        purposes = ("--purpose", "person", "--purpose", "organisation")
        return self.run("add", self.folder, self.root, *purposes, *texts, *self.seal, *more, code=code)

    def complete(self) -> None:
        """The rest of the folder."""
        (self.folder / "intermediates").mkdir()
        for authority in self.ca.authorities[1:]:
            pem = authority.certificate.public_bytes(Encoding.PEM)
            (self.folder / "intermediates" / f"{authority.name}.pem").write_bytes(pem)
        registry = Registry("production", DEPARTMENT, DEPARTMENT_TAX_CODE, write_instant(NOW), ())
        write_registry(self.folder, registry, self.key)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    web = RevocationApp(None)  # type: ignore[arg-type]
    with running(web) as address:
        yield Desk(web, address, tmp_path)


def shown(desk: Desk) -> dict[str, Any]:
    return json.loads(desk.run("show", desk.folder, "--json").output)  # type: ignore[no-any-return]


def test_a_department_begins_fetches_and_lasts(desk: Desk) -> None:
    desk.add()
    desk.complete()
    desk.run("check", desk.folder, code=3)  # no CRL yet
    teacher = desk.ca.person("Nguyễn Thị An", "031199000001", algorithm="ec").certificate
    (desk.folder.parent / "an.cer").write_bytes(teacher.public_bytes(Encoding.DER))
    assert "✓ crl" in desk.run("fetch", desk.folder, desk.folder.parent / "an.cer").output
    assert "Kiểm tra được đến" in desk.run("check", desk.folder).output
    known = shown(desk)
    assert (known["environment"], known["list"], known["ocsp_answers"]) == ("production", 1, 4)
    assert [anchor["kind"] for anchor in known["anchors"]] == ["neac-root"]
    assert not any(authority["ran_out"] for authority in known["authorities"])
    assert "Gốc quốc gia" in " ".join(desk.run("show", desk.folder).output.split())
    assert TrustStore.load(desk.folder).paths.check(teacher, datetime.now(timezone.utc)).ok
    desk.run("check", desk.folder, "--at", (NOW + 6 * DAY).isoformat(), code=2)


def test_a_server_that_is_down_is_said_and_changes_nothing(desk: Desk) -> None:
    desk.add()
    desk.complete()
    desk.web.service.switch(RevocationFault.DOWN)
    output = desk.run("fetch", desk.folder, code=1).output
    assert "REVOCATION_UNREACHABLE" in output
    assert not list(desk.folder.glob("crls/*"))
    desk.web.service.switch(RevocationFault.DOWN, 0)
    lines = [json.loads(line) for line in desk.run("fetch", desk.folder, "--json").output.splitlines()]
    assert all(line["ok"] and line["until"] for line in lines)
    desk.run("fetch", desk.folder, "--host", "crl.example.vn", code=1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sha256": "00" * 32}, "FINGERPRINT"),
        ({"reason": "x"}, "REASON_MISSING"),
        ({"approved-by": "Trần Thị Bình"}, "SECOND_PERSON"),
    ],
)
def test_a_wrong_decision_writes_nothing(desk: Desk, changes: dict[str, str], words: str) -> None:
    result = desk.add(code=3, **changes)
    assert words in result.output + result.stderr
    assert not (desk.folder / "anchors.cose").exists()


def test_withdrawn_and_handed_out(desk: Desk) -> None:
    desk.add()
    desk.complete()
    desk.run("fetch", desk.folder)
    school = Path(shutil.copytree(desk.folder, desk.folder.parent / "school"))
    decision = ("--reason", "Gốc đã bị lộ khóa", "--by", "A A", "--approved-by", "B B")
    desk.run("withdraw", desk.folder, "00" * 32, *decision, *desk.seal, code=3)
    until = (NOW + DAY).isoformat()
    desk.run("withdraw", desk.folder, desk.sha256, "--until", until, *decision, *desk.seal)
    assert "Đã nhận" in desk.run("take", school, desk.folder / "anchors.cose").output
    assert "mới nhất" in desk.run("take", school, desk.folder / "anchors.cose").output
    known = shown(desk)
    assert known["list"] == 2
    assert known["anchors"][0]["valid_until"] == write_instant(NOW + DAY)
    assert [change["reason"] for change in known["changes"]] == ["Bắt đầu dùng gốc quốc gia", "Gốc đã bị lộ khóa"]
    assert TrustStore.load(school).trust_list == TrustStore.load(desk.folder).trust_list
