"""``hocbaso trust``: what a trust folder holds and how long it lasts, newer revocation data, the department's list."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from rich.console import Console
from rich.table import Table

from hocbaso_app.record.document import Document
from hocbaso_app.record.times import write_instant
from hocbaso_app.signing import xades
from hocbaso_app.signing.certificate import read_certificate
from hocbaso_app.signing.identity import common_name, tax_code
from hocbaso_app.signing.revocation import AuthorityState, Limits, Outcome, Web, fetch, keep, remembered, states
from hocbaso_app.signing.trust import TrustStore
from hocbaso_app.signing.trust_list import KINDS_VI, ListedAnchor, TrustList, add, first, withdraw
from hocbaso_app.signing.trust_list.files import read_list
from hocbaso_app.signing.trust_list.listing import TEST_ROOT
from hocbaso_app.signing.trust_list.publishing import publish_list, take_list
from hocbaso_app.signing.usage import PURPOSES

from .exits import ExitCode, InputError
from .inputs import load_trust, parse_time, read, read_document, record_files
from .sources import OpenedSource, SourceKind, described

if TYPE_CHECKING:
    from hocbaso_app.signing.keys import KeySource

app = typer.Typer(
    help="Gốc tin cậy và dữ liệu thu hồi. / Anchors and revocation data of a trust folder.", no_args_is_help=True
)

Folder = Annotated[Path, typer.Argument(help="Thư mục tin cậy")]
AsJson = Annotated[bool, typer.Option("--json", help="Kết quả là JSON")]
At = Annotated[str | None, typer.Option("--at", help="Thời điểm kiểm tra, ISO 8601; mặc định bây giờ")]
Reason = Annotated[str, typer.Option("--reason", help="Lý do, căn cứ")]
By = Annotated[str, typer.Option("--by", help="Người đề nghị")]
ApprovedBy = Annotated[str, typer.Option("--approved-by", help="Người thứ hai, đã đồng ý")]
Source = Annotated[SourceKind | None, typer.Option("--source", help="Nguồn khóa con dấu số của Sở")]
Pkcs12 = Annotated[Path | None, typer.Option("--pkcs12", help="Tệp con dấu số của Sở, .p12/.pfx")]
Setting = Annotated[list[str] | None, typer.Option("--set", help="Thiết lập của nguồn khóa, tên=giá-trị hoặc JSON")]
Password = Annotated[Path | None, typer.Option("--password-file", help="Tệp mã PIN hoặc mật khẩu; không thì hỏi")]

Kind = Enum("Kind", {kind: kind for kind in KINDS_VI}, type=str)  # type: ignore[misc]
Purpose = Enum("Purpose", {purpose: purpose for purpose in PURPOSES}, type=str)  # type: ignore[misc]


@app.command()
def show(folder: Folder, as_json: AsJson = False) -> None:
    """Các gốc, dữ liệu thu hồi và thời hạn. / Anchors, revocation data and how long they last."""
    trust, now = _load(folder), datetime.now(timezone.utc)
    if as_json:
        print(json.dumps(_to_dict(trust, now), ensure_ascii=False))
        return
    registry, console = trust.registry, Console()
    console.print(f"{registry.department} · {registry.environment} · {len(registry.schools)} trường", highlight=False)
    console.print(_anchors(trust))
    console.print(_lists(states(trust), now))


@app.command()
def check(folder: Folder, at: At = None) -> None:
    """Dùng được không, đến bao giờ. / Exit 0 sound, 2 when some list runs out soon, 3 when it can't be relied on."""
    now = parse_time(at) or datetime.now(timezone.utc)
    trust = load_trust(folder, now)
    until = trust.paths.holds_until(trust.department_certificate, now)
    print(f"Kiểm tra được đến / good until: {write_instant(until) if until else '?'}")
    worst = ExitCode.OK
    for state in states(trust):
        if state.missing:
            print(f"  {state.name}: chưa có danh sách thu hồi / no CRL")
        elif state.ran_out(now) or state.runs_out_soon(now):
            worst = ExitCode.INDETERMINATE
            print(f"  {state.name}: danh sách thu hồi hết hạn / CRL runs out {_time(state.until)}")
    raise typer.Exit(worst)


