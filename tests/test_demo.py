"""The whole path: what the demo leaves behind is what it says, and stands up to verification."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from demo_world import PUPILS, demo_output, released

from hocbaso_app.demo.folder import DemoError, OutputFolder
from hocbaso_app.demo.sandbox import parse_fault
from hocbaso_app.exchange import receipts, status_list
from hocbaso_app.exchange.sandbox.faults import Fault
from hocbaso_app.print_formats import summary as print_summary
from hocbaso_app.record.diff import diff, touched_parts
from hocbaso_app.record.document import Document
from hocbaso_app.record.json_codec import from_json
from hocbaso_app.signing.evidence.bundle import Bundle
from hocbaso_app.signing.slots import Stage, expected_slots
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.verify import verify


@pytest.fixture(scope="module")
def folder() -> Path:
    return demo_output()


@pytest.fixture(scope="module")
def facts(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def trust(folder: Path) -> TrustStore:
    return TrustStore.load(folder / "trust")


def stems(folder: Path, kind: str, suffix: str) -> set[str]:
    return {p.name.removesuffix(suffix) for p in (folder / kind).glob(f"*{suffix}")}


def test_folder_has_its_fixed_shape(folder: Path) -> None:
    assert {p.name for p in folder.iterdir()} == {
        "trust", "records", "json", "print", "receipts", "recalled", "waiting", "summary.json",
    }  # fmt: skip
    names = {str(p.relative_to(folder / "trust")) for p in (folder / "trust").rglob("*") if p.is_file()}
    assert {"registry.json", "registry.cose", "roots/root.pem", "crls/persons.crl"} <= names
    records = stems(folder, "records", ".xml")
    assert len(records) == 5 * PUPILS - 1
    assert stems(folder, "json", ".json") == records
    old = stems(folder, "recalled", ".xml")
    assert stems(folder, "receipts", ".cose") == stems(folder, "receipts", ".json") == records | old


def test_every_record_verifies_and_has_its_receipt(folder: Path, trust: TrustStore) -> None:
    numbers = set()
    for path in released():
        result = verify(path.read_bytes(), trust)
        assert result.valid, result.report.to_text("en")
        assert len(result.report.signatures) == len(expected_slots(result.record))
        receipt = receipts.read((folder / "receipts" / f"{path.stem}.cose").read_bytes(), trust)
        assert receipt.sha256 == result.document.sha256
        assert receipt.record_code == result.record.general.record_code
        numbers.add(receipt.number)
    assert len(numbers) == len(released())


def test_every_record_has_evidence_with_one_timestamp_and_one_was_tried_years_later(
    folder: Path, facts: dict[str, Any], trust: TrustStore
) -> None:
    bundles = {p: Bundle.from_bytes(p.with_suffix(".evidence").read_bytes()) for p in released()}
    assert len({b.record.newest.token for b in bundles.values()}) == 1
    assert facts["counts"]["evidence"] == len(bundles)
    for path, bundle in bundles.items():
        assert bundle.check(path.read_bytes(), trust, datetime.now(timezone.utc)).ok
    later = facts["later"]
    assert (later["with_evidence"], later["without_evidence"]) == ("TOTAL-PASSED", "INDETERMINATE")


def test_one_record_was_recalled_and_only_what_changed_was_signed_again(
    folder: Path, facts: dict[str, Any], trust: TrustStore
) -> None:
    (old_path,) = (folder / "recalled").glob("*.xml")
    old = Document.parse(old_path.read_bytes())
    (recall,) = facts["recalls"]
    assert recall["record_code"] == old.record.general.record_code
    new_path = next(p for p in released() if recall["replaced_by"] in p.name)
    new = Document.parse(new_path.read_bytes())
    assert new.record.general.replaces_code == recall["record_code"]
    assert new.record.general.issue_number == "2"

    changes = diff(old.record, new.record)
    assert touched_parts(changes) == {"mon-01"}
    same = {s.id for s in expected_slots(new.record) if new.slot(s.id) == old.slot(s.id)}
    assert {s.id for s in expected_slots(new.record)} - same == {"ky-mon-01", "ky-gvcn", "ky-cbql", "ky-phat-hanh"}
    assert (recall["signatures_kept"], recall["signatures_new"]) == (len(same), 4)

    states = status_list.read((folder / "recalled" / "status-list.cose").read_bytes(), trust)
    assert states.recalled == {recall["record_code"]: recall["recalled_at"]}


def test_a_pupil_without_citizen_id_waits_fully_signed_but_unsealed(
    folder: Path, facts: dict[str, Any], trust: TrustStore
) -> None:
    (path,) = (folder / "waiting").glob("*.xml")
    document = Document.parse(path.read_bytes())
    assert document.record.general.citizen_id is None
    assert not document.slot("ky-phat-hanh")
    assert verify(document, trust, stage=Stage.MANAGER).valid
    assert not verify(document, trust).valid
    assert [w["record_code"] for w in facts["waiting"]] == [document.record.general.record_code]
    assert path.stem not in stems(folder, "receipts", ".cose")


def test_summary_counts_what_is_there(folder: Path, facts: dict[str, Any]) -> None:
    counts = facts["counts"]
    assert facts["state"] == "finished"
    assert counts["records"] == len(released())
    assert counts["receipts"] == len(released()) + counts["recalled"]
    assert counts["asked_again"] == PUPILS, "the lost answer to the first package was asked for, not sent again"
    assert counts["pdfs"] == len(list((folder / "print").glob("*.pdf")))
    verified = sum(len(expected_slots(Document.parse(p.read_bytes()).record)) for p in released())
    assert counts["signatures_verified"] == verified
    assert sum(n for results in facts["results"].values() for n in results.values()) == 5 * PUPILS
    assert len(facts["hard_cases"]) == 6
    names = [s["name"] for s in facts["stages"]]
    assert names == [
        "prepare", "confirm", "initialise", "sign-gvbm", "sign-gvcn", "sign-cbql", "sign-release",
        "submit", "recall", "verify", "evidence", "json", "print",
    ]  # fmt: skip
    assert sum(s["seconds"] for s in facts["stages"]) <= facts["seconds"] < 120


def test_json_gives_the_identical_file_back(folder: Path) -> None:
    for path in released():
        text = (folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8")
        assert from_json(text) == path.read_bytes()


def test_prints_and_their_sealed_summaries(folder: Path, facts: dict[str, Any], trust: TrustStore) -> None:
    if facts["pdf_missing"]:
        pytest.skip(facts["pdf_missing"])
    pdfs = stems(folder, "print", ".pdf")
    sealed = stems(folder, "print", ".cose")
    assert len(sealed) == 10
    assert {s.removesuffix("-draft").removesuffix("-recalled") for s in pdfs - sealed} == (
        stems(folder, "waiting", ".xml") | stems(folder, "recalled", ".xml")
    )
    for stem in sealed:
        document = Document.parse((folder / "records" / f"{stem}.xml").read_bytes())
        text = print_summary.to_text((folder / "print" / f"{stem}.cose").read_bytes())
        statement = print_summary.check(text, _seal_certificates(document, trust))
        assert print_summary.differences(statement, document) == ()
        assert (folder / "print" / f"{stem}.pdf").read_bytes().startswith(b"%PDF-")


def _seal_certificates(document: Document, trust: TrustStore) -> list[x509.Certificate]:
    report = verify(document, trust).report
    sha256 = {c.sha256 for school in trust.registry.schools for c in school.certificates}
    seal = report.signatures[-1].certificate
    assert seal is not None and seal.sha256 in sha256
    inner = document.slot("ky-phat-hanh").decode()
    body = inner.split("<X509Certificate>")[1].split("</X509Certificate>")[0]
    return [x509.load_pem_x509_certificate(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----".encode())]


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(DemoError) as caught:
        OutputFolder(tmp_path).prepare()
    assert caught.value.code == "DEMO_FOLDER_IN_USE"
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_an_earlier_run_is_replaced(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path / "out")
    folder.prepare()
    left = folder.path("records", "old", ".xml")
    left.write_text("x", encoding="utf-8")
    folder.prepare()
    assert not left.exists()


def test_without_pango_everything_but_pdf_works(tmp_path: Path) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango-1.0-0')\n", encoding="utf-8")
    root = Path(__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(root)])}
    out = tmp_path / "out"
    command = [sys.executable, "-m", "hocbaso_app.cli", "demo", "--out", str(out), "--pupils", "1", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert "Pango" in facts["pdf_missing"]
    assert facts["counts"]["pdfs"] == 0
    assert facts["counts"]["records"] == len(list((out / "records").glob("*.xml"))) == 4


def test_fault_names() -> None:
    assert parse_fault("slow:2") == (Fault.SLOW, 2)
    assert parse_fault("500") == (Fault.SERVER_ERROR, -1)
    with pytest.raises(DemoError):
        parse_fault("bogus")
