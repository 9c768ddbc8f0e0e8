"""``hocbaso evidence``: proof beside each record that stays good for decades."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from hocbaso_app.progress import Progressing

from .exits import ExitCode, InputError
from .inputs import load_trust, parse_time, read, read_record_file, record_files

if TYPE_CHECKING:
    from hocbaso_app.signing.evidence.making import Stamper
    from hocbaso_app.signing.timestamps import TimestampClient
    from hocbaso_app.signing.trust import TrustStore

app = typer.Typer(
    help="Bằng chứng lâu dài bên cạnh học bạ (.evidence). / Long-term evidence beside records (RFC 6283).",
    no_args_is_help=True,
)

Files = Annotated[list[Path], typer.Argument(help="Tệp học bạ số, hoặc thư mục chứa *.xml")]
Trust = Annotated[Path, typer.Option("--trust", help="Thư mục tin cậy")]
Tsa = Annotated[str, typer.Option("--tsa", help="Địa chỉ dịch vụ dấu thời gian (RFC 3161)")]
TsaUser = Annotated[
    str | None, typer.Option("--tsa-user", help="Tài khoản dịch vụ; mật khẩu ở biến HOCBASO_TSA_PASSWORD")
]
AsJson = Annotated[bool, typer.Option("--json", help="Kết quả là JSON")]
Advised = Annotated[
    bool, typer.Option("--advised", help="Tính cả ngày ETSI khuyên thôi dùng một thuật toán, dù luật chưa cấm")
]
MONTH = timedelta(days=30.4375)


def _progress() -> Progressing:
    return Progressing(Console(stderr=True))


def _stamper(trust_folder: Path, url: str, user: str | None) -> tuple[TrustStore, Stamper]:
    from hocbaso_app.signing.evidence.making import by_length

    trust = load_trust(trust_folder)
    return trust, by_length(client_of(trust, url, user).stamp_digest)


def client_of(trust: TrustStore, url: str, user: str | None) -> TimestampClient:
    """The time-stamping service that the options name."""
    from hocbaso_app.signing.timestamps import TimestampClient

    return TimestampClient(url, user, os.environ.get("HOCBASO_TSA_PASSWORD"), paths=trust.paths)


@app.command()
def make(
    files: Files,
    trust: Trust,
    tsa: Tsa,
    tsa_user: TsaUser = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Không chờ danh sách thu hồi (CRL, OCSP) mới hơn chữ ký")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Lập bằng chứng, một dấu thời gian cho mọi tệp. / One timestamp for all valid records."""
    from . import evidence

    store, stamper = _stamper(trust, tsa, tsa_user)
    with _progress() as progress:
        now = datetime.now(timezone.utc)
        outcome = evidence.make(list(record_files(files)), store, stamper, now, progress, at_once=at_once)
    print(json.dumps(outcome.to_dict(), ensure_ascii=False) if as_json else outcome.to_text("Đã lập bằng chứng"))
    raise typer.Exit(outcome.exit_code)


@app.command()
def renew(
    files: Files,
    trust: Trust,
    tsa: Tsa,
    tsa_user: TsaUser = None,
    months: Annotated[int, typer.Option("--months", min=1, help="Gia hạn thứ sẽ hết hạn trong số tháng này")] = 12,
    algorithm: Annotated[str, typer.Option("--algorithm", help="Thuật toán băm mới: sha384 hoặc sha512")] = "sha512",
    advised: Advised = False,
    as_json: AsJson = False,
) -> None:
    """Gia hạn bằng chứng sắp hết hạn. / Renew what ends soon: a new timestamp, or a new hash tree."""
    from . import evidence

    if algorithm not in ("sha384", "sha512"):
        raise typer.BadParameter("thuật toán băm mới là sha384 hoặc sha512")
    store, stamper = _stamper(trust, tsa, tsa_user)
    now = datetime.now(timezone.utc)
    with _progress() as progress:
        outcome = evidence.renew(
            list(record_files(files)),
            store,
            stamper,
            now,
            now + months * MONTH,
            progress,
            algorithm=algorithm,
            advised=advised,
        )
    print(json.dumps(outcome.to_dict(), ensure_ascii=False) if as_json else outcome.to_text("Đã gia hạn"))
    raise typer.Exit(outcome.exit_code)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="Tệp .evidence, hoặc học bạ có tệp này bên cạnh")],
    trust: Annotated[Path | None, typer.Option("--trust", help="Kiểm tra luôn với thư mục tin cậy")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Thời điểm kiểm tra, ISO 8601; mặc định bây giờ")] = None,
    as_json: AsJson = False,
) -> None:
    """Xem các dấu thời gian. / The timestamps inside; with --trust also whether they prove the record beside."""
    from hocbaso_app.signing.evidence.bundle import SUFFIX, Bundle
    from hocbaso_app.signing.evidence.reading import MAX_BYTES

    from . import evidence

    path = file if file.suffix == SUFFIX else evidence.evidence_path(file)
    bundle = Bundle.from_bytes(read(path, MAX_BYTES))
    verdict = None
    if trust:
        record = path.with_suffix(".xml")
        if not record.exists():
            raise InputError("NO_RECORD", f"Không có học bạ {record} bên cạnh bằng chứng.", f"{record} is missing")
        moment = parse_time(at)
        store = load_trust(trust, moment)
        verdict = bundle.check(read_record_file(record), store, moment or datetime.now(timezone.utc))
    if as_json:
        holds = {"holds": verdict.ok, "sub_indication": verdict.sub_indication} if verdict else {}
        print(json.dumps({"timestamps": evidence.contents(bundle), **holds}, ensure_ascii=False))
    else:
        print(evidence.contents_to_text(bundle))
        if verdict:
            print(verdict.message_vi if verdict.ok else f"! {verdict.sub_indication}: {verdict.message_vi}")
    raise typer.Exit(ExitCode.OK if verdict is None or verdict.ok else ExitCode.INDETERMINATE)


@app.command()
def forecast(
    files: Files,
    trust: Trust,
    months: Annotated[int, typer.Option("--months", min=0, help="Số tháng tới")] = 24,
    at: Annotated[str | None, typer.Option("--at", help="Thay cho --months: ngày cần xem trước")] = None,
    advised: Advised = False,
    as_json: AsJson = False,
) -> None:
    """Học bạ nào sẽ không kiểm tra được nữa, vì sao. / Which records would fail by then, and why; exit 1 if any."""
    from . import evidence

    now = datetime.now(timezone.utc)
    until = parse_time(at) or now + months * MONTH
    with _progress() as progress:
        found, unread = evidence.foretell(
            list(record_files(files)), load_trust(trust), now, until, progress, advised=advised
        )
    if as_json:
        print(
            json.dumps({**evidence.forecast_to_dict(found), "unread": unread.to_dict()["refused"]}, ensure_ascii=False)
        )
    else:
        print(evidence.forecast_to_text(found))
        for path, code, text in unread.refused:
            print(f"  ! {path}: [{code}] {text}")
    raise typer.Exit(ExitCode.FAILED if found.failing else unread.exit_code)