@app.command("fetch")
def fetch_(
    folder: Folder,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Chứng thư số (.pem, .cer) hoặc học bạ mà người ký cần hỏi")
    ] = None,
    host: Annotated[list[str] | None, typer.Option("--host", help="Chỉ hỏi các máy chủ này")] = None,
    as_json: AsJson = False,
) -> None:
    """Tải CRL và OCSP mới. / Fetch CRLs and OCSP answers; exit 1 when something could not be had."""
    now, certificates = datetime.now(timezone.utc), []
    for path in files or []:
        certificates += _certificates(path)
    web = Web(Limits(), hosts=frozenset(host) if host else None)
    outcomes = fetch(certificates, _load(folder), now, web, remembered(folder))
    new = keep(folder, outcomes, now)
    for outcome in outcomes:
        print(json.dumps(_outcome(outcome), ensure_ascii=False) if as_json else _line(outcome))
    if not as_json:
        print(f"Tệp mới / new files: {new}")
    raise typer.Exit(ExitCode.OK if all(one.ok for one in outcomes) else ExitCode.FAILED)


@app.command()
def take(
    folder: Folder, published: Annotated[Path, typer.Argument(help="Danh sách gốc của Sở (anchors.cose)")]
) -> None:
    """Nhận danh sách gốc mới của Sở. / Take a newer list of anchors; an older or foreign one changes nothing."""
    newer = take_list(folder, read(published))
    print("Đã nhận danh sách mới. / Taken." if newer else "Danh sách đang có là mới nhất. / Nothing newer.")


@app.command("add")
def add_(
    folder: Folder,
    certificate: Annotated[Path, typer.Argument(help="Chứng thư gốc, .pem hoặc .cer")],
    kind: Annotated[Kind, typer.Option("--kind", help="Loại gốc")],
    purpose: Annotated[list[Purpose], typer.Option("--purpose", help="Dùng cho: cá nhân, tổ chức, dấu thời gian")],
    source_note: Annotated[str, typer.Option("--from", help="Lấy từ đâu, so dấu vân tay với văn bản nào, ai so")],
    sha256: Annotated[str, typer.Option("--sha256", help="Dấu vân tay chép từ văn bản, để so với tệp")],
    reason: Reason,
    by: By,
    approved_by: ApprovedBy,
    name: Annotated[str | None, typer.Option("--name", help="Tên gọi; mặc định tên trong chứng thư")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Tin cậy từ; mặc định từ khi chứng thư có hiệu lực")
    ] = None,
    department: Annotated[
        str | None, typer.Option("--department", help="Tên Sở, chỉ cho danh sách đầu tiên của thư mục")
    ] = None,
    source: Source = None,
    pkcs12: Pkcs12 = None,
    setting: Setting = None,
    password_file: Password = None,
) -> None:
    """Sở thêm một gốc. / Add an anchor and seal the list with the department's key."""
    found, *more = _certificates(certificate)
    if more:
        raise InputError("SEVERAL", f"{certificate} có nhiều chứng thư; cần một gốc.", f"{certificate}: one at a time")
    from_time = parse_time(since) or found.not_valid_before_utc
    anchor = ListedAnchor.of(
        found,
        name=name or common_name(found),
        kind=kind.value,
        purposes=tuple(one.value for one in purpose),
        source=source_note,
        since=write_instant(from_time),
    )
    if "".join(sha256.split()).replace(":", "").lower() != anchor.sha256:
        raise InputError(
            "FINGERPRINT",
            f"Dấu vân tay không khớp: tệp này là {anchor.sha256}.",
            f"the file's SHA-256: {anchor.sha256}",
        )
    key = OpenedSource.open(described(source, pkcs12, setting or []), password_file).source
    known = read_list(folder)
    now = datetime.now(timezone.utc)
    before = known[0] if known else _first(folder, anchor, department, key)
    after = add(before, anchor, reason=reason, by=by, approved_by=approved_by, now=now)
    _publish(folder, after, key)


@app.command("withdraw")
def withdraw_(
    folder: Folder,
    sha256: Annotated[str, typer.Argument(help="Dấu vân tay SHA-256 của gốc")],
    reason: Reason,
    by: By,
    approved_by: ApprovedBy,
    until: Annotated[
        str | None, typer.Option("--until", help="Chữ ký chứng minh được có trước lúc này vẫn hợp lệ; mặc định bây giờ")
    ] = None,
    source: Source = None,
    pkcs12: Pkcs12 = None,
    setting: Setting = None,
    password_file: Password = None,
) -> None:
    """Sở thôi tin cậy một gốc. / An anchor counts no more from a moment on; sealed with the department's key."""
    known = read_list(folder)
    if known is None:
        raise InputError("NO_TRUST_LIST", f"{folder} chưa có danh sách gốc.", f"{folder} has no anchors.cose")
    now = datetime.now(timezone.utc)
    moment = parse_time(until) or now
    after = withdraw(known[0], sha256.lower(), until=moment, reason=reason, by=by, approved_by=approved_by, now=now)
    _publish(folder, after, OpenedSource.open(described(source, pkcs12, setting or []), password_file).source)


