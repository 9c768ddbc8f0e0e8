"""A batch of 1,000 slots by every key source against that source's own bare limit, in one run, as ratios of CPU time.

Usage: key_sources.py [--slots N] [--rounds N] [--json FILE]

"values" is the source alone (each value verified before it is given out), "signed" is the whole: slots prepared, signed
by the source with one confirmation, embedded. Remote services and the plug-in are our simulators in the same process,
so both sides carry their cost; a real service's network and a real token's own time come on top of both alike.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import bare_sources as bare
from bench_world import NOW, BenchWorld
from rich.console import Console
from rich.table import Table
from sign_verify import medians

from hocbaso_app.demo.ca import DemoCA, to_pkcs12
from hocbaso_app.demo.signers.csc import CscSigner
from hocbaso_app.demo.signers.mysign import MySignSigner
from hocbaso_app.demo.signers.serving import running as serving
from hocbaso_app.demo.signers.smartca import MAX_FILES, PREFIX, SmartCaSigner
from hocbaso_app.demo.signers.soft_token import SoftTokens, missing
from hocbaso_app.demo.signers.subscribers import Subscriber
from hocbaso_app.demo.signers.vgca import VgcaService
from hocbaso_app.demo.signers.vgca import running as vgca_running
from hocbaso_app.record.document import Document
from hocbaso_app.signing.keys import KeySource, LocalKey, Secrets, SourceDescription, open_source
from hocbaso_app.signing.sign import embed, prepare
from hocbaso_app.signing.slots import Stage, expected_slots

PIN, ACCOUNT = "123456", "031185000001"


@dataclass(frozen=True)
class Contest:
    """A source, opened anew for every batch as a signer does, and the same without us."""

    open: Callable[[], KeySource]
    bare: Callable[[list[bytes]], int]


def slots_of_a_school(wanted: int) -> list[tuple[Document, list[str]]]:
    """Records with so many subject slots in all."""
    with tempfile.TemporaryDirectory() as folder:
        world = BenchWorld(Path(folder), 35)
        found: list[tuple[Document, list[str]]] = []
        for school_class, pupil in world.releasable():
            document = world.unsigned(school_class, pupil)
            names = [slot.id for slot in expected_slots(document.record) if slot.stage is Stage.SUBJECT][:wanted]
            found.append((document, names))
            wanted -= len(names)
            if not wanted:
                return found
    raise SystemExit("the school has not so many slots")


def signed(records: list[tuple[Document, list[str]]], source: KeySource) -> int:
    """All slots prepared, signed with one confirmation, embedded."""
    ready = [[prepare(document, slot, source.certificate, NOW) for slot in slots] for document, slots in records]
    values = iter(source.sign([one.to_be_signed for of_record in ready for one in of_record]))
    size = 0
    for (document, _), of_record in zip(records, ready, strict=True):
        for one in of_record:
            document = embed(document, one, next(values))
        size += len(document.data)
    return size


@contextmanager
def contests(key: LocalKey, folder: Path) -> Iterator[dict[str, Contest]]:
    """Every source that this machine has."""
    serial = format(key.certificate.serial_number, "x")
    mine = Subscriber(ACCOUNT, key, multisign=10**6)
    guarded = Subscriber(ACCOUNT, key, pin=PIN, multisign=10**6)
    file = folder / "key.p12"
    file.write_bytes(to_pkcs12(key, PIN.encode()))
    found: dict[str, Contest] = {}

    def add(kind: str, settings: dict[str, object], against: Callable[[list[bytes]], int]) -> None:
        description, secrets = SourceDescription(kind, settings), Secrets(pin=PIN, client_secret=bare.CLIENT_SECRET)
        found[kind] = Contest(lambda: open_source(description, secrets), against)

    with ExitStack() as open_now:
        add("pkcs12", {"file": str(file)}, lambda items: bare.local(key, items))
        if missing() is None:
            tokens = SoftTokens(folder / "softhsm")
            tokens.make("bench", PIN)
            tokens.put("bench", PIN, key)
            open_now.enter_context(tokens.in_use())
            module = {"module": str(tokens.driver.path)}
            add("pkcs11", module, lambda items: bare.pkcs11(tokens.driver, PIN, items))
        remote = {"client_id": bare.CLIENT_ID, "account": ACCOUNT, "poll_seconds": 0.01}
        csc = open_now.enter_context(serving(CscSigner([guarded], bare.CLIENT)))
        add("csc", {**remote, "address": csc}, lambda items: bare.csc(csc, ACCOUNT, PIN, items))
        smartca, mysign = SmartCaSigner([mine], bare.CLIENT), MySignSigner([mine], bare.CLIENT)
        smartca.phone.habit = mysign.phone.habit = True
        vnpt = open_now.enter_context(serving(smartca)) + PREFIX
        limited = {**remote, "address": vnpt, "batch_limit": MAX_FILES}
        add("smartca", limited, lambda items: bare.smartca(vnpt, ACCOUNT, serial, MAX_FILES, items))
        viettel = open_now.enter_context(serving(mysign))
        add("mysign", {**remote, "address": viettel}, lambda items: bare.mysign(viettel, ACCOUNT, mine.id, items))
        vgca = open_now.enter_context(vgca_running(VgcaService(key)))
        add("plugin", {"address": vgca}, lambda items: bare.plugin(vgca, items))
        yield found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--slots", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    records = slots_of_a_school(chosen.slots)
    key = DemoCA.create(datetime.now(timezone.utc)).person("Nguyễn Thị An", ACCOUNT)
    items = [prepare(d, slot, key.certificate, NOW).to_be_signed for d, slots in records for slot in slots]
    operations: dict[str, Callable[[], object]] = {}
    with tempfile.TemporaryDirectory() as folder, contests(key, Path(folder)) as found:
        for name, one in found.items():
            if one.bare(items[:2]) != 2 or not one.open().sign(items[:2]):
                raise SystemExit(f"{name} does not sign")
            operations[f"{name} bare"] = lambda one=one: one.bare(items)  # type: ignore[misc]
            operations[f"{name} values"] = lambda one=one: one.open().sign(items)  # type: ignore[misc]
            operations[f"{name} signed"] = lambda one=one: signed(records, one.open())  # type: ignore[misc]
        times = medians(operations, chosen.rounds)
    table = Table("source", "bare, ms", "values / bare", "signed / bare", title=f"{chosen.slots} slots in one batch")
    ratios = {}
    for name in found:
        own = times[f"{name} bare"]
        ratios[name] = {step: times[f"{name} {step}"] / own for step in ("values", "signed")}
        table.add_row(name, f"{own:.0f}", f"{ratios[name]['values']:.2f}", f"{ratios[name]['signed']:.2f}")
    Console().print(table)
    if missing():
        print(missing())
    if chosen.json:
        chosen.json.write_text(json.dumps({"milliseconds": times, "ratios": ratios}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
