"""``hocbaso evidence`` and ``hocbaso verify`` with evidence, over folders."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from evidence_world import LongWorld, day, long_world, stamper
from rich.console import Console
from sample_records import PRINCIPAL, TEACHERS, sample_record
from signing_world import DEPARTMENT_TAX_CODE, NOW, TAX_CODE, World
from test_cli import hocbaso

from hocbaso_app.command import evidence
from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.serving import running
from hocbaso_app.demo.signers.tsa import TimestampAuthority, TsaApp, TsaFault
from hocbaso_app.progress import Progressing
from hocbaso_app.record.document import build
from hocbaso_app.signing.evidence.bundle import Bundle
from hocbaso_app.signing.evidence.making import Stamper
from hocbaso_app.signing.evidence.record import EvidenceError

PROVED = '"proofs": ["evidence"]'
TODAY = datetime.now(timezone.utc).replace(microsecond=0)


class PresentWorld(World):
    """The signing world with today's certificates: the command line knows only today."""

    def __init__(self) -> None:
        self.ca = DemoCA.create(TODAY)
        self.teachers = {name: self.ca.person(*who, algorithm="ec") for name, who in TEACHERS.items()}
        self.principal = self.ca.person(*PRINCIPAL, algorithm="ec")
        self.school = self.ca.organisation("Trường", TAX_CODE, algorithm="ec")
        self.department = self.ca.organisation("Sở", DEPARTMENT_TAX_CODE, algorithm="ec")
        self.tsa = TimestampAuthority.of(self.ca)


@cache
def present() -> PresentWorld:
    return PresentWorld()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three records of today's world and what is no record."""
    present().write_trust(folder=tmp_path / "trust")
    folder = tmp_path / "records"
    folder.mkdir()
    for grade in (3, 4, 5):
        document = present().sign(build(sample_record(grade=grade)), at=TODAY)
        (folder / f"{document.record.general.record_code}-{grade}.xml").write_bytes(document.data)
    newer_lists(folder)
    return folder


def newer_lists(archive: Path) -> None:
    """Made after everything that is in the folder now."""
    for authority in present().ca.authorities:
        crl = authority.crl(datetime.now(timezone.utc) + timedelta(seconds=1))
        (archive.parent / "trust/crls" / f"{authority.name}.crl").write_bytes(crl)


@pytest.fixture
def tsa() -> Iterator[str]:
    with running(TsaApp(present().tsa)) as address:
        yield address


def trusting(archive: Path) -> tuple[str, Path]:
    return "--trust", archive.parent / "trust"


def test_made_shown_verified_foretold(archive: Path, tsa: str) -> None:
    made = hocbaso("evidence", "make", archive, *trusting(archive), "--tsa", tsa)
    assert made.code == 0 and "3 học bạ" in made.out, made
    files = sorted(archive.glob("*.evidence"))
    assert [f.stem for f in files] == sorted(f.stem for f in archive.glob("*.xml"))
    tokens = {Bundle.from_bytes(f.read_bytes()).record.newest.token for f in files}
    assert len(tokens) == 1

    again = hocbaso("evidence", "make", archive, *trusting(archive), "--tsa", tsa, "--json")
    assert again.code == 0 and json.loads(again.out) == {"done": 0, "left": 3, "refused": []}

    shown = hocbaso("evidence", "show", files[0], *trusting(archive))
    assert shown.code == 0 and "sha256" in shown.out and "tệp đã có trước" in shown.out
    shown = hocbaso("evidence", "show", files[0].with_suffix(".xml"), *trusting(archive), "--json")
    assert json.loads(shown.out)["holds"] is True

    verified = hocbaso("verify", archive, *trusting(archive), "--json")
    assert verified.code == 0
    for line in verified.out.splitlines():
        assert all("evidence" in s["proofs"] for s in json.loads(line)["signatures"])

    lasting = hocbaso("evidence", "forecast", archive, *trusting(archive), "--months", "12")
    assert lasting.code == 0 and "0 trong 3" in lasting.out
    failing = hocbaso("evidence", "forecast", archive, *trusting(archive), "--months", "24", "--json")
    assert failing.code == 1 and json.loads(failing.out)["reasons"]["tsa-ends"] == 3


def test_without_evidence_the_forecast_names_the_signers(archive: Path) -> None:
    found = hocbaso("evidence", "forecast", archive, *trusting(archive))
    assert found.code == 1 and "3 trong 3" in found.out and "3 học bạ chưa có bằng chứng" in found.out