def _first(folder: Path, anchor: ListedAnchor, department: str | None, key: KeySource) -> TrustList:
    number = tax_code(key.certificate)
    if not department or number is None:
        raise typer.BadParameter("danh sách đầu tiên cần --department và con dấu số có mã số thuế của Sở")
    folder.mkdir(parents=True, exist_ok=True)
    return first("practice" if anchor.kind == TEST_ROOT else "production", department, number)


def _publish(folder: Path, trust_list: TrustList, key: KeySource) -> None:
    publish_list(folder, trust_list, key)
    print(
        f"Danh sách số {trust_list.number}, {len(trust_list.anchors)} gốc / list {trust_list.number} sealed: {folder}"
    )


def _load(folder: Path) -> TrustStore:
    """Also with revocation data that ran out: this is where newer ones are brought."""
    return load_trust(folder, fresh=False)


def _certificates(path: Path) -> list[x509.Certificate]:
    """Of a certificate file, or of everybody who signed a record."""
    data = read(path)
    if data.startswith(b"-----"):
        return x509.load_pem_x509_certificates(data)
    facts = read_certificate(data)
    if facts is not None:
        return [facts.x509]
    return [one for file in record_files([path]) for one in _signers(read_document(file))]


def _signers(document: Document) -> list[x509.Certificate]:
    slots = (xades.read_slot(text) for text in document.slots.values() if text)
    found = (read_certificate(slot.certificate) for slot in slots if slot is not None)
    return [facts.x509 for facts in found if facts is not None]


def _anchors(trust: TrustStore) -> Table:
    table = Table("Gốc", "Loại", "Dùng cho", "Từ", "Đến", "SHA-256")
    if trust.trust_list is None:
        for root in trust.roots:
            sha256 = root.fingerprint(hashes.SHA256()).hex()
            table.add_row(common_name(root), "chưa có danh sách của Sở", "", "", "", sha256)
        return table
    for anchor in trust.trust_list.anchors:
        purposes = ", ".join(anchor.purposes)
        until = anchor.valid_until or ""
        table.add_row(anchor.name, KINDS_VI[anchor.kind], purposes, anchor.valid_from, until, anchor.sha256)
    return table


def _lists(found: list[AuthorityState], now: datetime) -> Table:
    table = Table("Tổ chức cấp", "CRL lập", "CRL hết hạn", "Đã thu hồi", "")
    for state in found:
        words = "thiếu" if state.missing else "hết hạn" if state.ran_out(now) else ""
        words = words or ("sắp hết hạn" if state.runs_out_soon(now) else "")
        table.add_row(state.name, _time(state.made), _time(state.until), str(state.revoked), words)
    return table


def _to_dict(trust: TrustStore, now: datetime) -> dict[str, object]:
    listed = trust.trust_list
    return {
        "environment": trust.registry.environment,
        "department": trust.registry.department,
        "list": listed.number if listed else None,
        "anchors": listed.to_claims()["anchors"] if listed else [],
        "changes": listed.to_claims()["changes"] if listed else [],
        "authorities": [
            {
                "name": state.name,
                "sha256": state.sha256,
                "crl_made": _time(state.made),
                "crl_until": _time(state.until),
                "revoked": state.revoked,
                "ran_out": state.ran_out(now),
            }
            for state in states(trust)
        ],
        "ocsp_answers": len(trust.ocsps),
    }


def _outcome(outcome: Outcome) -> dict[str, object]:
    return {
        "kind": outcome.kind,
        "address": outcome.address,
        "about": outcome.about,
        "ok": outcome.ok,
        "unchanged": outcome.unchanged,
        "until": _time(outcome.until),
        "code": outcome.code,
        "message": outcome.message_en,
    }


def _line(outcome: Outcome) -> str:
    words = f"đến {_time(outcome.until) or '?'}" if outcome.ok else f"[{outcome.code}] {outcome.message_vi}"
    return f"  {'✓' if outcome.ok else '✗'} {outcome.kind} {outcome.about}: {words}"


def _time(moment: datetime | None) -> str:
    return write_instant(moment) if moment else ""
