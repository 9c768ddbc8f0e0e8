"""Writes docs/api/openapi.yaml from the typed messages and codes of hocbaso_app/exchange.

Usage: contract_docs.py [--check]; with --check it writes nothing and exits 1 when the file is not what the code says.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from hocbaso_app.exchange.contract import openapi

FILE = Path(__file__).resolve().parents[1] / "docs" / "api" / "openapi.yaml"
HEAD = "# Written by `make docs` from hocbaso_app/exchange; change the code, never this file.\n"


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, nothing as an anchor."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


_Dumper.add_representer(str, _text)


def render() -> str:
    """The file's text."""
    described = openapi.describe()
    return HEAD + yaml.dump(described, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def main(arguments: list[str]) -> int:
    """Write or check."""
    text = render()
    if "--check" in arguments:
        return 0 if FILE.exists() and FILE.read_text(encoding="utf-8") == text else 1
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
