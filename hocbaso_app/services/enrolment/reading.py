"""The certificate, read where its key is: a key file, a service or HSM of the unit, or a public part that is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.record.errors import HocBaSoError
from hocbaso_app.services.enrolment import checks, people
from hocbaso_app.services.key_sources import describe, kinds, providers
from hocbaso_app.services.units import history

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


@dataclass(frozen=True)
class Place:
    """Where a key is and whose it is to be, as the person chose it."""

    holder_kind: str
    unit: str
    key_source: str
    service: str | None = None
    credential: str | None = None
    pem: str = ""
    key_file: bytes = field(default=b"", repr=False)


def ways(unit: str, seal: bool) -> list[dict[str, Any]]:
    """The kinds of sources that somebody may choose at a unit, with their services."""
    practice = frappe.db.get_single_value("HBS Settings", "environment") == "practice"
    found: list[dict[str, Any]] = [{"kind": kinds.PLUGIN, "services": []}]
    found += [{"kind": kind, "services": []} for kind in sorted(kinds.OF_SERVICE)]
    columns = ["name", "service_name", "kind", "unit", "ask_pin", "ask_otp"]
    for row in frappe.get_all(providers.DOCTYPE, {"enabled": 1}, columns, order_by="service_name, name"):
        if unit in history.area_of(row.unit):
            next(way for way in found if way["kind"] == row.kind)["services"].append(row)
    if practice:
        found.append({"kind": kinds.PKCS12, "services": []})
    # A token in the server's HSM is the school's seal; a person's key there would be in somebody else's hands.
    hidden = set() if seal else {kinds.PKCS11}
    usable = [way for way in found if way["kind"] not in hidden]
    return [way for way in usable if way["services"] or way["kind"] not in kinds.OF_SERVICE]


def read(place: Place, password: str, otp: str) -> tuple[Certificate, list[checks.Check]]:
    """The certificate and what is to be said of it."""
    held = people.require_holder(place.holder_kind, place.unit)
    certificate = _certificate(place, held, password, otp)
    return certificate, checks.of(certificate, *_bound(place, held), _now())


def _bound(place: Place, held: Any) -> tuple[bool, str | None]:
    from hocbaso_app.services import certificates

    person = place.holder_kind == people.PERSON
    return person, certificates.number_of_holder(place.holder_kind, held.name, place.unit)


def _certificate(place: Place, held: Any, password: str, otp: str) -> Certificate:
    if place.pem:
        return checks.load(place.pem)
    if place.key_source not in kinds.KINDS:
        frappe.throw(_("Choose where the key is."), HbsError)
    try:
        if place.key_source == kinds.PKCS12:
            return _of_file(place, password)
        return _of_service(place, held, password, otp)
    except HocBaSoError as error:
        frappe.throw(error.message_vi, HbsError)
        raise AssertionError from error


def _of_file(place: Place, password: str) -> Certificate:
    from hocbaso_app.signing.keys import Pkcs12Key

    if not place.key_file:
        frappe.throw(_("Choose the key file (.p12 or .pfx)."), HbsError)
    return Pkcs12Key.load(place.key_file, password.encode()).certificate


def _of_service(place: Place, held: Any, password: str, otp: str) -> Certificate:
    from dataclasses import replace

    from hocbaso_app.signing.keys import Secrets, open_source

    if place.key_source == kinds.PLUGIN:
        frappe.throw(_("The plug-in gives its certificate on the page. Connect the token, then go on."), HbsError)
    _require_service(place)
    row = frappe._dict(
        key_source=place.key_source,
        service=place.service,
        credential=place.credential,
        subject_number=held.citizen_id,
        unit=place.unit,
    )
    secrets = Secrets(pin=password or None, otp=otp or None)
    secret = describe.client_secret(row)
    if secret:
        secrets = replace(secrets, client_secret=secret)
    return open_source(describe.describe(row), secrets).certificate


def _require_service(place: Place) -> None:
    row = frappe.db.get_value(providers.DOCTYPE, place.service or "", ["kind", "unit", "enabled"], as_dict=True)
    if row is None or row.kind != place.key_source or not row.enabled:
        frappe.throw(_("Choose the signing service of this certificate."), HbsError)
    if place.unit not in history.area_of(row.unit):
        frappe.throw(_("This service belongs to another unit."), NotYoursError)


def _now() -> Any:
    from hocbaso_app.services import convert

    return convert.now()