def test_renewed_over_http(archive: Path, tsa: str) -> None:
    hocbaso("evidence", "make", archive, *trusting(archive), "--tsa", tsa)
    nothing = hocbaso("evidence", "renew", archive, *trusting(archive), "--tsa", tsa, "--months", "12", "--json")
    assert json.loads(nothing.out) == {"done": 0, "left": 3, "refused": []}
    useless = hocbaso("evidence", "renew", archive, *trusting(archive), "--tsa", tsa, "--months", "36", "--json")
    assert useless.code == 1 and {r["code"] for r in json.loads(useless.out)["refused"]} == {"NOT_LONGER"}
    longer = TimestampAuthority(present().ca.timestamper(not_after=TODAY + timedelta(days=1500)))
    with running(TsaApp(longer)) as other:
        renewed = hocbaso("evidence", "renew", archive, *trusting(archive), "--tsa", other, "--months", "36")
    assert renewed.code == 0 and "Đã gia hạn: 3" in renewed.out
    for file in archive.glob("*.evidence"):
        assert len(Bundle.from_bytes(file.read_bytes()).record.chains[0].timestamps) == 2
    assert hocbaso("verify", archive, *trusting(archive)).code == 0


def test_a_service_that_fails_leaves_everything_as_it_was(archive: Path, tsa: str) -> None:
    present().tsa.switch(TsaFault.WRONG_IMPRINT, 1)
    failed = hocbaso("evidence", "make", archive, *trusting(archive), "--tsa", tsa)
    assert failed.code == 1 and "TSA_IMPRINT" in failed.err and list(archive.glob("*.evidence")) == []


def test_what_is_not_valid_gets_no_evidence(archive: Path, tsa: str) -> None:
    first, second, _ = sorted(archive.glob("*.xml"))
    first.write_bytes(first.read_bytes().replace(b"<CHIEU_CAO>1", b"<CHIEU_CAO>2", 1))
    second.write_bytes(b"<x/>")
    made = hocbaso("evidence", "make", archive, *trusting(archive), "--tsa", tsa, "--json")
    outcome = json.loads(made.out)
    assert made.code == 1 and outcome["done"] == 1
    assert [(r["file"], r["code"]) for r in outcome["refused"]] == [
        (str(first), "NOT_VALID"),
        (str(second), "NOT_CANONICAL"),
    ]
    refused = json.loads(hocbaso("evidence", "renew", archive, *trusting(archive), "--tsa", tsa, "--json").out)
    assert {r["code"] for r in refused["refused"]} == {"NO_EVIDENCE"}


def test_evidence_waits_for_lists_that_are_newer_than_the_signatures(archive: Path, tsa: str) -> None:
    """Who was revoked an hour before he signed may not be on yesterday's list, whatever time he claims."""
    document = present().sign(build(sample_record(grade=2)), at=TODAY - timedelta(hours=1))
    early = archive / "early.xml"
    time.sleep(2)  # status changes of files can't be set
    early.write_bytes(document.data)
    os.utime(early, (0, 0))
    made = json.loads(hocbaso("evidence", "make", archive, *trusting(archive), "--tsa", tsa, "--json").out)
    assert made["done"] == 3 and [(r["file"], r["code"]) for r in made["refused"]] == [(str(early), "TOO_EARLY")]
    newer_lists(archive)
    made = json.loads(hocbaso("evidence", "make", archive, *trusting(archive), "--tsa", tsa, "--json").out)
    assert made == {"done": 1, "left": 3, "refused": []}


def test_evidence_at_once_when_that_is_wanted(archive: Path, tsa: str) -> None:
    document = present().sign(build(sample_record(grade=2)), at=TODAY)
    time.sleep(2)
    (archive / "early.xml").write_bytes(document.data)
    made = hocbaso("evidence", "make", archive, *trusting(archive), "--tsa", tsa, "--at-once", "--json")
    assert json.loads(made.out)["done"] == 4


