"""What no list may hold, whoever sealed it."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from importlib import resources

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ..malformed import MALFORMED
from ..trust_errors import TrustError
from ..usage import is_authority
from .listing import TEST_ROOT, Change, ListedAnchor, TrustList

SHORTEST_REASON = 10
_TEST_WORDS = re.compile(
    r"(?<![^\W\d_])"  # no letter before, none after: digits and underscores end a word too
    r"(thử nghiệm|thu nghiem|kiểm thử|kiem thu|tests?|testing|demo|dev|sandbox|example|staging|uat)"
    r"(?![^\W\d_])"
)
_WORDS_TOGETHER = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def check_list(trust_list: TrustList) -> None:
    """:class:`TrustError` for the first fault."""
    if len({anchor.sha256 for anchor in trust_list.anchors}) != len(trust_list.anchors):
        raise _refused("ANCHOR_TWICE", "có một gốc đứng hai lần", "an anchor stands twice")
    for anchor in trust_list.anchors:
        check_anchor(anchor, trust_list.environment)
    for change in trust_list.changes:
        check_change(change)
    decided = {change.sha256 for change in trust_list.changes if change.what == "add"}
    withdrawn = {change.sha256 for change in trust_list.changes if change.what == "withdraw"}
    for anchor in trust_list.anchors:
        if anchor.sha256 not in decided or (anchor.valid_until is not None and anchor.sha256 not in withdrawn):
            raise _refused(
                "CHANGE_MISSING",
                f"gốc {anchor.name} không có quyết định kèm lý do",
                f"no decision about {anchor.sha256}",
            )


def check_anchor(anchor: ListedAnchor, environment: str) -> None:
    """An authority's certificate; and no test root where records are real."""
    if not _is_authority(anchor.x509):
        raise _refused(
            "NOT_AN_AUTHORITY",
            f"chứng thư {anchor.name} không phải của tổ chức cấp chứng thư số",
            f"{anchor.sha256} is no authority's certificate",
        )
    if environment == "production" and (anchor.kind == TEST_ROOT or is_test_anchor(anchor.x509)):
        raise _refused(
            "TEST_ANCHOR",
            f"gốc {anchor.name} là gốc thử nghiệm, không bao giờ dùng cho học bạ thật",
            f"{anchor.sha256} is a test anchor",
        )


def check_change(change: Change) -> None:
    """A reason, and two different people."""
    if len(change.reason.strip()) < SHORTEST_REASON:
        raise _refused("REASON_MISSING", "thay đổi không nêu rõ lý do", "a change without a reason")
    people = {change.by.strip().casefold(), change.approved_by.strip().casefold()}
    if len(people) != 2 or "" in people:
        raise _refused("SECOND_PERSON", "thay đổi chưa được người thứ hai đồng ý", "a change needs two people")
    if change.what not in ("add", "withdraw"):
        raise _refused("CHANGE_UNKNOWN", "có thay đổi không rõ loại", f"unknown change {change.what}")


def is_test_anchor(certificate: x509.Certificate) -> bool:
    """Known by its key, or by what it says of itself."""
    if _spki(certificate) in _known():
        return True
    names = (
        _words(str(attribute.value))
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
        for attribute in certificate.subject.get_attributes_for_oid(oid)
    )
    return any(_TEST_WORDS.search(name) for name in names)


def _words(name: str) -> str:
    """However it is typed: letters composed, one blank between words, also where they are written together."""
    return " ".join(_WORDS_TOGETHER.sub(" ", unicodedata.normalize("NFC", name)).split()).casefold()


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    found = json.loads(resources.files("hocbaso_app.signing").joinpath("data/test-anchors.json").read_bytes())
    return frozenset(entry["public_key_sha256"] for entry in found["anchors"])


def _spki(certificate: x509.Certificate) -> str:
    octets = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(octets)
    return digest.finalize().hex()


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return is_authority(certificate)
    except MALFORMED:
        return False


def _refused(code: str, what: str, why: str) -> TrustError:
    return TrustError(code, f"Danh sách gốc tin cậy không dùng được: {what}.", f"trust list: {why}")
