"""Whom we trust: a folder of roots, intermediates, CRLs and the department's registry of school seals.

``roots/*.pem``, ``intermediates/*.pem``, ``crls/*.crl`` (DER or PEM),
``ocsps/*.ors`` (DER), ``algorithms.json`` (counts where it is newer than the
shipped list), ``registry.cose`` (what counts), ``registry.json`` (the same to
read), ``department.json`` (the tax code of the one body that may sign
registries: it belongs to the anchors, for a school has a certificate under the
same roots) and ``anchors.cose``/``anchors.json``, the department's list of
anchors (:mod:`.trust_list`): without it a folder serves practice only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hocbaso_app.record.times import read_instant, write_instant

from .algorithms import Algorithms
from .cose import SealError, open_seal, seal
from .identity import tax_code
from .keys import KeySource
from .malformed import MALFORMED
from .ocsp_answers import read as read_ocsp
from .paths import PathChecker
from .trust_errors import TrustError
from .trust_files import read_json, replace_file, write_json
from .trust_list.files import read_list, require_listed
from .trust_list.listing import ENVIRONMENTS, TrustList
from .validation_data import ValidationData

KIND = "registry"

__all__ = [
    "KIND",
    "RegisteredCertificate",
    "RegisteredSchool",
    "Registry",
    "TrustError",
    "TrustStore",
    "approved",
    "take_registry",
    "write_registry",
]
_KEPT_DATA = 16


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """One approved seal certificate (CV 2088 III.1); times as in a record file."""

    sha256: str
    approved_at: str
    withdrawn_at: str | None = None

    def approved_for(self, moment: datetime) -> bool:
        """Whether a seal made at ``moment`` was made under approval."""
        if moment < read_instant(self.approved_at):
            return False
        return self.withdrawn_at is None or moment < read_instant(self.withdrawn_at)


@dataclass(frozen=True, slots=True)
class RegisteredSchool:
    """A school that may seal records."""

    school_code: str
    name: str
    tax_code: str
    certificates: tuple[RegisteredCertificate, ...]

    def approved_at(self, sha256: str, moment: datetime) -> bool:
        """Whether a certificate (SHA-256, hex) was approved for a seal made at ``moment``."""
        return any(c.sha256 == sha256 and c.approved_for(moment) for c in self.certificates)


@dataclass(frozen=True, slots=True)
class Registry:
    """The department's signed list. ``environment`` says whether these are real or practice records."""

    environment: str
    department: str
    department_tax_code: str
    issued_at: str
    schools: tuple[RegisteredSchool, ...]

    def school(self, school_code: str) -> RegisteredSchool | None:
        """By MA_TRUONG."""
        return next((s for s in self.schools if s.school_code == school_code), None)

    def to_claims(self) -> dict[str, Any]:
        """JSON- and CBOR-ready."""
        return json.loads(json.dumps(asdict(self)))  # type: ignore[no-any-return]

    @classmethod
    def from_claims(cls, claims: dict[str, Any]) -> Registry:
        """The inverse of :meth:`to_claims`; ``TypeError``, ``KeyError`` or ``ValueError`` for other claims."""
        if claims["environment"] not in ENVIRONMENTS:
            raise ValueError("unknown environment")
        _instant(claims["issued_at"])
        schools = tuple(_school(school) for school in claims["schools"])
        if len({school.school_code for school in schools}) != len(schools):
            raise ValueError("a school stands twice")
        return cls(**{**claims, "schools": schools})


def _school(claims: dict[str, Any]) -> RegisteredSchool:
    school = RegisteredSchool(**{**claims, "certificates": tuple(_certificate(c) for c in claims["certificates"])})
    if not all(isinstance(text, str) for text in (school.school_code, school.name, school.tax_code)):
        raise TypeError("a school's code, name and tax code are texts")
    return school


def _certificate(claims: dict[str, Any]) -> RegisteredCertificate:
    certificate = RegisteredCertificate(**claims)
    if not re.fullmatch("[0-9a-f]{64}", certificate.sha256):
        raise ValueError("a certificate is named by its SHA-256 in lower-case hex")
    _instant(certificate.approved_at)
    if certificate.withdrawn_at is not None:
        _instant(certificate.withdrawn_at)
    return certificate


def _instant(value: str) -> None:
    if read_instant(value).tzinfo is None:
        raise ValueError("a time needs its zone")


def write_registry(folder: Path, registry: Registry, key: KeySource) -> None:
    """Sign the registry with the department's key and write both of its files.

    The first registry of a folder also writes ``department.json``; later ones leave it as it is.
    """
    claims = registry.to_claims()
    _keep_registry(folder, seal(claims, key, kind=KIND), claims)
    if not (folder / "department.json").exists():
        write_json(folder / "department.json", {"tax_code": registry.department_tax_code})


def _keep_registry(folder: Path, token: bytes, claims: dict[str, Any]) -> None:
    replace_file(folder / "registry.cose", token)
    write_json(folder / "registry.json", claims)


