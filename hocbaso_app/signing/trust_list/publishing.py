"""The department seals a list; everybody else takes it only if it follows the one at hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.record.times import read_instant

from ..identity import tax_code
from ..keys import KeySource
from ..paths import PathChecker
from ..trust import TrustStore
from ..trust_errors import TrustError
from ..trust_files import write_json
from .files import keep_list, open_list, read_list, require_listed, seal_list
from .listing import ListedAnchor, TrustList


def publish_list(folder: Path, trust_list: TrustList, key: KeySource, *, at: datetime | None = None) -> bytes:
    """Seal the list with the department's key and put it into the folder; the octets to hand out.

    The first list of a folder must hold every root that lies there, and names the department for good.
    """
    known = read_list(folder)
    if known is None:
        require_listed(_roots(folder), trust_list)
    else:
        _require_next(known[0], trust_list)
    _require_department(trust_list, key.certificate, key.chain, folder, at or datetime.now(timezone.utc))
    token = seal_list(trust_list, key)
    keep_list(folder, token, trust_list)
    if not (folder / "department.json").exists():
        write_json(folder / "department.json", {"tax_code": trust_list.department_tax_code})
    return token


def take_list(folder: Path, token: bytes, *, at: datetime | None = None) -> bool:
    """A list as its department publishes it takes the place of the folder's; whether it is a newer one.

    :class:`TrustError`, and nothing is changed, for one that is older, that drops or rewrites a decision, that changes
    an anchor otherwise than by a new decision to withdraw it, that is of another department or environment, or not
    sealed by the department under the folder's present anchors.
    """
    now = at or datetime.now(timezone.utc)
    store = TrustStore.load(folder, at=now, fresh=False)
    trust_list, signer = open_list(token)
    if trust_list == store.trust_list:
        return False
    if trust_list.environment != store.registry.environment:
        raise _refused(f"it is for {trust_list.environment}")
    if store.trust_list is None:
        require_listed(store.roots, trust_list)
    else:
        _require_next(store.trust_list, trust_list)
    path = store.paths.check(signer, now)
    codes = {tax_code(signer), trust_list.department_tax_code, store.registry.department_tax_code}
    if not (path.ok or path.sub_indication == "TRY_LATER") or len(codes) != 1:
        raise _refused(f"not sealed by the department: {path.message_en}")
    keep_list(folder, token, trust_list)
    return True


def _require_next(old: TrustList, new: TrustList) -> None:
    if new.number <= old.number:
        raise _refused(f"number {new.number} after {old.number}: older")
    if (new.environment, new.department_tax_code) != (old.environment, old.department_tax_code):
        raise _refused("of another environment or department")
    if read_instant(new.issued_at) < read_instant(old.issued_at):
        raise _refused(f"issued before {old.issued_at}")
    if new.changes[: len(old.changes)] != old.changes:
        raise _refused("an earlier decision is missing or written anew")
    gone = {anchor.sha256 for anchor in old.anchors} - {anchor.sha256 for anchor in new.anchors}
    if gone:
        raise _refused(f"anchors are missing: {', '.join(sorted(gone))}")
    ended = {change.sha256 for change in new.changes[len(old.changes) :] if change.what == "withdraw"}
    for before in old.anchors:
        now = new.anchor(before.sha256)
        if now != before and not (now and before.sha256 in ended and _ends_earlier(before, now)):
            raise _refused(f"an anchor changed without a decision: {before.sha256}")


def _ends_earlier(before: ListedAnchor, now: ListedAnchor) -> bool:
    """The one thing that may ever change about an anchor."""
    if now.valid_until is None or replace(now, valid_until=before.valid_until) != before:
        return False
    return before.valid_until is None or read_instant(now.valid_until) < read_instant(before.valid_until)


def _require_department(
    trust_list: TrustList,
    certificate: x509.Certificate,
    chain: tuple[x509.Certificate, ...],
    folder: Path,
    now: datetime,
) -> None:
    anchors = [anchor.to_anchor() for anchor in trust_list.anchors]
    above = [one.public_bytes(Encoding.DER) for one in (*_pems(folder / "intermediates"), *chain)]
    path = PathChecker(anchors, above, [], []).check(certificate, now, "if-present")
    if not path.ok or tax_code(certificate) != trust_list.department_tax_code:
        raise TrustError(
            "TRUST_LIST_SIGNER",
            "Con dấu số này không phải của Sở nêu trong danh sách, hoặc không nối được tới gốc nào trong danh sách. "
            "Hãy ký bằng con dấu số của Sở.",
            f"of {trust_list.department_tax_code}, can't be sealed by {tax_code(certificate)}: {path.message_en}",
        )


def _roots(folder: Path) -> list[x509.Certificate]:
    return _pems(folder / "roots")


def _pems(folder: Path) -> list[x509.Certificate]:
    return [one for path in sorted(folder.glob("*.pem")) for one in x509.load_pem_x509_certificates(path.read_bytes())]


def _refused(why: str) -> TrustError:
    return TrustError(
        "TRUST_LIST_REFUSED",
        "Danh sách gốc tin cậy vừa nhận không dùng được: không phải của Sở, sai môi trường, cũ hơn hoặc bỏ mất quyết "
        "định của bản đang có. Bản đang có vẫn dùng. Hãy báo Sở.",
        f"trust list: {why}",
    )
