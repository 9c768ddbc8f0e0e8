"""The test vectors in docs/api come out as they say, and can be read by the steps their page describes."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.exchange import receipts, status_list, vectors
from hocbaso_app.exchange.sandbox.store import Store
from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.verify import verify

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "api" / "vectors"
INDEX, VECTORS = vectors.read(FOLDER)
AT = read_instant(INDEX["at"])


def trust() -> TrustStore:
    return TrustStore.load(FOLDER / "trust", at=AT)


def played(folder: Path, tmp_path: Path) -> None:
    key = DemoCA.create(AT).organisation("Sở", "0209999000")  # seals the receipts of this run, which nobody reads
    store = Store(tmp_path / "portal.sqlite")
    try:
        vectors.replay(folder, shutil.copytree(folder / "trust", tmp_path / "trust"), store, key)
    finally:
        store.close()


@pytest.mark.requirement("Y104")
def test_every_message_gets_the_answer_that_is_written_down(tmp_path: Path) -> None:
    played(FOLDER, tmp_path)
    assert len(VECTORS) >= 24
    assert {v.code for v in VECTORS} >= {"00", "01", "14", "20", "21", "22", "23", "34", "40", "42"}


@pytest.mark.parametrize(("name", "change"), [("nop", {"code": "20"}), ("nop-lan-lon", {"records": [["00", 1]]})])
def test_a_vector_that_says_something_else_is_found(name: str, change: dict[str, object], tmp_path: Path) -> None:
    own = shutil.copytree(FOLDER, tmp_path / "vectors")
    index = json.loads((own / "index.json").read_text(encoding="utf-8"))
    next(v for v in index["vectors"] if v["name"] == name).update(change)
    (own / "index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(vectors.VectorError, match=name):
        played(own, tmp_path)


def test_the_steps_lead_from_content_to_list_with_common_tools_alone() -> None:
    steps = FOLDER / "steps"
    raw = base64.b64decode((steps / "4-content.txt").read_text(), validate=True)
    assert raw == (steps / "3-length-and-gzip.bin").read_bytes()
    (length,) = struct.unpack("<I", raw[:4])
    escaped = gzip.decompress(raw[4:])
    assert len(escaped) == length and escaped == (steps / "2-escaped.txt").read_bytes()
    xml = escaped.replace(b'\\"', b'"')
    assert xml == (steps / "1-list.xml").read_bytes()
    items = re.findall(rb"<HOC_BA>.*?</HOC_BA>", xml, re.DOTALL)
    assert len(items) == 1 and items[0] == (FOLDER / "records" / "hop-le.xml").read_bytes()


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="needs xmlsec1")
def test_another_maker_reads_the_list_signature() -> None:
    """xmlsec1 checks reference and value; whose certificate it is, is the registry's question."""
    roots = list((FOLDER / "trust" / "roots").glob("*.pem"))
    between = list((FOLDER / "trust" / "intermediates").glob("*.pem"))
    command = ["xmlsec1", "--verify", "--id-attr:id", "DANH_SACH_HOC_BA", "--id-attr:Id", "SignatureProperty"]
    for path in roots:
        command += ["--trusted-pem", str(path)]
    for path in between:
        command += ["--untrusted-pem", str(path)]
    name = "/*[local-name()='DANH_SACH_HOC_BA']/*[local-name()='Signature']"
    command += ["--node-xpath", name, "--verification-time", AT.strftime("%Y-%m-%d %H:%M:%S")]
    done = subprocess.run([*command, str(FOLDER / "steps" / "1-list.xml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", json.loads((FOLDER / "records" / "index.json").read_text(encoding="utf-8")))
def test_records_conclude_as_written(name: str) -> None:
    expected = json.loads((FOLDER / "records" / "index.json").read_text(encoding="utf-8"))[name]
    data = (FOLDER / "records" / f"{name}.xml").read_bytes()
    etree.fromstring(data)
    assert verify(data, trust(), at=AT).report.conclusion.value == expected


def test_statements_say_what_is_written() -> None:
    expected = json.loads((FOLDER / "statements" / "index.json").read_text(encoding="utf-8"))
    receipt = receipts.read((FOLDER / "statements" / "receipt.cose").read_bytes(), trust(), at=AT)
    assert {name: getattr(receipt, name) for name in expected["receipt"]} == expected["receipt"]
    listed = status_list.read((FOLDER / "statements" / "status-list.cose").read_bytes(), trust(), at=AT)
    assert list(listed.recalled) == expected["status-list"]["recalled"]


def test_only_public_parts_lie_there_and_every_file_is_named() -> None:
    files = [p for p in FOLDER.rglob("*") if p.is_file()]
    assert not [p for p in files if b"PRIVATE KEY" in p.read_bytes() or p.suffix in (".p12", ".pfx", ".key")]
    assert {p.name for p in (FOLDER / "messages").iterdir()} == {Path(v.file).name for v in VECTORS}
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{p.name}" in page for p in FOLDER.iterdir() if p.name != "README.md")
