"""Speed and memory of signing and verifying, in one run, side by side: ratios of medians of CPU time.

Usage: sign_verify.py [--rounds N] [--records N] [--distinct N] [--json FILE] [--no-memory]

Each round times every operation once, so that a busy machine slows all of them alike. `verify` runs with all its checks
(form, rules, expected slots, octets, values, persons, paths, revocation), certificate paths cached as in real use.
Limits come from the project's issue; the exit code is 1 when one is not met.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench_world import LATER, NOW, BenchWorld
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from others import WithSignxml, WithXmlsec
from rich.console import Console
from tables import Row, limits_table, times_table

from hocbaso_app.record.document import Document
from hocbaso_app.signing.sign import prepare
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.verify import verify

SIGN_LIMIT, XMLSEC_LIMIT, SIGNXML_LIMIT, MEMORY_LIMIT_MB = 2.5, 5.0, 20.0, 300.0


def medians(operations: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median CPU milliseconds of each operation; the operations take turns."""
    for operation in operations.values():
        operation()
    times: dict[str, list[float]] = {name: [] for name in operations}
    for _ in range(rounds):
        for name, operation in operations.items():
            start = time.process_time()
            operation()
            times[name].append((time.process_time() - start) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def speed(rounds: int) -> dict[str, float]:
    """Medians for one grade-5 record."""
    with tempfile.TemporaryDirectory() as folder:
        world = BenchWorld(Path(folder), 3)
        unsigned = world.grade_five()
        released = world.release(unsigned)
        if not verify(released, world.trust, at=LATER).valid:
            raise SystemExit("the benchmark's own record is not valid")
        confirmations = world.confirmations(unsigned)
        owners = {slot_id: key for slot_ids, key, _ in confirmations for slot_id in slot_ids}
        octets = prepare(unsigned, confirmations[0][0][0], confirmations[0][1].certificate, NOW).to_be_signed
        private_keys = [owners[slot_id].private_key for slot_id in released.slots]
        certificates = [owners[slot_id].certificate for slot_id in released.slots]
        xmlsec_side, signxml_side = WithXmlsec(certificates), WithSignxml(certificates)
        if not xmlsec_side.verify(released.data) == signxml_side.verify(released.data) == len(released.slots):
            raise SystemExit("the other verifiers did not look at every signature")
        data, blank = released.data, unsigned.data
        found = medians(
            {
                "bare RSA-2048": lambda: [
                    key.sign(octets, padding.PKCS1v15(), hashes.SHA256()) for key in private_keys
                ],
                "sign": lambda: world.release(unsigned).data,
                "sign from bytes": lambda: world.release(Document.parse(blank)).data,
                "verify": lambda: verify(data, world.trust, at=LATER),
                "python-xmlsec": lambda: xmlsec_side.verify(data),
                "signxml": lambda: signxml_side.verify(data),
            },
            rounds,
        )
        return {**found, "signatures": len(released.slots), "bytes": len(data)}


def peak_mb() -> float:
    """Highest resident memory of this process so far.

    Linux's VmHWM starts anew with each program; getrusage would also count the parent's memory from before exec.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
        if found:
            return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def verify_folder(folder: Path, records: int) -> None:
    """The measured process: reads and verifies files in turn; prints its peak memory at three points."""
    trust = TrustStore.load(folder / "trust", at=NOW)
    files = sorted((folder / "records").iterdir())
    peaks = {"start": peak_mb()}
    start = time.perf_counter()
    for number in range(records):
        if not verify(files[number % len(files)].read_bytes(), trust, at=LATER).valid:
            raise SystemExit(f"{files[number % len(files)]} is not valid")
        if number + 1 == records // 10:
            peaks["after a tenth"] = peak_mb()
    peaks["end"] = peak_mb()
    print(json.dumps({"peaks": peaks, "seconds": time.perf_counter() - start}))


def memory(records: int, distinct: int) -> dict[str, float]:
    """Peak memory of one process that verifies `records` files, `distinct` of them different."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "records").mkdir()
        world = BenchWorld(folder / "trust", -(-distinct // 5) + 1)
        for number, pair in enumerate(world.releasable()[:distinct]):
            (folder / "records" / f"{number:05}.xml").write_bytes(world.release(world.unsigned(*pair)).data)
        command = [sys.executable, __file__, "--child", name, "--records", str(records)]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout)
    peaks = answer["peaks"]
    return {
        "records": records,
        "distinct": distinct,
        "peak at start MB": peaks["start"],
        "peak after a tenth MB": peaks["after a tenth"],
        "peak MB": peaks["end"],
        "ms per record": answer["seconds"] / records * 1000,
    }


def limits(times: dict[str, float], used: dict[str, float] | None) -> list[Row]:
    """What was measured against what is asked: name, value, limit, met."""
    sign, sign_bytes = times["sign"] / times["bare RSA-2048"], times["sign from bytes"] / times["bare RSA-2048"]
    xmlsec_ratio, signxml_ratio = times["python-xmlsec"] / times["verify"], times["signxml"] / times["verify"]
    rows = [
        ("signing, open document / bare RSA-2048", sign, f"≤ {SIGN_LIMIT}", sign <= SIGN_LIMIT),
        ("signing, bytes to bytes / bare RSA-2048", sign_bytes, "", True),
        ("python-xmlsec / verify", xmlsec_ratio, f"≥ {XMLSEC_LIMIT}", xmlsec_ratio >= XMLSEC_LIMIT),
        ("signxml / verify", signxml_ratio, f"≥ {SIGNXML_LIMIT}", signxml_ratio >= SIGNXML_LIMIT),
    ]
    if used is not None:
        peak = used["peak MB"]
        name = f"peak MB, {used['records']:.0f} records ({used['distinct']:.0f} different)"
        rows.append((name, peak, f"< {MEMORY_LIMIT_MB:.0f}", peak < MEMORY_LIMIT_MB))
    return rows


def main() -> int:
    """Measures, prints, tells by the exit code whether every limit is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--distinct", type=int, default=1_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        verify_folder(chosen.child, chosen.records)
        return 0
    times = speed(chosen.rounds)
    used = None if chosen.no_memory else memory(chosen.records, chosen.distinct)
    rows = limits(times, used)
    console = Console()
    title = f"One grade-5 record: {times['signatures']:.0f} signatures, {times['bytes']:.0f} bytes"
    names = ("bare RSA-2048", "sign", "sign from bytes", "verify", "python-xmlsec", "signxml")
    console.print(times_table(title, times, names))
    console.print(limits_table(rows))
    if used is not None:
        console.print({name: round(value, 1) for name, value in used.items()})
    if chosen.json:
        chosen.json.write_text(json.dumps({"speed": times, "memory": used}, indent=1), encoding="utf-8")
    return int(not all(met for *_, met in rows))


if __name__ == "__main__":
    sys.exit(main())
