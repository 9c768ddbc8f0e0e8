"""Before a batch goes on as its state file says: what will be opened, who gets the secrets, which files are written."""

from __future__ import annotations

import sys

import typer

from .journal import Journal

QUESTION = "Ký tiếp như vậy?"


def shown(journal: Journal) -> str:
    """Where keys come from, and what is written, line by line."""
    lines = [f"Lượt ký dở {journal.path}:"]
    if journal.source is not None:
        settings = ", ".join(f"{name}={value}" for name, value in journal.source.settings.items())
        lines.append(f"  nguồn khóa {journal.source.kind}: {settings or 'mặc định'}")
    lines += [f"  ghi vào {path}" for path in dict.fromkeys(part.output for part in journal.parts)]
    return "\n".join(map(_printable, lines))


def require_yes(journal: Journal) -> None:
    """The signer's word, on a terminal; :class:`typer.Abort` without it."""
    print(shown(journal), file=sys.stderr)
    if not sys.stdin.isatty():
        raise typer.BadParameter("cần --yes để ký tiếp như trên, hoặc nêu lại --source")
    typer.confirm(QUESTION, abort=True, err=True)


def _printable(line: str) -> str:
    """Names come from a file: none of them moves the cursor."""
    return "".join(c if c.isprintable() else "?" for c in line)
