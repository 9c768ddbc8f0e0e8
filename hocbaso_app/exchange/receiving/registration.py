"""Certificates of schools: transactions 3 and 4 (CV 2088 II.2.4, II.2.5) and the officer's approval (III.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cryptography import x509

from hocbaso_app.record.times import read_instant
from hocbaso_app.signing.certificate import CertificateError, SigningCertificate
from hocbaso_app.signing.trust import RegisteredSchool, approved

from .. import codes
from ..transactions import CertificateAnswer, CertificateStatus, Kind, RegistrationAnswer, to_json
from .books import Registration
from .office import Office

_TEXTS = ("serial_number", "ngay_hieu_luc", "ma_kieu_chu_ky", "nha_phat_hanh", "content", "chung_thu")


class Registrations:
    """The book of certificates."""

    def __init__(self, office: Office) -> None:
        """At one authority's desk."""
        self._office = office

    def register(self, unit: str, message_id: str, body: dict[str, Any]) -> RegistrationAnswer:
        """Transaction 3: what is declared must be the certificate's, and the content signed by its own key."""
        office = self._office
        if unit not in office.schools:
            raise office.refusal(codes.ACCOUNT_WRONG)
        wrong = [name for name in _TEXTS if not isinstance(body.get(name), str) or not body[name]]
        if wrong:
            raise office.refusal(codes.FIELD_WRONG, f"Trường: {', '.join(wrong)}.", ", ".join(wrong))
        pem, content = body["chung_thu"], body["content"]
        certificate = self._certificate(pem)
        self._compare(certificate, body)
        message = office.message(message_id, unit, Kind.REGISTER_CERTIFICATE, pem + content)
        with office.books.transaction():
            if office.seen(message):
                return self._answer(message_id, codes.DUPLICATE)
            if office.open_list(content).signer.sha256 != certificate.sha256:
                raise office.refusal(codes.CERTIFICATE_MISMATCH, "Yêu cầu không do chính khóa đó ký.", "no possession")
            serial, kind, issuer = certificate.info.serial, body["ma_kieu_chu_ky"], body["nha_phat_hanh"]
            office.books.add_registration(Registration(message_id, unit, serial, certificate.sha256, pem, kind, issuer))
        return self._answer(message_id, codes.ACCEPTED)

    def _certificate(self, pem: str) -> SigningCertificate:
        try:
            return SigningCertificate.of(x509.load_pem_x509_certificate(pem.encode()))
        except (ValueError, CertificateError) as error:
            raise self._office.refusal(codes.CERTIFICATE_INVALID, "Không đọc được chứng thư số.", str(error)) from error

    def _compare(self, certificate: SigningCertificate, body: dict[str, Any]) -> None:
        try:
            same = read_instant(body["ngay_hieu_luc"]) == certificate.not_before
        except ValueError:
            same = False
        if not same or body["serial_number"].lower() != certificate.info.serial:
            raise self._office.refusal(codes.CERTIFICATE_MISMATCH)

    def _answer(self, message_id: str, code: str) -> RegistrationAnswer:
        said = self._office.codes.code(code)
        return RegistrationAnswer(message_id, code, "", said.message_vi)

    def decide(self, message_id: str, *, approve: bool, by: str, note: str) -> CertificateStatus:
        """Approve (checks chain and tax code first) or refuse; an approval goes into the signed registry at once.

        Says what came of it: a certificate that does not pass the check is refused whatever was asked.
        """
        office = self._office
        with office.books.transaction():
            row = office.books.registration(message_id)
            if row is None or row.status is not CertificateStatus.PENDING:
                raise office.refusal(codes.NOTHING_TO_DECIDE)
            now = office.clock()
            certificate = x509.load_pem_x509_certificate(row.pem.encode())
            if row.unit not in office.schools:
                raise office.refusal(codes.UNIT_CLOSED)
            name, tax = office.schools[row.unit]
            if approve:
                path = office.trust.paths.check(certificate, now)
                if not path.ok or SigningCertificate.of(certificate).tax_code != tax:
                    invalid = office.codes.code(codes.CERTIFICATE_INVALID).message_vi
                    approve, note = False, note or f"{invalid} {path.message_vi}".strip()
            status = CertificateStatus.APPROVED if approve else CertificateStatus.REFUSED
            office.books.decide_registration(
                replace(row, status=status, decided_by=by, decided_at=office.now(), note=note)
            )
            if approve:
                office.put_in_registry(RegisteredSchool(row.unit, name, tax, (approved(certificate, now),)))
        return status

    def query(self, unit: str, message_id: str) -> dict[str, Any]:
        """Transaction 4."""
        row = self._office.books.registration(message_id)
        if row is None or row.unit != unit:
            raise self._office.refusal(codes.MESSAGE_UNKNOWN)
        said = self._office.codes.code(
            {
                CertificateStatus.PENDING: codes.PENDING,
                CertificateStatus.APPROVED: codes.ACCEPTED,
                CertificateStatus.REFUSED: codes.CERTIFICATE_REFUSED,
            }[row.status]
        )
        description = f"{said.message_vi} {row.note}".strip()
        answer = CertificateAnswer(
            message_id, unit, row.serial, row.status.value, said.code, said.field or "", description
        )
        return to_json(answer)