def take_registry(folder: Path, token: bytes, *, at: datetime | None = None) -> bool:
    """A registry as its department publishes it takes the place of the folder's; whether it is a newer one.

    :class:`TrustError`, and nothing is changed, for one that is older, of another department or environment, or not
    sealed by the department under the folder's roots at ``at`` (default now).
    """
    known = TrustStore.load(folder, at=at)
    try:
        sealed = open_seal(token, kind=KIND)
        registry = Registry.from_claims(sealed.claims)
    except (ValueError, TypeError, KeyError, SealError) as error:
        raise _registry_refused(f"unreadable: {error}") from error
    if registry == known.registry:
        return False
    path = known.paths.check(sealed.certificate, at or datetime.now(timezone.utc))
    tax_codes = {tax_code(sealed.certificate), registry.department_tax_code}
    if not path.ok or tax_codes != {known.registry.department_tax_code}:
        raise _registry_refused(f"not sealed by the department: {path.message_en}")
    if registry.environment != known.registry.environment:
        raise _registry_refused(f"it is for {registry.environment}")
    if read_instant(registry.issued_at) < read_instant(known.registry.issued_at):
        raise _registry_refused(f"older than the one of {known.registry.issued_at}")
    _keep_registry(folder, token, sealed.claims)
    return True


def _registry_refused(why: str) -> TrustError:
    return TrustError(
        "REGISTRY_REFUSED",
        "Danh sách chứng thư số vừa tải về không dùng được: không phải của Sở, sai môi trường hoặc cũ hơn bản đang có. "
        "Bản đang có vẫn dùng. Hãy tải lại; nếu vẫn lỗi thì báo Sở.",
        f"registry: {why}",
    )


@dataclass(frozen=True)
class TrustStore:
    """Everything that verification relies on, read once."""

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]
    crls: tuple[bytes, ...]
    registry: Registry
    department_certificate: x509.Certificate
    ocsps: tuple[bytes, ...] = ()
    algorithms: Algorithms = field(default_factory=Algorithms.shipped)
    trust_list: TrustList | None = None

    @classmethod
    def load(cls, folder: Path, *, at: datetime | None = None, fresh: bool = True) -> TrustStore:
        """Read a trust folder; :class:`TrustError` unless its registry is signed by its department under its roots.

        ``at`` is the moment for which the registry's signer must be valid, default now. Without ``fresh`` its
        revocation data may be missing or have run out: for whoever is about to bring newer ones.
        """
        roots = _certificates(folder / "roots")
        listed = read_list(folder)
        if listed is not None:
            require_listed(roots, listed[0])
            roots = tuple(anchor.x509 for anchor in listed[0].anchors)
        if not roots:
            raise TrustError(
                "NO_ROOTS",
                f"Thư mục tin cậy {folder} không có chứng thư gốc (roots/*.pem).",
                f"{folder}: no roots/*.pem",
            )
        intermediates = _certificates(folder / "intermediates")
        crls = tuple(_crl(path) for path in sorted((folder / "crls").glob("*.crl")))
        ocsps = tuple(_ocsp(path) for path in sorted((folder / "ocsps").glob("*.ors")))
        department = _department(folder)
        registry, signer = _registry(folder)
        trust_list = listed[0] if listed else None
        store = cls(roots, intermediates, crls, registry, signer, ocsps, _algorithms(folder), trust_list)
        _require_environment(registry, trust_list)
        for signed, by, tax in _signed(registry, signer, listed):
            result = store.paths.check(by, at or datetime.now(timezone.utc))
            sound = result.ok or (not fresh and result.sub_indication == "TRY_LATER")
            if not sound or not department == tax_code(by) == tax:
                raise TrustError(
                    "REGISTRY_SIGNER",
                    f"{signed} không do Sở có thẩm quyền ký. Hãy lấy lại danh sách.",
                    f"it must be signed by {department}, not {tax_code(by)}; its path: {result.message_en}",
                )
        return store

    @cached_property
    def paths(self) -> PathChecker:
        """The path checker over these anchors."""
        listed = self.trust_list.anchors if self.trust_list else ()
        anchors = [anchor.to_anchor() for anchor in listed] or _ders(self.roots)
        return PathChecker(anchors, _ders(self.intermediates), self.crls, self.ocsps, algorithms=self.algorithms)

    def with_data(self, data: ValidationData) -> TrustStore:
        """The same anchors and registry with more to build paths from; what can't be read is left out.

        The last few are kept, with all answers of theirs: the records of a class share their data.
        """
        known = self._with_data.pop(data, None) or self._joined(data)
        if len(self._with_data) >= _KEPT_DATA:
            del self._with_data[next(iter(self._with_data))]
        self._with_data[data] = known
        return known

    @cached_property
    def _with_data(self) -> dict[ValidationData, TrustStore]:
        return {}

    def _joined(self, data: ValidationData) -> TrustStore:
        certificates = [one for one in map(_readable, data.certificates) if one is not None]
        more = replace(
            self,
            intermediates=_joined(self.intermediates, [one for one in certificates if one not in self.roots]),
            crls=_joined(self.crls, [der for der in data.crls if _is_crl(der)]),
            ocsps=_joined(self.ocsps, [der for der in data.ocsps if read_ocsp(der)]),
        )
        sizes = [(len(one.intermediates), len(one.crls), len(one.ocsps)) for one in (self, more)]
        return self if sizes[0] == sizes[1] else more


