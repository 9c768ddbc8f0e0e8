"""What lasting costs: verifying with evidence against verifying without, and evidence for thousands of records.

Usage: long_term.py [--rounds N] [--records N] [--distinct N] [--json FILE] [--no-folder]

The first part lets operations take turns in one process, as sign_verify.py does: one grade-5 record verified as of
today from the whole trust folder (B), and years later, when its signers' certificates have ended, from file, evidence
and root certificates alone (LT). The second part is a process of its own: a folder of records gets evidence, is renewed
by a new timestamp and by a new hash tree, and is looked at for a forecast. Exit code 1 when a limit is not met.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

from bench_world import LATER, NOW, BenchWorld
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates
from rich.console import Console
from rich.table import Table
from sign_verify import medians, peak_mb
from tables import Row, limits_table, times_table

from hocbaso_app.command import evidence
from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.demo.signers.tsa import TimestampAuthority
from hocbaso_app.progress import Progressing
from hocbaso_app.signing.algorithms import Algorithms
from hocbaso_app.signing.evidence.bundle import Bundle, group_of
from hocbaso_app.signing.evidence.gathering import Gatherer
from hocbaso_app.signing.evidence.making import Stamper, by_length, make, renew_timestamps, renew_tree
from hocbaso_app.signing.keys import LocalKey
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.verify import verify

YEAR = timedelta(days=365)
LT_LIMIT, RENEWED_LIMIT, RENEWAL_LIMIT, MEMORY_LIMIT_MB = 1.5, 2.0, 1.0, 300.0


def authority(ca: DemoCA, years: int = 9, algorithm: str = "ec") -> TimestampAuthority:
    """With a certificate for so many years; revocation lists of this world last ten."""
    return TimestampAuthority(ca.timestamper(algorithm=algorithm, not_after=NOW + years * YEAR))


def stamper(tsa: TimestampAuthority, at: datetime) -> Stamper:
    return by_length(lambda digest, algorithm: tsa.stamp_digest(digest, at, algorithm))


def speed(rounds: int) -> dict[str, float]:
    """Medians for one grade-5 record."""
    with tempfile.TemporaryDirectory() as folder:
        world = BenchWorld(Path(folder), 3)
        trust, document, tsa = world.trust, world.release(world.grade_five()), authority(world.ca)
        gatherer = Gatherer(trust, LATER)
        data = gatherer.of(document)
        group = group_of(document.data, data)
        (record,) = make([group], stamper(tsa, LATER), vouch=gatherer.vouch)
        young = Bundle(data, record)
        for year in (1, 2):
            (record,) = renew_timestamps([record], stamper(tsa, NOW + year * YEAR), vouch=gatherer.vouch)
        (record,) = renew_tree([record], [group], stamper(tsa, NOW + 3 * YEAR), vouch=gatherer.vouch)
        (record,) = renew_timestamps([record], stamper(tsa, NOW + 4 * YEAR), vouch=gatherer.vouch)
        old, octets = Bundle(data, record), document.data
        anchors = replace(trust, intermediates=(), crls=())
        at = NOW + 5 * YEAR
        bundles = {"young": young.to_bytes(), "old": old.to_bytes()}

        def lasting(bundle: bytes, store: TrustStore) -> bool:
            return verify(octets, store, at=at, evidence=Bundle.from_bytes(bundle)).valid

        if not all(lasting(bundle, anchors) for bundle in bundles.values()) or verify(octets, trust, at=at).valid:
            raise SystemExit("the benchmark's own evidence is not what it should be")
        found = medians(
            {
                "B": lambda: verify(octets, trust, at=LATER),
                "LT": lambda: lasting(bundles["young"], anchors),
                "LT renewed": lambda: lasting(bundles["old"], anchors),
                "B, first of a class": lambda: verify(octets, replace(trust), at=LATER),
                "LT, first of a class": lambda: lasting(bundles["young"], replace(anchors)),
            },
            rounds,
        )
        return {
            **found,
            "bytes": len(octets),
            "evidence bytes": len(bundles["young"]),
            "renewed bytes": len(bundles["old"]),
        }


def work(folder: Path) -> None:
    """The measured process: a folder from no evidence to a new hash tree."""
    trust = TrustStore.load(folder / "trust", at=NOW)
    first, second, third = (_load(folder / f"tsa-{number}") for number in range(3))
    files = sorted((folder / "records").glob("*.xml"))
    progress = Progressing(Console(quiet=True))
    found: dict[str, dict[str, float]] = {"start": {"peak MB": peak_mb()}}

    def step(name: str, run: Callable[[], object]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        found[name] = {
            "seconds": time.perf_counter() - wall,
            "ms per record": (time.process_time() - cpu) / len(files) * 1000,
            "peak MB": peak_mb(),
        }

    def all_done(outcome: evidence.Outcome) -> None:
        if outcome.done != len(files) or outcome.refused:
            raise SystemExit(outcome.to_text("benchmark"))

    year1, year2 = NOW + YEAR, NOW + 2 * YEAR
    step("verify", lambda: all(verify(path.read_bytes(), trust, at=LATER).valid for path in files))
    step("make", lambda: all_done(evidence.make(files, trust, stamper(first, LATER), LATER, progress)))
    step(
        "renew",
        lambda: all_done(evidence.renew(files, trust, stamper(second, year1), year1, year1 + 4 * YEAR, progress)),
    )
    barring, far = replace(trust, algorithms=_barring()), NOW + 7 * YEAR
    step("renew trees", lambda: all_done(evidence.renew(files, barring, stamper(third, year2), year2, far, progress)))
    step("forecast", lambda: evidence.foretell(files, trust, year2, NOW + 4 * YEAR, progress))
    print(json.dumps(found))


def _barring() -> Algorithms:
    """The list of algorithms with an end for SHA-256 six years from now."""
    claims = json.loads(resources.files("hocbaso_app.signing").joinpath("data/algorithms.json").read_bytes())
    claims["digests"]["sha256"]["until"] = f"{NOW + 6 * YEAR:%Y-%m-%d}"
    return Algorithms(claims)


def _save(tsa: TimestampAuthority, path: Path) -> None:
    key, chain = tsa.key.private_key, (tsa.key.certificate, *tsa.key.chain)
    path.with_suffix(".key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.with_suffix(".pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in chain))


def _load(path: Path) -> TimestampAuthority:
    key = load_pem_private_key(path.with_suffix(".key").read_bytes(), None)
    leaf, *chain = load_pem_x509_certificates(path.with_suffix(".pem").read_bytes())
    return TimestampAuthority(LocalKey(key, leaf, tuple(chain)))  # type: ignore[arg-type]


def folder_work(records: int, distinct: int) -> dict[str, dict[str, float]]:
    """The steps over a folder of ``records`` files, ``distinct`` of them different."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "records").mkdir()
        world = BenchWorld(folder / "trust", -(-distinct // 5) + 1)
        for number, pair in enumerate(world.releasable()[:distinct]):
            (folder / "records" / f"{number:05}.xml").write_bytes(world.release(world.unsigned(*pair)).data)
        for number in range(distinct, records):
            os.link(folder / "records" / f"{number % distinct:05}.xml", folder / "records" / f"{number:05}.xml")
        for listed in (folder / "trust").glob("anchors.*"):
            listed.unlink()  # a practice folder may go without the sealed list, which does not name the next root
        later = DemoCA.create(NOW, "Second", strong=True)
        for one in later.authorities:
            kind = "roots" if one is later.root else "intermediates"
            (folder / "trust" / kind / f"2-{one.name}.pem").write_bytes(one.certificate.public_bytes(Encoding.PEM))
            (folder / "trust/crls" / f"2-{one.name}.crl").write_bytes(one.crl(NOW))
        for number, (ca, years, algorithm) in enumerate(
            ((world.ca, 4, "ec"), (world.ca, 7, "ec"), (later, 9, "strong"))
        ):
            _save(authority(ca, years, algorithm), folder / f"tsa-{number}")
        command = [sys.executable, __file__, "--child", name]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
        found: dict[str, dict[str, float]] = json.loads(answer.stdout)
        return found


def limits(times: dict[str, float], steps: dict[str, dict[str, float]] | None) -> list[Row]:
    """What was measured against what is asked: name, value, limit, met."""
    young, old = times["LT"] / times["B"], times["LT renewed"] / times["B"]
    rows = [
        ("LT offline / B", young, f"≤ {LT_LIMIT}", young <= LT_LIMIT),
        ("LT offline after four renewals / B", old, f"≤ {RENEWED_LIMIT}", old <= RENEWED_LIMIT),
        ("first record of a class, LT / B", times["LT, first of a class"] / times["B, first of a class"], "", True),
    ]
    if steps is not None:
        base = steps["verify"]["ms per record"]
        for name in ("make", "renew", "renew trees", "forecast"):
            ratio = steps[name]["ms per record"] / base
            limited = name.startswith("renew")
            met = not limited or ratio <= RENEWAL_LIMIT
            rows.append((f"{name} / verify B, per record", ratio, f"≤ {RENEWAL_LIMIT}" if limited else "", met))
        peak = max(step["peak MB"] for step in steps.values())
        rows.append(("peak MB", peak, f"< {MEMORY_LIMIT_MB:.0f}", peak < MEMORY_LIMIT_MB))
    return rows


def main() -> int:
    """Measures, prints, tells by the exit code whether every limit is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--distinct", type=int, default=1_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-folder", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        work(chosen.child)
        return 0
    times = speed(chosen.rounds)
    steps = None if chosen.no_folder else folder_work(chosen.records, chosen.distinct)
    rows = limits(times, steps)
    console = Console()
    title = f"One grade-5 record of {times['bytes']:.0f} bytes, evidence {times['evidence bytes']:.0f}"
    names = ("B", "LT", "LT renewed", "B, first of a class", "LT, first of a class")
    console.print(times_table(title, times, names))
    if steps is not None:
        table = Table("Step", "Seconds", "CPU ms per record", "Peak MB", title=f"A folder of {chosen.records} records")
        for name, step in steps.items():
            seconds, each = (f"{step[key]:.2f}" if key in step else "" for key in ("seconds", "ms per record"))
            table.add_row(name, seconds, each, f"{step['peak MB']:.0f}")
        console.print(table)
    console.print(limits_table(rows))
    if chosen.json:
        chosen.json.write_text(json.dumps({"speed": times, "folder": steps}, indent=1), encoding="utf-8")
    return int(not all(met for *_, met in rows))


if __name__ == "__main__":
    sys.exit(main())
