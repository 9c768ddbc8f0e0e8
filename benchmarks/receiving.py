"""How many records a receiving site takes, verifies and receipts, against the bare core plus the same database writes.

Usage, with the bench's own Python, in the bench: receiving.py --site NAME --folder CITY [--sites-path DIR]
[--records N] [--workers N] [--json FILE]

CITY is a folder made by city_records.py. Packages of 40 are taken in as the portal's HTTP half hands them over, then
settled by one worker, package by package beside the bare work on the same files: the core verifies each, and as many
rows of the same size are written into a table of the same shape and committed. The ratio is bare time over the site's.
Then the rest is settled by 1, 2 … workers in processes of their own. It wants a throw-away site without any record.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import frappe
from city_records import CitySchool, city, department
from rich.console import Console
from rich.table import Table
from site_world import only_for_now

from hocbaso_app.demo.ca import DEPARTMENT_TAX_CODE
from hocbaso_app.exchange.package import pack
from hocbaso_app.services import trust
from hocbaso_app.services.receiving import office, settling
from hocbaso_app.setup.demo import authority
from hocbaso_app.setup.demo.making import make_named
from hocbaso_app.signing.verify import verify

PACKAGE, DEPARTMENT = 40, "31"
ADDRESS = "http://127.0.0.1:8000"
CITY = 349_000
"""Pupils of Hải Phòng's primary schools (the issue's number)."""

SHADOW = "hbs_bench_records"


Package = tuple[CitySchool, list[bytes]]


@dataclass
class Cost:
    """Seconds per record, package by package; ``cpu`` of this process, ``wall`` with the database's."""

    records: int = 0
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @contextmanager
    def of(self, records: int) -> Iterator[None]:
        """What happens inside is one package's."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.records += records
        self.cpu.append((time.process_time() - cpu) / records)
        self.wall.append((time.perf_counter() - wall) / records)

    def summary(self) -> dict[str, float]:
        """Medians."""
        cpu, wall = statistics.median(self.cpu), statistics.median(self.wall)
        return {"records": self.records, "cpu_ms": cpu * 1000, "wall_ms": wall * 1000, "per_second": 1 / wall}


def open_city(folder: Path) -> list[CitySchool]:
    """The site becomes the department's: its anchors, its seal, its schools with an account each."""
    shutil.copytree(folder / "trust", trust.folder(), dirs_exist_ok=True)
    schools = city(folder)
    make_named("HBS Unit", DEPARTMENT, unit_name="Sở (đo)", kind="Department", tax_code=DEPARTMENT_TAX_CODE)
    for school in schools:
        facts = {"unit_name": school.name, "kind": "School", "tax_code": school.tax_code}
        make_named("HBS Unit", school.code, parent_hbs_unit=DEPARTMENT, **facts)
    authority.open_authority(DEPARTMENT, department(folder), ADDRESS)
    frappe.db.commit()
    frappe.db.sql_ddl(f"create or replace table `{SHADOW}` like `tabHBS Received Record`")
    return schools


def side_by_side(packages: Iterator[Package], records: int) -> dict[str, Cost]:
    """Take in, settle, and the bare work on the same files, package by package."""
    costs = {"take": Cost(), "settle": Cost(), "bare": Cost()}
    worker = office.portal()
    for school, files in packages:
        content, message = packed(school, files), str(uuid.uuid4())
        with costs["take"].of(len(files)):
            office.portal().submit(school.code, message, content)
        with costs["settle"].of(len(files)):
            settled = settling.settle_one(worker, message)
        assert settled, frappe.db.get_value("HBS Incoming Message", message, "error")
        written = frappe.db.sql("select * from `tabHBS Received Record` where message = %s", message)
        assert len(written) == len(files)
        with costs["bare"].of(len(files)):
            bare(files, written)
        if costs["take"].records >= records:
            break
    return costs


def bare(files: list[bytes], written: Sequence[Sequence[Any]]) -> None:
    """The core verifies each file; as many rows of the same size are written and committed."""
    store, now = office.trust_store(), datetime.now(timezone.utc)
    assert all(verify(data, store, at=now).valid for data in files)
    row = f"({', '.join(['%s'] * len(written[0]))})"
    values = [value for columns in written for value in columns]
    frappe.db.sql(f"insert into `{SHADOW}` values {', '.join([row] * len(written))}", values)
    frappe.db.commit()