def test_evidence_from_another_folder_and_of_another_file(archive: Path, tsa: str, tmp_path: Path) -> None:
    hocbaso("evidence", "make", archive, *trusting(archive), "--tsa", tsa)
    kept = tmp_path / "kept"
    kept.mkdir()
    first, second, _ = sorted(archive.glob("*.evidence"))
    for file in archive.glob("*.evidence"):
        shutil.move(file, kept)
    record = first.with_suffix(".xml")
    assert PROVED not in hocbaso("verify", record, *trusting(archive), "--json").out
    for named in (kept, kept / first.name):
        assert PROVED in hocbaso("verify", record, *trusting(archive), "--evidence", named, "--json").out
    wrong = hocbaso("verify", record, *trusting(archive), "--evidence", kept / second.name)
    assert wrong.code == 2 and "SIGNED_DATA_NOT_FOUND" in wrong.out
    assert hocbaso("verify", record, *trusting(archive), "--evidence", kept / "none.evidence").code == 3


def test_damaged_evidence_is_said_and_never_passed_over(archive: Path) -> None:
    record = min(archive.glob("*.xml"))
    record.with_suffix(".evidence").write_bytes(b"<!DOCTYPE x>")
    assert hocbaso("evidence", "show", record).code == 1
    verified = hocbaso("verify", record, *trusting(archive))
    assert verified.code == 2 and "EVIDENCE_UNREADABLE" in verified.out


@cache
def progress() -> Progressing:
    return Progressing(Console(quiet=True))


def test_a_time_stamper_unknown_here_leaves_everything_as_it_was(archive: Path) -> None:
    files, trust = sorted(archive.glob("*.xml")), present().write_trust(folder=archive.parent / "trust")
    stranger = TimestampAuthority(DemoCA.create(TODAY, "Stranger").timestamper())
    with pytest.raises(EvidenceError, match="NO_CERTIFICATE_CHAIN_FOUND"):
        evidence.make(files, trust, stamper(stranger, TODAY), TODAY, progress())
    assert list(archive.glob("*.evidence")) == []
    evidence.make(files, trust, stamper(present().tsa, TODAY), TODAY, progress())
    before = [path.read_bytes() for path in sorted(archive.glob("*.evidence"))]
    with pytest.raises(EvidenceError, match="NO_CERTIFICATE_CHAIN_FOUND"):
        evidence.renew(files, trust, stamper(stranger, TODAY), TODAY, day(2050), progress())
    assert [path.read_bytes() for path in sorted(archive.glob("*.evidence"))] == before


def test_a_folder_through_twelve_years(tmp_path: Path) -> None:
    """The same functions as the commands, with the clock moved; each year what is due and nothing else."""
    w: LongWorld = long_world()
    for grade in (3, 4, 5):
        (tmp_path / f"{grade}.xml").write_bytes(w.sign(build(sample_record(grade=grade))).data)
    files = sorted(tmp_path.glob("*.xml"))
    first = NOW + timedelta(days=7)

    def stamps(by: int, at: datetime) -> Stamper:
        return stamper(w.stampers[by], at)

    assert evidence.make(files, w.trust_of(first), stamps(0, first), first, progress()).done == 3
    for by, at in ((1, day(2028, 12)), (2, day(2031, 12)), (2, day(2034)), (3, day(2035, 12))):
        early = at - timedelta(days=300)
        if by < 2:
            idle = evidence.renew(
                files, w.trust_of(early), stamps(0, early), early, early + timedelta(days=1), progress()
            )
            assert (idle.done, idle.left) == (0, 3)
        before = at + timedelta(days=365)
        done = evidence.renew(files, w.trust_of(at), stamps(by, at), at, before, progress())
        assert (done.done, done.refused) == (3, []), at
    assert [
        [len(chain.timestamps) for chain in Bundle.from_bytes(evidence.evidence_path(f).read_bytes()).record.chains]
        for f in files
    ] == [[3, 2]] * 3
    at = day(2038)
    for path in files:
        bundle = evidence.bundle_beside(path)
        assert isinstance(bundle, Bundle) and bundle.check(path.read_bytes(), w.trust_of(at), at).ok
    found, unread = evidence.foretell(files, w.trust_of(at), at, day(2040, 4), progress())
    assert found.failing == () and unread.refused == []
    found, _ = evidence.foretell(files, w.trust_of(at), at, day(2040, 6), progress())
    assert "3 trong 3" in evidence.forecast_to_text(found)
    late = evidence.renew(files, w.trust_of(day(2041)), stamps(3, at), day(2041), day(2042), progress())
    assert {code for _, code, _ in late.refused} == {"OUT_OF_BOUNDS_NO_POE"} and late.done == 0
