"""For tests of locks: one class with a pupil at every stage, and every service that writes a record before release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime

from hocbaso_app.services import check, entry, entry_xlsx, initialise, keys, read_in, sign, submit
from hocbaso_app.setup.demo.entry import teachers_of
from hocbaso_app.tests.world import Play, acting_as

STAGES = ("entered", "initialised", "checked", "homeroom", "manager", "release", "released")
"""What each pupil of the class waits for; the last is released."""


class Staged:
    """Pupils of one class, one at each of :data:`STAGES`; ``names[stage]`` is that pupil's record."""

    def __init__(self, grade: int = 1, more: int = 0) -> None:
        self.play = Play(pupils=len(STAGES) + more, grade=grade)
        self.play.until("entered")
        self.play.confirm()
        found = self.play.names()
        self.names = dict(zip(STAGES, found, strict=False))
        self.more = found[len(STAGES) :]
        """Further records, released."""
        self._advance()

    def _later(self, stage: str) -> list[str]:
        """Records that are to come at least so far."""
        return [self.names[s] for s in STAGES[STAGES.index(stage) :]] + self.more

    def _advance(self) -> None:
        play = self.play
        people = teachers_of(play.school_class)
        with acting_as(play.clerk):
            initialise.initialise_all(self._later("initialised"))
        for person in people:
            with acting_as(play.world.user_of(person)):
                check.seen(self._later("checked"))
        for person in people:
            self._sign(person, "gvbm", "homeroom")
        self._sign(play.school_class.homeroom, "gvcn", "manager")
        self._sign(play.school.principal, "cbql", "release")
        with acting_as(play.clerk):
            sign.sign("release", self._later("released"), play.world.pins[play.school.code])

    def _sign(self, person: Any, stage: str, upto: str) -> None:
        with acting_as(self.play.world.user_of(person)):
            sign.sign(stage, self._later(upto), self.play.pin(person))

    # ── every way to write ──────────────────────────────────────────────────
    def signs(self, person: Any, kind: str, stage: str) -> None:
        """One stage of signing, all its steps at once."""
        sign.sign(kind, [self.names[stage]], self.play.pin(person))

    def prepared(self) -> tuple[Any, list[bytes]]:
        """A batch that was opened before the lock, with the values its key gives."""
        teacher = self.play.specialists[0]
        with acting_as(self.play.world.user_of(teacher)):
            batch, to_be_signed = sign.open_batch("gvbm", [self.names["checked"]])
        sha256 = frappe.db.get_value("HBS Certificate", batch.certificate, "sha256")
        return batch, keys.open_key(sha256, self.play.pin(teacher)).sign(to_be_signed)

    def form(self) -> None:
        """The homeroom teacher's own field, in the form."""
        doc = frappe.get_doc("HBS Record", self.names["entered"])
        doc.homeroom_remark = "Em ngoan, biết giúp bạn và chăm đọc sách."
        doc.save()

    def cells(self) -> str:
        """The grid; its refusal comes as an outcome."""
        change = {"record": self.names["entered"], "column": "homeroom_remark", "new": "Em tiến bộ nhiều trong năm."}
        (outcome,) = entry.save_cells(self.play.group, "year-end", [change])["outcomes"]
        return "" if outcome["saved"] else str(outcome.get("message") or " ".join(outcome["wrong"].values()))

    def sheet(self) -> str:
        """A filled-in spreadsheet, planned and applied."""
        from io import BytesIO

        from openpyxl import load_workbook

        _name, content = entry_xlsx.export(self.play.group, "year-end")
        book = load_workbook(BytesIO(content))
        page = book[book.sheetnames[0]]
        head = [cell.value for cell in page[entry_xlsx.HEADER_ROW]]
        sheet = entry.opened(self.play.group, "year-end")[0]
        place = head.index(next(c.label for c in sheet.entered if c.name == "homeroom_remark")) + 1
        for line in range(entry_xlsx.FIRST_ROW, entry_xlsx.FIRST_ROW + len(self.play.names())):
            page.cell(line, place, "Em chăm học, lễ phép với thầy cô.")
        out = BytesIO()
        book.save(out)
        planned = entry_xlsx.plan(self.play.group, "year-end", out.getvalue())
        applied = entry_xlsx.apply(self.play.group, "year-end", out.getvalue())
        if applied["saved"]:
            return ""
        mine = next(p for p in planned if p.record == self.names["entered"])
        return " ".join(wrong["message"] for wrong in mine.wrong)

    def reads_in(self) -> None:
        """A draft of which Education says something else."""
        student = frappe.db.get_value("HBS Record", self.names["entered"], "student")
        frappe.db.set_value("Student", student, "student_name", "Nguyễn Tên Mới")
        counts = read_in.read_in(self.play.group)
        assert counts["change"] == 1, counts

    def confirms(self) -> None:
        """The summary of the class once more."""
        self.play.confirm()

    def writes(self) -> dict[str, tuple[str, Callable[[], object]]]:
        """Name → login and what he does; each works while nothing is closed."""
        play, names = self.play, self.names
        teacher = play.specialists[0]
        return {
            "form": (play.homeroom, self.form),
            "class entry": (play.homeroom, self.cells),
            "spreadsheet": (play.homeroom, self.sheet),
            "read in": (play.clerk, self.reads_in),
            "confirm summary": (play.principal, self.confirms),
            "initialise": (play.clerk, lambda: initialise.initialise(names["entered"])),
            "initialise class": (play.clerk, lambda: initialise.initialise_class(play.group)),
            "check": (play.homeroom, lambda: check.seen([names["initialised"]])),
            "report fault": (play.homeroom, lambda: check.fault(names["initialised"], "Sai ngày sinh")),
            "return": (play.homeroom, lambda: check.return_record(names["manager"], "Xem lại nhận xét")),
            "sign subject": (play.world.user_of(teacher), lambda: self.signs(teacher, "gvbm", "checked")),
            "sign homeroom": (play.homeroom, lambda: self.signs(play.school_class.homeroom, "gvcn", "homeroom")),
            "sign manager": (play.principal, lambda: self.signs(play.school.principal, "cbql", "manager")),
            "release": (
                play.clerk,
                lambda: sign.sign("release", [names["release"]], play.world.pins[play.school.code]),
            ),
            "withdraw": (play.principal, lambda: submit.withdraw(names["released"], "Sai tên")),
        }

    def stored(self) -> list[Any]:
        """Records, their rows and files."""
        found = []
        for table in ("HBS Record", "HBS Record Result", "HBS Record Slot", "HBS Record Version"):
            found.append(frappe.db.sql(f"select * from `tab{table}` order by name", as_dict=True))
        found.append(frappe.get_all("HBS Summary Confirmation", pluck="name", order_by="name"))
        return found


def window(unit: str, year: str, **values: Any) -> Any:
    """A closed period that began a minute ago, as the session's user; not inserted yet."""
    own = {"unit": unit, "academic_year": year, "kind": "Closed period", "reason": "Kiểm tra dữ liệu"}
    own |= {"from_time": add_to_date(now_datetime(), minutes=-1)}
    return frappe.get_doc({"doctype": "HBS Lock Window", **own, **values})
