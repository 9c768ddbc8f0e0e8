"""``hocbaso``: the core on the command line; no Frappe needed.

Exit codes: 0 right, 1 failed or refused, 2 indeterminate, 3 unreadable (of
several files the worst in the order 3, 1, 2, 0); 64 wrong usage.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hocbaso_app.command import levels, status_lists
from hocbaso_app.command.evidence_app import TsaUser, client_of
from hocbaso_app.command.evidence_app import app as evidence_app
from hocbaso_app.command.exits import CommandGroup, ExitCode, worst
from hocbaso_app.command.inputs import (
    load_trust,
    parse_time,
    read,
    read_document,
    read_record_file,
    record_files,
    write,
)
from hocbaso_app.command.keys_app import app as keys_app
from hocbaso_app.command.roots_app import app as roots_app
from hocbaso_app.command.showing import picture
from hocbaso_app.command.sources import (
    OpenedSource,
    PasswordOption,
    Pkcs12Option,
    SettingOption,
    SourceOption,
    described,
)
from hocbaso_app.command.trust_app import app as trust_app
from hocbaso_app.command.verifying import Question, verify_files
from hocbaso_app.exchange.standing import MAX_AGE
from hocbaso_app.record.diff import diff as record_diff
from hocbaso_app.record.diff import touched_parts
from hocbaso_app.record.document import Document
from hocbaso_app.record.json_codec import to_json
from hocbaso_app.record.rules import check
from hocbaso_app.signing.report import VERDICTS_VI
from hocbaso_app.signing.slots import Stage
from hocbaso_app.signing.verify import Verification
from hocbaso_app.signing.verify import verify as verify_record

app = typer.Typer(
    cls=CommandGroup,
    help="Học bạ số: kiểm tra, xem, in, chuyển đổi, ký. / Digital primary-school records: verify, show, print, sign.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
status_list_app = typer.Typer(help="Danh sách trạng thái (mã đã thu hồi). / The authority's signed status list.")
app.add_typer(status_list_app, name="status-list")
archive_app = typer.Typer(help="Gói lưu trữ năm học. / Archives of a school year.")
app.add_typer(archive_app, name="archive")
app.add_typer(evidence_app, name="evidence")
app.add_typer(trust_app, name="trust")
app.add_typer(keys_app, name="keys")
app.add_typer(roots_app, name="root")
for _command in (levels.timestamp, levels.export, levels.original):
    app.command()(_command)
MAX_AGE_HOURS = int(MAX_AGE.total_seconds() // 3600)


class StageName(str, Enum):
    """:class:`~hocbaso_app.signing.slots.Stage` for the command line; older Click wants strings."""

    GVBM = "gvbm"
    GVCN = "gvcn"
    CBQL = "cbql"
    RELEASE = "release"


class Revocation(str, Enum):
    """Whether revocation data must be there."""

    REQUIRE = "require"
    IF_PRESENT = "if-present"


class Target(str, Enum):
    """Spellings of the same record."""

    JSON = "json"
    XML = "xml"


class Printing(str, Enum):
    """How many records become PDF."""

    FEW = "few"
    ALL = "all"


class Language(str, Enum):
    """Language of the report."""

    VI = "vi"
    EN = "en"


TrustOption = Annotated[Path, typer.Option("--trust", help="Thư mục tin cậy (roots/, intermediates/, crls/, registry)")]
MaybeTrust = Annotated[Path | None, typer.Option("--trust", help="Thư mục tin cậy; không có thì không xác thực")]
AtOption = Annotated[str | None, typer.Option("--at", help="Thời điểm kiểm tra, ISO 8601; mặc định bây giờ")]
RevocationOption = Annotated[Revocation, typer.Option("--revocation", help="Bắt buộc có dữ liệu thu hồi hay không")]
JsonOption = Annotated[bool, typer.Option("--json", help="Kết quả là JSON (verify: mỗi tệp một dòng)")]
MaxAgeOption = Annotated[int, typer.Option("--max-age-hours", min=1, help="Danh sách trạng thái cũ hơn là quá cũ")]
RecordFile = Annotated[Path, typer.Argument(help="Tệp học bạ số, XML hoặc JSON; - là đầu vào chuẩn")]


@app.command()
def verify(
    files: Annotated[list[Path], typer.Argument(help="Tệp học bạ số, hoặc thư mục chứa *.xml")],
    trust: TrustOption,
    at: AtOption = None,
    stage: Annotated[StageName, typer.Option("--stage", help="Bước phải ký xong")] = StageName.RELEASE,
    revocation: RevocationOption = Revocation.REQUIRE,
    as_json: JsonOption = False,
    language: Annotated[Language, typer.Option("--lang", help="Ngôn ngữ báo cáo")] = Language.VI,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=256, help="Số tiến trình; mặc định tùy số tệp")
    ] = None,
    status_list: Annotated[
        str | None,
        typer.Option("--status-list", help="Danh sách trạng thái của cơ quan tiếp nhận: tệp, hoặc địa chỉ để tải về"),
    ] = None,
    max_age_hours: MaxAgeOption = MAX_AGE_HOURS,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", help="Bằng chứng lâu dài: tệp .evidence hoặc thư mục; mặc định tệp bên cạnh học bạ"),
    ] = None,
) -> None:
    """Kiểm tra chữ ký và nội dung. / Verify; exit 0 passed, 1 failed or recalled, 2 indeterminate, 3 unreadable."""
    moment = parse_time(at)
    question = Question(
        trust,
        moment or datetime.now(timezone.utc),
        moment,
        Stage(stage.value),
        revocation.value,
        as_json,
        language.value,
        evidence=evidence,
    )
    if status_list:
        listed = status_lists.load(status_list, load_trust(trust, moment))
        question = question.against(listed, timedelta(hours=max_age_hours))
    seen = []
    for answer in verify_files(record_files(files), question, workers=workers):
        print(answer.text)
        seen.append(answer.exit_code)
    if not as_json and len(seen) != 1:
        print(f"\n{len(seen)} tệp: " + ", ".join(f"{name} {seen.count(code)}" for code, name in _COUNTED.items()))
    raise typer.Exit(worst(seen))


@status_list_app.command(name="show")
def show_status_list(
    where: Annotated[str, typer.Argument(help="Tệp danh sách trạng thái, hoặc địa chỉ để tải về")],
    trust: TrustOption,
    at: AtOption = None,
    max_age_hours: MaxAgeOption = MAX_AGE_HOURS,
    as_json: JsonOption = False,
) -> None:
    """Xem các mã đã thu hồi. / Show recalled codes; exit 0, 2 when the list is too old, 3 when it is not genuine."""
    moment = parse_time(at)
    listed = status_lists.load(where, load_trust(trust, moment))
    age = (moment or datetime.now(timezone.utc)) - listed.moment
    too_old = age > timedelta(hours=max_age_hours)
    if as_json:
        print(json.dumps({**asdict(listed), "too_old": too_old}, ensure_ascii=False))
    else:
        shown = Table("Mã học bạ đã thu hồi", "Thu hồi lúc", "Thay bằng")
        for code, recalled_at in sorted(listed.recalled.items(), key=lambda pair: (pair[1], pair[0])):
            shown.add_row(code, recalled_at, listed.replaced.get(code, "chưa có"))
        Console().print(shown)
        old = f", QUÁ CŨ (cho phép {max_age_hours} giờ)" if too_old else ""
        print(f"Lập lúc {listed.issued_at}: {len(listed.recalled)} học bạ đã thu hồi{old}")
    raise typer.Exit(ExitCode.INDETERMINATE if too_old else ExitCode.OK)


_COUNTED = {0: "hợp lệ", 1: "không hợp lệ", 2: "chưa kết luận", 3: "không đọc được"}


@app.command()
def validate(file: RecordFile, as_json: JsonOption = False) -> None:
    """Kiểm tra thể thức và quy tắc, không kiểm chữ ký. / Check form and rules; exit 0, 1 or 3."""
    document = read_document(file)
    faults = check(document.record)
    if as_json:
        entries = [{name: str(getattr(f, name)) for name in f.__slots__} for f in faults]
        print(json.dumps({"file": str(file), "valid": not faults, "faults": entries}, ensure_ascii=False))
    else:
        for f in faults:
            print(f"[{f.code}] {f.field}: {f.message_vi} ({f.clause})\n  {f.message_en}; blocks {f.blocks}")
        print(f"{file}: {'đúng thể thức và quy tắc' if not faults else f'{len(faults)} lỗi'}")
    raise typer.Exit(ExitCode.FAILED if faults else ExitCode.OK)


@app.command()
def show(
    file: RecordFile,
    trust: MaybeTrust = None,
    at: AtOption = None,
    revocation: RevocationOption = Revocation.REQUIRE,
    as_json: JsonOption = False,
) -> None:
    """Xem nội dung một học bạ. / Show a record; says whether its signatures were verified."""
    document = read_document(file)
    result = _verification(document, trust, at, revocation)
    if as_json:
        body = {
            "file": str(file),
            "sha256": document.sha256,
            "conclusion": result.report.conclusion.value if result else None,
            "record": json.loads(to_json(document.data)),
        }
        print(json.dumps(body, ensure_ascii=False))
    else:
        verdict = f"{VERDICTS_VI[result.report.conclusion]} – {document.sha256}" if result else None
        Console().print(picture(document, verdict))


@app.command(name="print")
def print_(
    file: RecordFile,
    output: Annotated[Path, typer.Option("-o", "--output", help="Tệp PDF")],
    trust: MaybeTrust = None,
    at: AtOption = None,
    revocation: RevocationOption = Revocation.REQUIRE,
    mark: Annotated[str | None, typer.Option("--mark", help="draft, recalled, replaced hoặc chữ tùy ý")] = None,
    link: Annotated[str | None, typer.Option("--link", help="Địa chỉ tra cứu trong mã QR")] = None,
    summary: Annotated[Path | None, typer.Option("--summary", help="Bản tóm tắt đã đóng dấu (.cose)")] = None,
) -> None:
    """In ra PDF có kèm tệp gốc. / Make the PDF; without --trust each page says that nothing was verified."""
    from hocbaso_app.print_formats.pdf import render

    document = read_document(file)
    result = _verification(document, trust, at, revocation)
    token = read(summary) if summary else None
    write(output, render(document, verification=result, mark=mark, link=link, seal_summary=token))


@app.command()
def convert(
    file: RecordFile,
    to: Annotated[Target, typer.Option("--to", help="json hoặc xml")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Tệp kết quả; - là đầu ra chuẩn")],
) -> None:
    """Chuyển XML ⇄ JSON không mất gì. / Convert without loss, signatures too."""
    data = Document.parse(read_record_file(file)).data
    write(output, data if to is Target.XML else to_json(data).encode())


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Bản cũ")],
    new: Annotated[Path, typer.Argument(help="Bản mới")],
    as_json: JsonOption = False,
) -> None:
    """Khác nhau từng trường giữa hai bản. / Field by field, what differs, and which signed parts it touches."""
    changes = record_diff(read_document(old).record, read_document(new).record)
    if as_json:
        entries = [{name: getattr(c, name) for name in c.__slots__} for c in changes]
        body = {"changes": entries, "touched_parts": sorted(touched_parts(changes))}
        print(json.dumps(body, ensure_ascii=False))
        return
    shown = Table("Trường", "Cũ", "Mới", "Phần ký")
    for c in changes:
        shown.add_row(c.label, c.old or "", c.new or "", c.part)
    Console().print(shown if changes else "Không có khác biệt nội dung.")


@app.command()
def sign(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Tệp học bạ số, hoặc thư mục chứa *.xml; - là đầu vào chuẩn")
    ] = None,
    slot: Annotated[
        list[str] | None,
        typer.Option("--slot", help="Ô ký, ví dụ ky-mon-01, ky-gvcn, ky-cbql, ky-phat-hanh; mặc định các ô của mình"),
    ] = None,
    source: SourceOption = None,
    pkcs12: Pkcs12Option = None,
    setting: SettingOption = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Tệp hoặc thư mục; mặc định ghi vào chính tệp đó")
    ] = None,
    password_file: PasswordOption = None,
    clerk: Annotated[str | None, typer.Option("--clerk", help="Người dùng con dấu, bắt buộc với ky-phat-hanh")] = None,
    trust: Annotated[Path | None, typer.Option("--trust", help="Kiểm tra chứng thư số trước khi ký")] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", help="Ký tiếp lượt ký dở dang; có thể bằng nguồn khóa khác")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ký tiếp với nguồn khóa và các tệp như tệp lượt ký ghi, không hỏi lại")
    ] = False,
    state: Annotated[Path | None, typer.Option("--state", help="Tệp ghi lượt ký đến khi xong")] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Chờ xác nhận trên điện thoại, hay ký tiếp sau")
    ] = True,
    tsa: Annotated[str | None, typer.Option("--tsa", help="Thêm dấu thời gian ngay sau khi ký; cần --trust")] = None,
    tsa_user: TsaUser = None,
) -> None:
    """Ký một hay nhiều học bạ với một mã PIN hoặc một lần xác nhận. / Sign; each file is whole or untouched."""
    from hocbaso_app.command import resuming, signing
    from hocbaso_app.command.journal import Journal

    console, store = Console(stderr=True), load_trust(trust) if trust else None
    if tsa and store is None:
        raise typer.BadParameter("--tsa cần --trust")
    if resume:
        if files or slot or output or state:
            raise typer.BadParameter("--resume không đi cùng tệp, --slot, --output hay --state")
        chosen = described(source, pkcs12, setting or []) if source or pkcs12 or setting else None
        journal = Journal.load(resume)
        description = chosen or journal.source
        if description is None:
            raise typer.BadParameter("cần --source để ký tiếp")
        if chosen is None and not yes:
            resuming.require_yes(journal)
        batch = signing.resume(journal, OpenedSource.open(description, password_file), store, console)
    else:
        paths = list(dict.fromkeys(record_files(files or [])))
        if not paths:
            raise typer.BadParameter("cần tệp học bạ số, hoặc --resume")
        if output and len(paths) > 1:
            output.mkdir(parents=True, exist_ok=True)
        opened = OpenedSource.open(described(source, pkcs12, setting or []), password_file)
        batch = signing.start(
            paths, slot or [], opened, output=output, clerk=clerk, trust=store, state=state, console=console
        )
    code = batch.run(wait=wait)
    if code is ExitCode.OK:
        print(batch.summary(timestamps=tsa is not None), file=sys.stderr)
        if tsa and store is not None:
            levels.stamp_signed(batch.outputs(), client_of(store, tsa, tsa_user))
    raise typer.Exit(code)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Thư mục kết quả")] = Path("out/demo"),
    pupils: Annotated[int, typer.Option("--pupils", min=1, max=99, help="Số học sinh mỗi lớp")] = 35,
    seed: Annotated[int, typer.Option("--seed", help="Cùng số thì cùng trường")] = 1,
    print_: Annotated[Printing, typer.Option("--print", help="In vài học sinh mỗi lớp, hay tất cả")] = Printing.FEW,
    as_json: JsonOption = False,
) -> None:
    """Cả quá trình với một trường giả định. / The whole path with a made-up school."""
    from hocbaso_app.demo.run import run_demo

    run_demo(
        out,
        pupils=pupils,
        seed=seed,
        print_everything=print_ is Printing.ALL,
        console=Console(stderr=as_json),
    )
    if as_json:
        print((out / "summary.json").read_text(encoding="utf-8"), end="")


@app.command()
def receipt(
    file: Annotated[Path, typer.Argument(help="Biên nhận: .cose, base64, hoặc bien-nhan.json của gói bàn giao")],
    trust: TrustOption,
    record: Annotated[Path | None, typer.Option("--record", help="Tệp học bạ số mà biên nhận nói đến")] = None,
    as_json: JsonOption = False,
) -> None:
    """Kiểm tra biên nhận không cần mạng. / Verify a receipt offline; exit 0 right, 1 wrong or of another record."""
    from hocbaso_app.command.receipts import check_receipt

    answer = check_receipt(read(file), load_trust(trust), read_document(record) if record else None)
    print(json.dumps({"file": str(file), **answer.to_dict()}, ensure_ascii=False) if as_json else answer.to_text(file))
    raise typer.Exit(answer.exit_code)


@archive_app.command("verify")
def archive_verify(
    file: Annotated[Path, typer.Argument(help="Gói lưu trữ .zip")],
    trust: MaybeTrust = None,
    as_json: JsonOption = False,
) -> None:
    """Kiểm tra đủ tệp, đúng bảng kê, đúng con dấu. / Every file as the sealed manifest says; exit 0, 1 or 3."""
    from hocbaso_app.command.archives import verify_archive

    answer = verify_archive(file, load_trust(trust) if trust else None)
    print(json.dumps(answer.to_dict(), ensure_ascii=False) if as_json else answer.to_text())
    raise typer.Exit(answer.exit_code)


@archive_app.command("show")
def archive_show(file: Annotated[Path, typer.Argument(help="Gói lưu trữ .zip")], as_json: JsonOption = False) -> None:
    """Xem bảng kê của gói lưu trữ. / Show the manifest; its seal is checked, its files are not."""
    from hocbaso_app.command.archives import manifest_of, manifest_table

    manifest = manifest_of(file)
    if as_json:
        print(json.dumps(manifest.to_claims(), ensure_ascii=False))
        return
    Console().print(manifest_table(file, manifest))


@app.command()
def sandbox(
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Cổng; 0 là cổng trống bất kì. Mặc định 8765 hoặc của dịch vụ"),
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="Lỗi cố ý: tên, hoặc tên:số-lần (mặc định luôn luôn)")
    ] = None,
    data: Annotated[Path, typer.Option("--data", help="Thư mục dữ liệu của cổng")] = Path("out/sandbox"),
    signer: Annotated[
        str | None, typer.Option("--signer", help="Thay cho cổng: mô phỏng một dịch vụ ký, ví dụ vgca")
    ] = None,
) -> None:
    """Mở cổng tiếp nhận thử nghiệm, hoặc dịch vụ ký mô phỏng. / Run the portal or a signing service until Ctrl-C."""
    if signer:
        from hocbaso_app.demo.signers.choose import serve as serve_signer

        return serve_signer(signer, port, fault or [])
    from hocbaso_app.demo.sandbox import serve

    return serve(8765 if port is None else port, fault or [], data)


@app.command()
def conformance(
    address: Annotated[str, typer.Argument(help="Địa chỉ cổng, ví dụ http://127.0.0.1:8765")],
    account: Annotated[Path, typer.Option("--account", help="access.json: tài khoản, mã đơn vị; cạnh nó là keys/")],
    records: Annotated[
        Path | None, typer.Option("--records", help="Thư mục học bạ đã phát hành, chưa gửi (của phần mềm khác)")
    ] = None,
    codes: Annotated[Path | None, typer.Option("--codes", help="Bộ mã và đường dẫn của cổng, JSON")] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Chỉ các kiểm tra có tên bắt đầu như vậy")] = None,
    output: Annotated[Path | None, typer.Option("--json", help="Ghi kết quả ra tệp JSON")] = None,
    patience: Annotated[int, typer.Option("--wait", min=1, help="Giây chờ cổng xử lí một gói")] = 60,
) -> None:
    """Cổng tiếp nhận có làm đúng CV 2088 không. / Check any portal against the contract in docs/api."""
    from hocbaso_app.command.conformance.command import Request, conform

    request = Request(address, account, records, codes, only or [], output, patience)
    raise typer.Exit(conform(request, Console()))


def _verification(
    document: Document, trust: Path | None, at: str | None, revocation: Revocation
) -> Verification | None:
    if trust is None:
        return None
    moment = parse_time(at)
    return verify_record(document, load_trust(trust, moment), at=moment, revocation=revocation.value)


if __name__ == "__main__":
    app(prog_name="hocbaso")
