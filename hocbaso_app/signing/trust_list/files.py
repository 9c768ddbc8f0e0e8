"""``anchors.cose`` (what counts), ``anchors.json`` (the same to read) and the anchors as ``roots/*.pem``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ..cose import SealError, open_seal, seal
from ..keys import KeySource
from ..malformed import MALFORMED
from ..trust_errors import TrustError
from ..trust_files import read_json, replace_file, write_json
from .listing import TrustList
from .rules import check_list

KIND = "trust-list"
COSE, JSON = "anchors.cose", "anchors.json"


def seal_list(trust_list: TrustList, key: KeySource) -> bytes:
    """As the department publishes it."""
    check_list(trust_list)
    return seal(trust_list.to_claims(), key, kind=KIND)


def open_list(token: bytes) -> tuple[TrustList, x509.Certificate]:
    """The list and who sealed it; whether that was the department is the caller's question."""
    try:
        sealed = open_seal(token, kind=KIND)
        trust_list = TrustList.from_claims(sealed.claims)
    except (SealError, *MALFORMED) as error:
        raise TrustError(
            "TRUST_LIST_UNREADABLE",
            "Danh sách gốc tin cậy thiếu, hỏng hoặc đã bị sửa. Hãy lấy lại từ Sở.",
            f"trust list: {error}",
        ) from error
    check_list(trust_list)
    return trust_list, sealed.certificate


def read_list(folder: Path) -> tuple[TrustList, x509.Certificate] | None:
    """The folder's list; ``None`` for a folder that has none."""
    if not (folder / COSE).exists():
        return None
    trust_list, signer = open_list((folder / COSE).read_bytes())
    try:
        readable = read_json(folder / JSON)
    except (OSError, ValueError):
        readable = None
    if readable != trust_list.to_claims():
        raise TrustError(
            "TRUST_LIST_UNREADABLE",
            f"{JSON} khác danh sách gốc tin cậy đã ký. Hãy lấy lại từ Sở.",
            f"{JSON} says something else than the sealed list",
        )
    return trust_list, signer


def keep_list(folder: Path, token: bytes, trust_list: TrustList) -> None:
    """Write the list, and each anchor for people and other programs."""
    (folder / "roots").mkdir(parents=True, exist_ok=True)
    for anchor in trust_list.anchors:
        replace_file(folder / "roots" / f"{anchor.sha256}.pem", anchor.x509.public_bytes(Encoding.PEM))
    replace_file(folder / COSE, token)
    write_json(folder / JSON, trust_list.to_claims())


def require_listed(roots: Iterable[x509.Certificate], trust_list: TrustList) -> None:
    """A root that somebody put beside the list is a reason to trust nothing."""
    listed = {anchor.der for anchor in trust_list.anchors}
    for root in roots:
        if root.public_bytes(Encoding.DER) not in listed:
            raise TrustError(
                "ANCHOR_UNLISTED",
                "Thư mục tin cậy có chứng thư gốc không nằm trong danh sách của Sở. Hãy báo Sở và lấy lại thư mục.",
                f"{root.subject.rfc4514_string()} is not on the department's list",
            )
