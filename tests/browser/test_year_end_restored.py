"""The school of the year-end after a restore drill: backup, empty site, restore, migrate, everything verified."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.requirement("Y019", "Y045")
def test_restored_octet_by_octet_within_the_targets() -> None:
    site = Path(os.environ["HOCBASO_PLAY_PEOPLE"]).parents[1].name
    environment = {**os.environ, "HOCBASO_SITE": site, "HOCBASO_NO_APT": "1"}
    run = subprocess.run(
        [str(ROOT / "scripts" / "site"), "restore-drill"], env=environment, capture_output=True, text=True, check=False
    )
    said = run.stdout + run.stderr
    assert run.returncode == 0, said
    assert "Result: RESTORED, EVERYTHING RIGHT" in said
    for step in ("rows, hashes, files", "daily roots", "signatures, all files", "(migrate)"):
        assert any(step in line and line.strip().startswith("ok") for line in said.splitlines()), said
    assert "Lost with this backup" in said
    assert "Time from the empty site to verified" in said
