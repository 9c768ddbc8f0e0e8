"""Proof that a file or an entry stood under a daily root: one leaf, its way up, the statement, the receipt.

Anyone verifies it with the trust list alone; nothing of the other leaves is given away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import cbor2
from cryptography import x509

from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.evidence.merkle import HashTree, root_of
from hocbaso_app.signing.malformed import MALFORMED
from hocbaso_app.signing.trust import TrustStore

from . import receipts
from .leaves import EntryLeaf, FileLeaf, RootError, damaged, digest, file_leaf
from .receipts import RootReceipt
from .statement import Claims, KeptRoot, seal_stands, sealer

_MAGIC = "hocbaso-root-proof-1"
_MOST = 1 << 20


@dataclass(frozen=True)
class Proof:
    """As it is handed out."""

    leaf: FileLeaf | EntryLeaf
    path: tuple[tuple[bytes, ...], ...]
    statement: bytes
    receipt: bytes = b""

    def to_bytes(self) -> bytes:
        """Deterministic CBOR."""
        path = [[*digests] for digests in self.path]
        body = {"leaf": self.leaf.fields(), "path": path, "statement": self.statement, "receipt": self.receipt}
        return cbor2.dumps({"type": _MAGIC, **body}, canonical=True)

    @classmethod
    def from_bytes(cls, data: bytes) -> Proof:
        """:class:`RootError` for anything else."""
        try:
            if len(data) > _MOST:
                raise ValueError("too large")
            body = cbor2.loads(data)
            if body["type"] != _MAGIC or set(body) != {"type", "leaf", "path", "statement", "receipt"}:
                raise ValueError("no proof")
            path = tuple(tuple(_octets(one) for one in digests) for digests in body["path"])
            return cls(_leaf(body["leaf"]), path, _octets(body["statement"]), _octets(body["receipt"]))
        except (*MALFORMED, cbor2.CBORError) as error:
            raise damaged(str(error)) from error


@dataclass(frozen=True, slots=True)
class Proved:
    """What a right proof says. ``certificate``: of the unit's seal; ``receipt``: of the authority; None without one.

    A seal counts only when it stood as the receipt was given, or still stands; only the receipt's time is proved.
    """

    leaf: FileLeaf | EntryLeaf
    claims: Claims
    certificate: x509.Certificate | None
    receipt: RootReceipt | None


def prove(kept: KeptRoot, wanted: FileLeaf | EntryLeaf, receipt: bytes = b"") -> Proof:
    """:class:`RootError` when the root's list does not have it."""
    kept.check()
    own = (*kept.listed.files, *kept.listed.entries)
    if wanted not in own:
        raise RootError("ROOT_WITHOUT_LEAF", "Gốc băm của ngày này không có tệp cần chứng minh.", "not in the list")
    path = HashTree(kept.listed.digests()).path(own.index(wanted))
    return Proof(wanted, path, kept.statement, receipt)


def check(proof: Proof, trust: TrustStore, at: datetime | None = None) -> Proved:
    """:class:`RootError` unless the leaf leads to the root and seal and receipt are right.

    A proof with neither a receipt nor a seal that stands at ``at`` (default now) proves nothing and is refused.
    """
    kept = KeptRoot(proof.statement, b"")
    claims = kept.claims
    found = root_of(digest(proof.leaf), proof.path)
    if found is None or found.hex() != claims.root:
        raise RootError("ROOT_PATH_WRONG", "Đường băm không dẫn tới gốc đã ghi nhận.", "the path leads elsewhere")
    certificate, receipt = sealer(kept, trust), _receipt(proof, kept, trust)
    seen = read_instant(receipt.received_at) if receipt else at or datetime.now(timezone.utc)
    if certificate is not None and not seal_stands(kept, certificate, trust, seen):
        if receipt is None:
            raise RootError(
                "ROOT_SEAL_ENDED",
                "Dấu trên gốc băm này nay không còn hiệu lực và chưa có biên nhận của cơ quan tiếp nhận, nên không rõ "
                "dấu được đóng từ bao giờ. Hãy gửi gốc băm lên cơ quan tiếp nhận hoặc tải lại chứng minh có biên nhận.",
                f"the seal does not stand at {seen}, and nothing dates it",
            )
        certificate = None
    if certificate is None and receipt is None:
        raise RootError(
            "ROOT_UNSUPPORTED",
            "Gốc băm này không có dấu của đơn vị và không có biên nhận của cơ quan tiếp nhận nên chưa chứng minh được.",
            "neither sealed nor received",
        )
    return Proved(proof.leaf, claims, certificate, receipt)


def _receipt(proof: Proof, kept: KeptRoot, trust: TrustStore) -> RootReceipt | None:
    if not proof.receipt:
        return None
    try:
        receipt = receipts.read(proof.receipt, trust)
    except HocBaSoError as error:
        raise RootError("ROOT_RECEIPT_WRONG", error.message_vi, error.message_en) from error
    claims = kept.claims
    if (receipt.unit, receipt.sha256, receipt.root) != (claims.unit, kept.sha256, claims.root):
        raise RootError("ROOT_RECEIPT_WRONG", "Biên nhận là của gốc băm khác.", "the receipt is of another root")
    return receipt


def _leaf(fields: Any) -> FileLeaf | EntryLeaf:
    if len(fields) == 2:
        number, entry_hash = fields
        if type(number) is not int or number < 1 or len(_octets(entry_hash)) != 32:
            raise ValueError("an entry's leaf")
        return EntryLeaf(number, entry_hash.hex())
    return file_leaf(fields)


def _octets(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("octets")
    return value
