"""``hocbaso root``: proofs that a file stood under a daily root."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .exits import ExitCode
from .inputs import load_trust, read, read_document

app = typer.Typer(
    help="Gốc băm trong ngày. / Daily roots: proofs that a file was there on a day.", no_args_is_help=True
)


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="Tệp chứng minh (.goc)")],
    trust: Annotated[Path, typer.Option("--trust", help="Thư mục tin cậy")],
    record: Annotated[Path | None, typer.Option("--record", help="Tệp học bạ số mà chứng minh nói đến")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON")] = False,
) -> None:
    """Kiểm tra không cần mạng. / Verify offline: path, root, seal, receipt; exit 0 right, 1 wrong, 3 unreadable."""
    from .roots import check_proof

    answer = check_proof(read(file), load_trust(trust), read_document(record) if record else None)
    print(json.dumps({"file": str(file), **answer.to_dict()}, ensure_ascii=False) if as_json else answer.to_text(file))
    raise typer.Exit(ExitCode(answer.exit_code))