def _signed(
    registry: Registry, signer: x509.Certificate, listed: tuple[TrustList, x509.Certificate] | None
) -> Iterable[tuple[str, x509.Certificate, str]]:
    yield "Danh sách chứng thư số của các trường", signer, registry.department_tax_code
    if listed is not None:
        yield "Danh sách gốc tin cậy", listed[1], listed[0].department_tax_code


def _require_environment(registry: Registry, trust_list: TrustList | None) -> None:
    if trust_list is None and registry.environment == "production":
        raise TrustError(
            "TRUST_LIST_MISSING",
            "Thư mục tin cậy cho học bạ thật phải có danh sách gốc tin cậy do Sở ký (anchors.cose). Hãy lấy từ Sở.",
            "a production folder needs the department's sealed list of anchors",
        )
    if trust_list is not None and trust_list.environment != registry.environment:
        raise TrustError(
            "TRUST_LIST_ENVIRONMENT",
            "Danh sách gốc tin cậy và danh sách chứng thư số của các trường không cùng môi trường. Hãy lấy lại từ Sở.",
            f"anchors for {trust_list.environment}, registry for {registry.environment}",
        )


T = TypeVar("T")


def _joined(first: Iterable[T], more: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*first, *more)))


def _readable(der: bytes) -> x509.Certificate | None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.subject, certificate.issuer, certificate.public_key()
    except MALFORMED:
        return None
    return certificate


def _is_crl(der: bytes) -> bool:
    try:
        crl = x509.load_der_x509_crl(der)
        crl.issuer, crl.last_update_utc, crl.next_update_utc  # noqa: B018
    except MALFORMED:
        return False
    return True


def _ders(certificates: Iterable[x509.Certificate]) -> Sequence[bytes]:
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]


def _certificates(folder: Path) -> tuple[x509.Certificate, ...]:
    found: list[x509.Certificate] = []
    for path in sorted(folder.glob("*.pem")):
        try:
            found.extend(x509.load_pem_x509_certificates(path.read_bytes()))
        except ValueError as error:
            raise TrustError(
                "CERTIFICATE_UNREADABLE", f"Không đọc được chứng thư {path.name}.", f"{path}: {error}"
            ) from error
    return tuple(found)


def _crl(path: Path) -> bytes:
    data = path.read_bytes()
    try:
        loaded = x509.load_pem_x509_crl(data) if data.startswith(b"-----") else x509.load_der_x509_crl(data)
    except ValueError as error:
        raise TrustError(
            "CRL_UNREADABLE", f"Không đọc được danh sách thu hồi {path.name}.", f"{path}: {error}"
        ) from error
    return loaded.public_bytes(Encoding.DER)


def _ocsp(path: Path) -> bytes:
    data = path.read_bytes()
    if not read_ocsp(data):
        raise TrustError("OCSP_UNREADABLE", f"Không đọc được trả lời OCSP {path.name}.", f"{path}: no OCSP answer")
    return data


def _algorithms(folder: Path) -> Algorithms:
    """The newer of the folder's list and the shipped one."""
    shipped, path = Algorithms.shipped(), folder / "algorithms.json"
    if not path.exists():
        return shipped
    try:
        return max(shipped, Algorithms.read(path.read_bytes()), key=lambda known: known.issued)
    except MALFORMED as error:
        raise TrustError(
            "ALGORITHMS_UNREADABLE",
            "Danh mục thuật toán trong thư mục tin cậy (algorithms.json) bị hỏng. Hãy lấy lại thư mục tin cậy từ Sở.",
            f"{path}: {error}",
        ) from error


def _department(folder: Path) -> str:
    try:
        return str(read_json(folder / "department.json")["tax_code"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TrustError(
            "NO_DEPARTMENT",
            "Thư mục tin cậy không nêu mã số thuế của Sở (department.json). Hãy lấy lại thư mục tin cậy từ Sở.",
            f"{folder}: department.json missing or damaged: {error}",
        ) from error


def _registry(folder: Path) -> tuple[Registry, x509.Certificate]:
    try:
        sealed = open_seal((folder / "registry.cose").read_bytes(), kind=KIND)
        if read_json(folder / "registry.json") != sealed.claims:
            raise ValueError("registry.json says something else than the signed registry")
        return Registry.from_claims(sealed.claims), sealed.certificate
    except (OSError, ValueError, TypeError, KeyError, SealError) as error:
        raise TrustError(
            "REGISTRY_UNREADABLE",
            "Danh sách chứng thư số của các trường thiếu, hỏng hoặc đã bị sửa. Hãy lấy lại từ Sở.",
            f"{folder}: registry missing, damaged or altered: {error}",
        ) from error


def approved(certificate: x509.Certificate, at: datetime) -> RegisteredCertificate:
    """The registry entry of a certificate approved at ``at``."""
    sha256 = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    return RegisteredCertificate(sha256, write_instant(at))
