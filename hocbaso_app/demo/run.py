"""The whole path on one machine, from confirmed year-end summaries to verified records, receipts, JSON and PDF.

Nothing is pretended: keys are real, every signature is verified, the portal is
asked over HTTP. Only the school and its people are made up.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from rich.console import Console

from hocbaso_app.exchange import receipts
from hocbaso_app.exchange.outbox import Row
from hocbaso_app.print_formats import summary as print_summary
from hocbaso_app.progress import Progressing
from hocbaso_app.record.document import Document, build
from hocbaso_app.record.json_codec import from_json, to_json
from hocbaso_app.record.model import Record
from hocbaso_app.record.rules import check
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing.slots import Stage, expected_slots
from hocbaso_app.signing.verify import verify
from hocbaso_app.signing.versions import replacement

from .authority import OFFICER, Authority, running_authority
from .ca import DemoCA
from .correction import REASON, SUBJECT, corrected
from .folder import DemoError, OutputFolder, stem_of
from .keyring import KeyRing
from .long_term import LASTS, prove, years_later
from .prints import PrintJob, print_all
from .school import School, make_school, record_for
from .signers.tsa import TimestampAuthority
from .signing import open_slots, sign_stage
from .summary import Recall, Summary, Waiting

PRINTED_PER_CLASS = 2
RECALLED_NUMBER = 2
"""The second pupil of the oldest class; the first is a hard case."""

_SIGNING = {
    Stage.SUBJECT: "Giáo viên bộ môn ký",
    Stage.HOMEROOM: "Giáo viên chủ nhiệm ký",
    Stage.MANAGER: "Hiệu trưởng ký",
    Stage.RELEASE: "Văn thư đóng dấu điện tử, phát hành",
}


@dataclass
class Run:
    """One run of the demo. ``documents``: stem → file, in its newest state."""

    folder: OutputFolder
    school: School
    progress: Progressing
    summary: Summary
    print_everything: bool = False
    records: dict[str, Record] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    unreleased: dict[str, Document] = field(default_factory=dict)
    recalled: dict[str, Document] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    receipt_lines: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    timestamper: TimestampAuthority = field(init=False)

    def everything(self) -> None:
        """All stages in the order of QĐ Điều 12."""
        self.folder.prepare()
        with tempfile.TemporaryDirectory(prefix="hocbaso-demo-") as work, ExitStack() as stack:
            keys, authority = self.prepare(Path(work), stack)
            self.confirm()
            self.initialise(authority)
            for stage in (Stage.SUBJECT, Stage.HOMEROOM, Stage.MANAGER):
                self.sign(self.documents, stage, keys, authority)
            self.hold_back()
            self.sign(self.documents, Stage.RELEASE, keys, authority)
            self.submit(authority)
            self.correct(keys, authority)
            self.verify_files(authority)
            self.prove(authority)
            self.convert()
            self.print(keys)
        self.folder.write_summary(self.summary.to_dict(self.progress.timings, self.progress.seconds))

    def prepare(self, work: Path, stack: ExitStack) -> tuple[KeyRing, Authority]:
        """Certificates, trust folder, a running portal that has approved the school's seal."""
        with self.progress.stage("prepare", "Cấp chứng thư số, mở cổng thử nghiệm", 3, "việc") as steps:
            ca = DemoCA.create(datetime.now(timezone.utc), name="HBS Demo")
            self.timestamper = TimestampAuthority(ca.timestamper(not_after=ca.now + LASTS))
            keys = KeyRing.make(ca, self.school)
            steps.advance()
            ca.write_trust(self.folder.trust, schools=())
            if ca.department is None:
                raise DemoError("NO_DEPARTMENT", "Sở thử nghiệm chưa có chứng thư số.", "no department key")
            steps.advance()
            context = running_authority(work, self.folder.trust, ca.department, self.school, keys.seal)
            authority = stack.enter_context(context)
            authority.register_seal()
            steps.advance()
        return keys, authority

    def confirm(self) -> None:
        """Year-end results per class, confirmed before any record is made (QĐ Đ12.k1)."""
        now = datetime.now(timezone.utc)
        pupils = len(self.school.pupils)
        with self.progress.stage("confirm", "Xác nhận tổng kết năm học", pupils, "học sinh") as steps:
            for school_class in self.school.classes:
                results = self.summary.results[school_class.name] = Counter()
                for number, pupil in enumerate(school_class.pupils, 1):
                    record = record_for(self.school, school_class, pupil, created_at=now, released_at=now)
                    stem = stem_of(school_class.name, number, record.general.record_code)
                    self.records[stem] = record
                    results[record.summary.overall_result or ""] += 1
                    if pupil.case:
                        self.summary.hard_cases[stem] = pupil.case.value
                    steps.advance()

    def initialise(self, authority: Authority) -> None:
        """Files from values: XSD and rules of TT 27/2020; any fault that blocks signing ends the demo."""
        with self.progress.stage(
            "initialise", "Khởi tạo học bạ, kiểm tra quy tắc", len(self.records), "học bạ"
        ) as steps:
            for stem, record in self.records.items():
                faults = [f for f in check(record) if f.blocks != "release"]
                if faults:
                    raise DemoError(faults[0].code, faults[0].message_vi, faults[0].message_en)
                self.documents[stem] = build(record)
                steps.advance()

    def sign(self, documents: dict[str, Document], stage: Stage, keys: KeyRing, authority: Authority) -> None:
        """One stage over all files."""
        total = sum(len(open_slots(d, stage)) for d in documents.values())
        with self.progress.stage(f"sign-{stage.value}", _SIGNING[stage], total, "chữ ký") as steps:
            made = sign_stage(documents, stage, keys, authority.trust, self.school.clerk.name, steps.advance)
        self.summary.counts["signatures"] += made

    def hold_back(self) -> None:
        """Records with a fault that blocks release wait; they are never released (QĐ Đ12.k2)."""
        for stem, document in list(self.documents.items()):
            faults = check(document.record)
            if faults:
                self.unreleased[stem] = self.documents.pop(stem)
                self.folder.path("waiting", stem, ".xml").write_bytes(document.data)
                reasons = [f.message_vi for f in faults]
                self.summary.waiting.append(Waiting(document.record.general.record_code, reasons))
        self.summary.counts["waiting"] = len(self.unreleased)

    def submit(self, authority: Authority) -> None:
        """Class by class over HTTP; the answer to the first package is lost on purpose, and asked for again."""
        authority.lose_next_answer()
        title = "Đóng gói, nộp, nhận biên nhận"
        with self.progress.stage("submit", title, len(self.documents), "biên nhận") as steps:
            for school_class in self.school.classes:
                own = [d for d in self.documents.values() if d.record.general.class_name == school_class.name]
                self._keep_receipts(authority.submit(own), authority)
                steps.advance(len(own))

    def _keep_receipts(self, rows: Sequence[Row], authority: Authority) -> None:
        stems = {d.record.general.record_code: stem for stem, d in self.documents.items()}
        for row in rows:
            stem, token = stems[row.record_code], row.receipt or b""
            receipt = receipts.read(token, authority.trust)
            self.folder.path("receipts", stem, ".cose").write_bytes(token)
            text = json.dumps(asdict(receipt), ensure_ascii=False, indent=1)
            self.folder.path("receipts", stem, ".json").write_text(text + "\n", encoding="utf-8")
            self.links[stem] = receipt.link
            self.receipt_lines[stem] = (("Số biên nhận", receipt.number), ("Tiếp nhận lúc", receipt.received_at))
            self.summary.counts["receipts"] += 1
            self.summary.counts["asked_again"] += row.attempts > 0

    def correct(self, keys: KeyRing, authority: Authority) -> None:
        """One record recalled, approved, corrected; only what was touched is signed again; submitted again."""
        school_class = self.school.classes[-1]
        number = min(RECALLED_NUMBER, len(school_class.pupils))
        prefix = f"{school_class.name}-{number:02d}-"
        old_stem = next((s for s in self.documents if s.startswith(prefix)), next(iter(self.documents)))
        old = self.documents[old_stem]
        title = "Thu hồi, sửa, ký lại phần đã sửa, nộp lại"
        with self.progress.stage("recall", title, 4, "việc") as steps:
            recalled_at = authority.recall(old, REASON)
            steps.advance()
            now = datetime.now(timezone.utc)
            new = replacement(old, corrected(old.record), created_at=now, released_at=now)
            kept = sum(bool(new.slot(s.id)) for s in expected_slots(new.record))
            stem = stem_of(*_class_and_number(old_stem), new.record.general.record_code)
            again = {stem: new}
            steps.advance()
            made = sum(
                sign_stage(again, stage, keys, authority.trust, self.school.clerk.name, lambda _: None)
                for stage in Stage
            )
            steps.advance()
            self.recalled[old_stem] = self.documents.pop(old_stem)
            self.documents.update(again)
            self._keep_receipts(authority.submit([again[stem]]), authority)
            steps.advance()
        code, new_code = old.record.general.record_code, new.record.general.record_code
        recall = Recall(code, new_code, REASON, recalled_at, OFFICER, kept, made)
        self.summary.recalls.append(recall)
        self.summary.counts.update(signatures=made, recalled=1)
        self._write_recalled(old_stem, old, recall, authority)

    def _write_recalled(self, stem: str, old: Document, recall: Recall, authority: Authority) -> None:
        self.folder.path("recalled", stem, ".xml").write_bytes(old.data)
        facts = json.dumps({**asdict(recall), "part_corrected": f"mon-{SUBJECT}"}, ensure_ascii=False, indent=1)
        self.folder.path("recalled", stem, ".json").write_text(facts + "\n", encoding="utf-8")
        self.folder.path("recalled", "status-list", ".cose").write_bytes(authority.status_list())

    def verify_files(self, authority: Authority) -> None:
        """Every released file, read back from the disk, with all checks."""
        for stem, document in self.documents.items():
            self.folder.path("records", stem, ".xml").write_bytes(document.data)
        now = datetime.now(timezone.utc)
        with self.progress.stage("verify", "Xác thực mọi tệp", len(self.documents), "tệp") as steps:
            for stem in self.documents:
                data = self.folder.path("records", stem, ".xml").read_bytes()
                result = verify(data, authority.trust, at=now)
                if not result.valid:
                    raise DemoError("NOT_VALID", f"{stem}: {result.report.to_text()}", result.report.to_text("en"))
                self.summary.counts["signatures_verified"] += len(expected_slots(result.record))
                steps.advance()
        self.summary.counts["records"] = len(self.documents)

    def prove(self, authority: Authority) -> None:
        """Evidence beside every released file, one timestamp for all; then one of them with the clock moved."""
        files = [self.folder.path("records", stem, ".xml") for stem in self.documents]
        now = datetime.now(timezone.utc)
        with self.progress.stage("evidence", "Lập bằng chứng lâu dài", len(files), "bằng chứng") as steps:
            made = prove(files, authority.trust, self.timestamper, now, steps.advance)
            self.summary.later = years_later(files[0], authority.trust, now)
        self.summary.counts["evidence"] = made

    def convert(self) -> None:
        """JSON beside every XML; converting back must give the identical file."""
        with self.progress.stage("json", "Chuyển sang JSON và ngược lại", len(self.documents), "tệp") as steps:
            for stem, document in self.documents.items():
                text = to_json(document.data)
                if from_json(text) != document.data:
                    raise DemoError("JSON_LOSS", f"{stem}: JSON không giữ nguyên tệp.", f"{stem}: JSON loses something")
                self.folder.path("json", stem, ".json").write_text(text + "\n", encoding="utf-8")
                steps.advance()

    def print(self, keys: KeyRing) -> None:
        """PDFs of a few pupils per class (or all), of the recalled record and of the draft that waits."""
        jobs = [*self._released_jobs(keys), *self._marked_jobs()]
        now = datetime.now(timezone.utc)
        with self.progress.stage("print", "In PDF", len(jobs), "PDF") as steps:
            missing = print_all(jobs, self.folder.trust, now, steps.advance)
        self.summary.counts["pdfs"] = len(list((self.folder.root / "print").glob("*.pdf")))
        self.summary.pdf_missing = missing.message_vi if missing else None

    def _released_jobs(self, keys: KeyRing) -> list[PrintJob]:
        per_class: Counter[str] = Counter()
        jobs = []
        for stem in sorted(self.documents):
            class_name = _class_and_number(stem)[0]
            per_class[class_name] += 1
            if self.print_everything or per_class[class_name] <= PRINTED_PER_CLASS:
                token = print_summary.make(self.documents[stem], keys.seal)
                self.folder.path("print", stem, ".cose").write_bytes(token)
                jobs.append(
                    PrintJob(
                        self.folder.path("records", stem, ".xml"),
                        self.folder.path("print", stem, ".pdf"),
                        link=self.links[stem],
                        summary=token,
                        receipt=self.receipt_lines[stem],
                    )
                )
        return jobs

    def _marked_jobs(self) -> Iterator[PrintJob]:
        for kind, stems, mark, stage in (
            ("recalled", self.recalled, "recalled", Stage.RELEASE),
            ("waiting", self.unreleased, "draft", Stage.MANAGER),
        ):
            for stem in stems:
                target = self.folder.path("print", f"{stem}-{mark}", ".pdf")
                yield PrintJob(self.folder.path(kind, stem, ".xml"), target, stage, mark, self.links.get(stem))


def _class_and_number(stem: str) -> tuple[str, int]:
    class_name, number, _ = stem.split("-", 2)
    return class_name, int(number)


def run_demo(
    out: Path, *, pupils: int = 35, seed: int = 1, print_everything: bool = False, console: Console | None = None
) -> Summary:
    """Run it into ``out``; :class:`DemoError` (or any of our errors) when something is not as it must be."""
    console = console or Console()
    school = make_school(seed, pupils)
    started = write_instant(datetime.now(timezone.utc))
    summary = Summary(school.name, school.school_year, seed, pupils, started)
    with Progressing(console) as progress:
        run = Run(OutputFolder(out), school, progress, summary, print_everything)
        run.everything()
    summary.show(console, progress.timings, progress.seconds, str(out))
    return summary
