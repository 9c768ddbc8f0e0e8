"""What our portal offers beside CV 2088: ``POST /mo-rong/<name>`` with the session's token, JSON in, JSON out."""

from __future__ import annotations

EXTENSION_PATH = "/mo-rong"
REGISTRY_PATH = "/so-dang-ky"
"""Where a portal with our extension publishes the signed registry of approved certificates."""
TRUST_LIST_PATH = "/danh-sach-goc"
"""And its sealed list of anchors, where it has one."""
