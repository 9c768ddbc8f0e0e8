"""Versions of the official form as data: pages, rows, headings and the day from which each is in force."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from hocbaso_app.record.model import Record

from .view import Page

FORMS = ("tt27-1",)


@cache
def load_form(identifier: str = "tt27-1") -> Mapping[str, Any]:
    """A form version as data: pages, rows, headings, start date."""
    text = (resources.files(__package__) / "forms" / f"{identifier}.json").read_text("utf-8")
    form: dict[str, Any] = json.loads(text)
    return form


def form_for(record: Record) -> Mapping[str, Any]:
    """The newest form version in force on the first day of the record's period."""
    started = [load_form(f) for f in FORMS if load_form(f)["valid_from"] <= record.general.from_date]
    return max(started, key=lambda form: str(form["valid_from"])) if started else load_form(FORMS[0])


def pages(record: Record) -> tuple[Page, ...]:
    """The page list of the record, equal to the paper form's."""
    return tuple(Page(**page) for page in form_for(record)["pages"])
