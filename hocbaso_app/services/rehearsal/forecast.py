"""Whether a signer would be able to sign on his days: what would stop him, and what is to be done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from hocbaso_app.services import accounts, convert
from hocbaso_app.services.enrolment import checks, people
from hocbaso_app.services.quality import school as quality
from hocbaso_app.services.quality.faults import Sheet
from hocbaso_app.services.rehearsal import asking
from hocbaso_app.services.rehearsal.signers import Signer

READY, MEND, FAILS = "Can sign", "To mend", "Would fail"
NOBODY = ("CLASS_HOMEROOM", "CLASS_SUBJECT")


@dataclass(frozen=True)
class Problem:
    """``stops``: he could not sign; else it is to be mended, though he could."""

    code: str
    text: str
    todo: str
    stops: bool = True


@dataclass
class Outcome:
    """One signer with what speaks against him."""

    signer: Signer | None
    name: str
    work: list[str]
    problems: list[Problem] = field(default_factory=list)
    certificate: Any = None

    @property
    def outcome(self) -> str:
        """The worst of it."""
        if any(problem.stops for problem in self.problems):
            return FAILS
        return MEND if self.problems else READY

    @property
    def codes(self) -> str:
        """Kinds of problems, for comparing two runs."""
        return ",".join(sorted({problem.code for problem in self.problems}))


def of(unit: str, found: list[Signer], *, ask: bool) -> list[Outcome]:
    """Each signer, with classes that nobody signs for; ``ask``: services are asked a harmless question."""
    answers = asking.Answers(ask)
    rows = [_signer(signer, answers) for signer in found]
    return rows + _without_anybody(unit) + _of_site()


def of_one(signer: Signer) -> Outcome:
    """The same for one, without the network."""
    return _signer(signer, asking.Answers(False))


def _signer(signer: Signer, answers: asking.Answers) -> Outcome:
    outcome = Outcome(signer, signer.staff.full_name, signer.work)
    _account(outcome)
    for holder_kind, wanted in ((people.PERSON, signer.person), (people.UNIT, signer.seal)):
        if wanted:
            outcome.problems += _certificates(outcome, holder_kind, answers)
    _dates(outcome)
    return outcome


def _account(outcome: Outcome) -> None:
    user = outcome.signer.staff.user if outcome.signer else None
    factor = accounts.second_factor(user) if user else accounts.OFF
    if not user or not frappe.db.get_value("User", user, "enabled"):
        text = _("Has no account that is open.")
        outcome.problems.append(Problem("NO_LOGIN", text, _("The administrator opens an account in the staff entry.")))
    elif factor == accounts.OFF and accounts.asks_second_factor():
        outcome.problems.append(_by_password_alone())
    elif factor == accounts.NOT_SET_UP:
        text = _("The second factor is not set up yet.")
        todo = _("Log in once and set up the code app.")
        outcome.problems.append(Problem("TWO_FACTOR", text, todo, stops=False))


def _by_password_alone() -> Problem:
    text = _("Log-in is by password alone.")
    todo = _("The administrator switches the second factor on for the roles that sign.")
    return Problem("TWO_FACTOR", text, todo, stops=False)


def _of_site() -> list[Outcome]:
    """Said once, not at everybody."""
    if accounts.asks_second_factor():
        return []
    return [Outcome(None, _("The whole site"), [], [_by_password_alone()])]


def _certificates(outcome: Outcome, holder_kind: str, answers: asking.Answers) -> list[Problem]:
    """Nothing when one approved certificate would do; else what speaks against the best of them."""
    signer = outcome.signer
    assert signer is not None
    where: dict[str, Any] = {"holder_kind": holder_kind, "unit": signer.staff.unit}
    if holder_kind == people.PERSON:
        where["staff"] = signer.staff.name
    columns = ["name", "holder_kind", "staff", "unit", "status", "pem", "key_source", "service", "sha256"]
    columns += ["valid_to", "tested_at"]
    rows = frappe.get_all(people.CERTIFICATE, where, columns, order_by="approved_at desc, creation desc, name desc")
    approved = [row for row in rows if row.status == "Approved"]
    if not approved:
        return [_missing(holder_kind, any(row.status == "Pending" for row in rows))]
    tried = [(row, _certificate(row, signer.day, answers)) for row in approved]
    best, problems = min(tried, key=lambda pair: (sum(p.stops for p in pair[1]), len(pair[1])))
    if outcome.certificate is None or holder_kind == people.PERSON:
        outcome.certificate = best
    return problems


def _missing(holder_kind: str, pending: bool) -> Problem:
    if pending:
        text = _("The certificate waits for approval.")
        return Problem("NOT_APPROVED", text, _("The administrator approves it under “HBS Certificate”."))
    if holder_kind == people.UNIT:
        text = _("The school's seal has no approved certificate.")
    else:
        text = _("Has no certificate here.")
    return Problem("NO_CERTIFICATE", text, _("Enrol one under “Enrol certificate” and sign for a test."))


def _certificate(row: Any, day: date | None, answers: asking.Answers) -> list[Problem]:
    now = convert.now()
    renew = _("Have it renewed by the issuer and enrol the new one.")
    answered = {check.key: check for check in checks.of_document(row, now)}
    found = []
    for key, code in (
        (checks.HOLDER, "HOLDER"),
        (checks.USAGE, "USAGE"),
        (checks.DATES, "ENDED"),
        (checks.PATH, "PATH"),
    ):
        if answered[key].ok is False:
            todo = _("Ask the administrator.") if key == checks.PATH else renew
            found.append(Problem(code, answered[key].sentence, todo))
    revocation = answered[checks.REVOCATION]
    if revocation.ok is False:
        found.append(Problem("REVOKED", revocation.sentence, renew))
    elif revocation.ok is None and answered[checks.PATH].ok:
        todo = _("The administrator fetches the lists of revoked certificates again.")
        found.append(Problem("CRL_STALE", revocation.sentence, todo))
    if checks.AUTHORITY in answered and not answered[checks.AUTHORITY].ok:
        todo = _("The clerk or the administrator registers it under “HBS Portal Account”.")
        found.append(Problem("NOT_REGISTERED", answered[checks.AUTHORITY].sentence, todo))
    if day and not found:
        found += _on_the_day(row, day, renew)
    if not row.tested_at:
        text = _("Never signed for a test with this key.")
        found.append(Problem("NOT_TESTED", text, _("Sign once for a test under “Enrol certificate”.")))
    fault = answers.of(row)
    if fault:
        found.append(Problem(fault.code, fault.text, fault.todo))
    return found


def _on_the_day(row: Any, day: date, renew: str) -> list[Problem]:
    """What changes until the signing day: the certificate ends; the lists of today will be too old."""
    if row.valid_to and getdate(row.valid_to) <= day:
        ends, signs = formatdate(row.valid_to, "d/M/yyyy"), formatdate(day, "d/M/yyyy")
        text = _("The certificate ends on {0}, before the last signing day {1}.").format(ends, signs)
        return [Problem("EXPIRES_BEFORE", text, renew)]
    then = {check.key: check for check in checks.of_document(row, _noon(day))}
    if then[checks.REVOCATION].ok is None and then[checks.PATH].ok:
        text = _("Today's list of revoked certificates is too old on {0}.").format(formatdate(day, "d/M/yyyy"))
        todo = _("A newer one must come by then: the site fetches it at night, the administrator sees whether it came.")
        return [Problem("CRL_BY_THEN", text, todo, stops=False)]
    return []


def _noon(day: date) -> datetime:
    zone = ZoneInfo(frappe.utils.get_system_timezone())
    return datetime.combine(day, time(12), zone)


def _dates(outcome: Outcome) -> None:
    """The person himself ends before he has signed: his service, or the decision by which he stands in."""
    signer = outcome.signer
    if signer is None or signer.day is None:
        return
    until = signer.staff.to_date
    if until and getdate(until) < signer.day:
        text = _("The staff entry ends on {0}, before the last signing day.").format(formatdate(until, "d/M/yyyy"))
        outcome.problems.append(Problem("ENTRY_ENDS", text, _("Give the work to somebody else, or correct the date.")))
    for end in signer.ends:
        if end < signer.day:
            text = _("The decision to stand in ends on {0}, before the last signing day.").format(
                formatdate(end, "d/M/yyyy")
            )
            todo = _("See to a new decision, or to who signs after it.")
            outcome.problems.append(Problem("DEPUTY_ENDS", text, todo, stops=False))


def _without_anybody(unit: str) -> list[Outcome]:
    """Classes and subjects that have open records and nobody to sign them."""
    sheet = Sheet()
    quality.check(sheet, frappe.get_doc("HBS Unit", unit))
    todo = _("Enter the assignment.")
    return [
        Outcome(None, fault.about, [], [Problem("NO_ASSIGNMENT", fault.text, todo)])
        for fault in sheet.faults
        if fault.code in NOBODY
    ]
