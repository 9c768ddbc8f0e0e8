"""What the demo people know: password, PIN, authenticator; in one file of the site's private folder, mode 0600.

It lies outside git and outside Frappe's files. Login → ``name``, ``duty``, ``password``, ``pin`` of the demo key,
``seal_pin`` of the one who keeps the school's seal, ``authenticator`` (base32 secret of the one-time codes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import frappe


def path() -> Path:
    """The file."""
    return Path(frappe.get_site_path("private", "hbs-demo-people.json"))


def known() -> dict[str, dict[str, str]]:
    """Everything kept so far."""
    return json.loads(path().read_text(encoding="utf-8")) if path().exists() else {}


def keep(facts: Mapping[str, Mapping[str, str]]) -> None:
    """Add facts about people; what is known of them otherwise stays."""
    people = known()
    for login, own in facts.items():
        people.setdefault(login, {}).update(own)
    path().touch(mode=0o600)
    path().write_text(json.dumps(people, ensure_ascii=False, indent=1), encoding="utf-8")
