"""hocbaso timestamp, export and original with a service that answers by HTTP; the service as people start it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest
from evidence_world import stamper
from sample_records import sample_record
from test_cli import hocbaso
from test_evidence_command import archive, present, trusting, tsa

from hocbaso_app.command.inputs import MAX_BYTES
from hocbaso_app.demo.ca import to_pkcs12
from hocbaso_app.demo.signers.tsa import TsaFault
from hocbaso_app.record.document import Document, build
from hocbaso_app.signing.evidence.bundle import Bundle, group_of
from hocbaso_app.signing.evidence.making import make as evidence_of
from hocbaso_app.signing.slots import expected_slots
from hocbaso_app.signing.timestamps import TimestampClient, read_token, slots_without
from hocbaso_app.signing.validation_data import ValidationData

__all__ = ["archive", "tsa"]


@pytest.fixture
def file(archive: Path) -> Path:
    return min(archive.glob("*.xml"))


def levels(file: Path, archive: Path) -> tuple[int, set[str], str]:
    said = hocbaso("verify", file, *trusting(archive), "--json")
    report = json.loads(said.out)
    return said.code, {s["level"] for s in report["signatures"]}, report["level"]


def test_from_b_to_t_to_a_copy_and_back(file: Path, archive: Path, tsa: str, tmp_path: Path) -> None:
    assert levels(file, archive) == (0, {"B"}, "B")
    stamped = hocbaso("timestamp", file, *trusting(archive), "--tsa", tsa)
    count = len(Document.parse(file.read_bytes()).slots)
    assert stamped.code == 0 and f"thêm {count} dấu thời gian" in stamped.out
    assert levels(file, archive) == (0, {"T"}, "T")
    shown = hocbaso("verify", file, *trusting(archive))
    assert "(XAdES-T)" in shown.out and "có bằng chứng từ" in shown.out
    assert "(XAdES-T)" in hocbaso("show", file).out
    before = file.read_bytes()
    copy, back = tmp_path / "copy.xml", tmp_path / "back.xml"
    for level in ("LT", "LTA"):
        made = hocbaso("export", file, "-o", copy, "--level", level, *trusting(archive), "--tsa", tsa)
        assert made.code == 0 and f"XAdES-{level}" in made.out, made
        taken = hocbaso("original", copy, "-o", back)
        assert taken.code == 0 and hashlib.sha256(before).hexdigest() in taken.out and level in taken.out
        assert back.read_bytes() == before == file.read_bytes()
    again = hocbaso("timestamp", file, *trusting(archive), "--tsa", tsa)
    assert again.code == 0 and "thêm 0 dấu" in again.out and file.read_bytes() == before


def test_after_the_seal_s_timestamp_nothing_changes(file: Path, archive: Path, tsa: str) -> None:
    from hocbaso_app.signing.timestamps import timestamp_slots

    document = timestamp_slots(Document.parse(file.read_bytes()), ["ky-phat-hanh"], present().tsa)
    file.write_bytes(document.data)
    refused = hocbaso("timestamp", file, *trusting(archive), "--tsa", tsa)
    assert refused.code == 1 and "không sửa nữa" in refused.out
    assert file.read_bytes() == document.data and slots_without(document)


def test_a_file_with_evidence_stays_as_it_is_and_is_exported_with_it(file: Path, archive: Path, tsa: str) -> None:
    """The evidence is of these octets: one timestamp more, and it would be of another file."""
    made = hocbaso("evidence", "make", file, *trusting(archive), "--tsa", tsa)
    assert made.code == 0, made
    before, beside = file.read_bytes(), file.with_suffix(".evidence")
    refused = hocbaso("timestamp", file, *trusting(archive), "--tsa", tsa)
    assert refused.code == 1 and "không sửa nữa" in refused.out and file.read_bytes() == before
    assert hocbaso("verify", file, *trusting(archive)).code == 0
    bundle = Bundle.from_bytes(beside.read_bytes())
    data = bundle.validation_data | ValidationData.of(crls=[os.urandom(MAX_BYTES)])  # as large as a national list
    (record,) = evidence_of([group_of(before, data)], stamper(present().tsa, datetime.now(timezone.utc)))
    beside.write_bytes(Bundle(data, record).to_bytes())
    exported = hocbaso("export", file, "-o", archive / "copy", "--level", "LT", *trusting(archive), "--tsa", tsa)
    assert exported.code == 0, exported


def test_a_service_that_is_down_and_a_copy_that_is_none(file: Path, archive: Path, tsa: str, tmp_path: Path) -> None:
    present().tsa.switch(TsaFault.DOWN)
    before = file.read_bytes()
    for arguments in (("timestamp", file), ("export", file, "-o", tmp_path / "copy.xml")):
        refused = hocbaso(*arguments, *trusting(archive), "--tsa", tsa)
        assert refused.code == 1 and "không trả lời" in refused.err
    present().tsa.faults.clear()
    assert file.read_bytes() == before and not (tmp_path / "copy.xml").exists()
    none = hocbaso("original", file, "-o", tmp_path / "back.xml")
    assert none.code in (1, 3) and "bản sao" in none.err


def test_the_service_as_people_start_it(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "hocbaso_app.cli",
        "sandbox",
        "--signer",
        "tsa",
        "--port",
        "0",
        "--fault",
        "reject:1",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL) as service:
        try:
            assert service.stdout is not None
            address = service.stdout.readline().split()[0]
            client = TimestampClient(address)
            with pytest.raises(Exception, match="TSA_REFUSED"):
                client.stamp(b"HBS")
            assert read_token(client.stamp(b"HBS")).signature_is_right
        finally:
            service.send_signal(signal.SIGINT)
            assert service.wait(20) == 0


def test_sign_at_level_t_at_once_or_b_with_a_sentence(archive: Path, tsa: str, tmp_path: Path) -> None:
    document = build(sample_record(grade=3))
    slot = expected_slots(document.record)[0]
    file, key = tmp_path / "new.xml", tmp_path / "key.p12"
    key.write_bytes(to_pkcs12(present().key_of(slot), b"123456"))
    asked = ("sign", file, "--slot", slot.id, "--pkcs12", key, *trusting(archive), "--tsa", tsa)
    secret = {"HOCBASO_PKCS12_PASSWORD": "123456"}
    file.write_bytes(document.data)
    signed = hocbaso(*asked, env=secret)
    assert signed.code == 0 and "thêm 1 dấu thời gian" in signed.err, signed
    assert not slots_without(Document.parse(file.read_bytes()))
    file.write_bytes(document.data)
    present().tsa.switch(TsaFault.DOWN)
    signed = hocbaso(*asked, env=secret)
    present().tsa.faults.clear()
    assert signed.code == 0 and "XAdES-B" in signed.err and "không trả lời" in signed.err
    assert slots_without(Document.parse(file.read_bytes())) == (slot.id,)
