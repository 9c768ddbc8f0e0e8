"""The made-up authority of a :class:`~hocbaso_app.tests.world.Play` with its keys, which the demo throws away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import frappe

from hocbaso_app.demo.ca import DemoCA
from hocbaso_app.services import trust


@contextmanager
def kept() -> Iterator[list[DemoCA]]:
    """Authorities made inside, in order; the last is the one whose roots lie in the site's trust folder."""
    made: list[DemoCA] = []
    create = DemoCA.create

    def keep(*args: Any, **more: Any) -> DemoCA:
        made.append(create(*args, **more))
        return made[-1]

    with patch.object(DemoCA, "create", keep):
        yield made


def publish(ca: DemoCA) -> None:
    """The authority's lists of revoked certificates as they are now."""
    ca.write_crls(trust.folder())
    frappe.local.hbs_trust = None
