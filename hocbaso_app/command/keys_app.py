"""``hocbaso keys``: tokens, certificates, test signatures."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from . import keys
from .inputs import load_trust, write
from .sources import OpenedSource, PasswordOption, Pkcs12Option, SettingOption, SourceKind, SourceOption, described

app = typer.Typer(help="Thiết bị ký, chứng thư số, ký thử. / Tokens, certificates, test signatures.")


@app.command("list")
def keys_list(
    source: SourceOption = None,
    pkcs12: Pkcs12Option = None,
    setting: SettingOption = None,
    password_file: PasswordOption = None,
    trust: Annotated[Path | None, typer.Option("--trust", help="Thư mục tin cậy, để kiểm tra chứng thư số")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Kết quả là JSON")] = False,
) -> None:
    """Thiết bị ký và chứng thư số; mặc định mọi USB token đang cắm. / Tokens and certificates; with --trust checked."""
    kind = source or (None if pkcs12 else SourceKind.PKCS11)
    found = keys.found(described(kind, pkcs12, setting or []), password_file, load_trust(trust) if trust else None)
    if as_json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        Console().print(keys.picture(found))
    raise typer.Exit(keys.exit_code(found))


@app.command("test")
def keys_test(
    source: SourceOption = None,
    pkcs12: Pkcs12Option = None,
    setting: SettingOption = None,
    password_file: PasswordOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Ghi chữ ký thử ra tệp JSON")] = None,
) -> None:
    """Ký thử lên một văn bản không bao giờ là học bạ. / A test signature; exit 0 when it is right."""
    tried = keys.tried(OpenedSource.open(described(source, pkcs12, setting or []), password_file))
    if output:
        write(output, (json.dumps(tried.to_dict(), ensure_ascii=False, indent=1) + "\n").encode())
    print(tried.to_text())