def by_workers(packages: Iterator[Package], records: int, workers: int) -> dict[str, float]:
    """Taken in first, then settled by so many processes: records per second of wall time."""
    taken = 0
    for school, files in packages:
        office.portal().submit(school.code, str(uuid.uuid4()), packed(school, files))
        taken += len(files)
        if taken >= records:
            break
    arguments = (frappe.local.site, str(Path(frappe.local.sites_path).resolve()))
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_worker, args=arguments) for _ in range(workers)]
    begun = time.perf_counter()
    for process in running:
        process.start()
    for process in running:
        process.join()
    seconds = time.perf_counter() - begun
    frappe.db.rollback()
    left = frappe.db.count("HBS Incoming Message", {"status": "Waiting"})
    assert not left, f"{left} messages were not settled"
    return {"workers": workers, "records": taken, "seconds": seconds, "per_second": taken / seconds}


def _worker(site: str, sites_path: str) -> None:
    frappe.init(site=site, sites_path=sites_path)
    frappe.connect()
    frappe.set_user("Administrator")
    settling.settle_all()
    frappe.destroy()


def packed(school: CitySchool, files: list[bytes]) -> str:
    """The list as the school signs it."""
    return pack(files, school.seal, datetime.now(timezone.utc))


def packages_of(schools: list[CitySchool]) -> Iterator[Package]:
    """Forty records at a time, each once."""
    for school in schools:
        files = school.records()
        while group := list(islice(files, PACKAGE)):
            yield school, group


def size_of_books() -> float:
    """Octets of the database for each received record, indexes with them."""
    frappe.db.sql("analyze table `tabHBS Received Record`, `tabHBS Incoming Item`, `tabHBS Incoming Message`")
    found = frappe.db.sql(
        "select sum(data_length + index_length) from information_schema.tables where table_schema = database()"
        " and table_name in ('tabHBS Received Record', 'tabHBS Incoming Item', 'tabHBS Incoming Message')"
    )
    return float(found[0][0]) / frappe.db.count("HBS Received Record")


def show(result: dict[str, Any]) -> None:
    """Tables in the terminal."""
    table = Table(title=f"One package of {PACKAGE} after another, per record")
    for head in ("", "CPU ms", "wall ms", "records a second"):
        table.add_column(head)
    for name, cost in result["side by side"].items():
        table.add_row(name, f"{cost['cpu_ms']:.2f}", f"{cost['wall_ms']:.2f}", f"{cost['per_second']:.0f}")
    console = Console()
    console.print(table)
    console.print(
        f"bare / (take + settle): {result['ratio']:.2f} of wall, {result['ratio_cpu']:.2f} of CPU (at least 0.6)"
    )
    for run in result["workers"]:
        hours = CITY / run["per_second"] / 3600
        console.print(
            f"{run['workers']} workers: {run['records']} records, {run['per_second']:.0f} a second;"
            f" {CITY} would take {hours:.1f} h"
        )
    console.print(f"{result['held']} records held, {result['octets_per_record'] / 1000:.0f} kB each in the database")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", required=True)
    parser.add_argument("--sites-path", default=".")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    frappe.init(site=chosen.site, sites_path=chosen.sites_path)
    frappe.connect()
    frappe.set_user("Administrator")
    with only_for_now():
        packages = packages_of(open_city(chosen.folder))
        share = chosen.records // (1 + len(chosen.workers))
        costs = side_by_side(packages, share)
        runs = [by_workers(packages, share, workers) for workers in chosen.workers]
        site = [a + b for a, b in zip(costs["take"].wall, costs["settle"].wall, strict=True)]
        site_cpu = [a + b for a, b in zip(costs["take"].cpu, costs["settle"].cpu, strict=True)]
        result = {
            "side by side": {name: cost.summary() for name, cost in costs.items()},
            "ratio": statistics.median(costs["bare"].wall) / statistics.median(site),
            "ratio_cpu": statistics.median(costs["bare"].cpu) / statistics.median(site_cpu),
            "workers": runs,
            "held": frappe.db.count("HBS Received Record"),
            "octets_per_record": size_of_books(),
        }
        show(result)
        if chosen.json:
            chosen.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
        frappe.db.sql_ddl(f"drop table `{SHADOW}`")
    frappe.destroy()


if __name__ == "__main__":
    main()
