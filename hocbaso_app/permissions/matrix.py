"""Who may do what: the one table behind ``docs/permissions.md``; a test on a site tries every cell as that person."""

from __future__ import annotations

from dataclasses import dataclass

ST, HT, PR, CL = "HBS Subject Teacher", "HBS Homeroom Teacher", "HBS Principal", "HBS Clerk"
SA, OO, DO, AU = "HBS School Admin", "HBS Office Officer", "HBS Department Officer", "HBS Auditor"
SM, PARENT, GUEST = "System Manager", "Parent", "Guest"
ACTORS = (ST, HT, PR, CL, SA, OO, DO, AU, SM, PARENT, GUEST)
"""The eight roles of the digital record, each with a staff entry at its unit, and three who have none of them."""

LABELS = {
    ST: "Subject teacher",
    HT: "Homeroom teacher",
    PR: "Principal",
    CL: "Clerk",
    SA: "School admin",
    OO: "Office officer",
    DO: "Department officer",
    AU: "Auditor",
    SM: "System Manager",
    PARENT: "Parent",
    GUEST: "Guest",
}
"""Heads of the columns in the page."""

SCHOOL = frozenset({PR, CL, SA, AU})
ABOVE = frozenset({OO, DO})
TEACHERS = frozenset({ST, HT})


@dataclass(frozen=True)
class Action:
    """One row: what is done, by whom it may be done, what else must hold."""

    key: str
    label: str
    allowed: frozenset[str]
    condition: str = ""


OF_TIER = (
    "an officer of the tier that the settings name (here the department); not who asked, signed the record or serves "
    "at the school"
)


def _row(key: str, label: str, *allowed: str | frozenset[str], condition: str = "") -> Action:
    who = frozenset().union(*({a} if isinstance(a, str) else a for a in allowed))
    return Action(key, label, who, condition)


MATRIX: tuple[Action, ...] = (
    _row("read_own_class", "Read records of the own class", TEACHERS, SCHOOL, ABOVE,
         condition="teachers: an assignment in the class today; others: the unit or one above it"),
    _row("read_other_class", "Read records of another class of the school", SCHOOL, ABOVE),
    _row("read_other_school", "Read records of another school", ABOVE, condition="schools below their unit"),
    _row("enter_own_subject", "Enter level, mark and remark of the own subject", TEACHERS,
         condition="assigned to the subject today; the record is a draft"),
    _row("enter_other_subject", "Enter another one's subject"),
    _row("enter_homeroom", "Enter qualities, competencies, homeroom remark", HT,
         condition="homeroom assignment today; the record is a draft"),
    _row("decide_promotion", "Decide on promotion", PR),
    _row("type_pupil_data", "Type over the pupil's data that come from Education"),
    _row("confirm_summary", "Confirm a class's year-end summary", PR),
    _row("read_in", "Read a class in from Education", PR, CL, SA),
    _row("initialise", "Initialise records", PR, CL, condition="summary confirmed, no fault"),
    _row("check", "Say “seen”", TEACHERS, condition="own parts of the class"),
    _row("report_fault", "Report a fault before signing", TEACHERS, PR),
    _row("sign_subject", "Sign as subject teacher", TEACHERS,
         condition="the slot names this person; everybody has seen the record"),
    _row("go_on_for_another", "Bring values for somebody else's signing, go on with it or give it up"),
    _row("sign_homeroom", "Sign as homeroom teacher", HT, condition="every subject is signed"),
    _row("sign_manager", "Sign as school manager", PR, condition="named in the record, not its homeroom teacher"),
    _row("release", "Release with the school's seal", CL, condition="keeper of the seal; every signature verifies"),
    _row("return", "Return a record before release", HT, PR),
    _row("ask_recall", "Ask for a recall", PR, condition="the city database holds the record"),
    _row("see_recall_cases", "See recall requests at the authority", ABOVE, AU),
    _row("ask_more_recall", "Ask the school about a recall request", DO, condition=OF_TIER),
    _row("decide_recall", "Approve or refuse a recall request", DO, condition=OF_TIER),
    _row("approve_certificate", "Approve a certificate", SA, OO, DO,
         condition="where the unit has a board: the duty on it; nobody his own while there is another who may"),
    _row("enter_signing_service", "Enter a signing service or an HSM", SA, ABOVE,
         condition="for the own unit or one below it; where the unit has a board: the duty on it"),
    _row("enrol_own_certificate", "Enrol the own certificate and sign for a test", TEACHERS, SCHOOL, ABOVE,
         condition="it names the person's citizen ID; in his own session"),
    _row("enrol_seal", "Enrol the school's certificate and sign for a test", CL, condition="keeper of the seal"),
    _row("try_anothers_certificate", "Sign for a test with another one's certificate"),
    _row("see_readiness", "See which signers of a school are ready to sign", SCHOOL, ABOVE),
    _row("rehearse_signing", "Have the signing days of a school rehearsed", PR, SA, ABOVE),
    _row("see_new_pattern", "See a pattern of signing that was just found", PR,
         condition="above the school at once where it concerns the principal himself"),
    _row("see_pattern", "See a pattern of signing that was answered, or not in time", PR, ABOVE, AU),
    _row("answer_pattern", "Answer about a pattern of signing", PR, condition="once"),
    _row("see_accounts", "See the accounts of a school and how they are kept", PR, SA, AU, ABOVE),
    _row("see_inbox", "See what schools have sent to the authority, and what was answered", ABOVE, AU,
         condition="of schools below their unit"),
    _row("decide_registration", "Approve or refuse a school's certificate at the authority", DO,
         condition="on the staff of the receiving unit (here the department), not of the school"),
    _row("give_portal_login", "Give a school an account with which its software sends", ABOVE,
         condition="schools below their unit"),
    _row("set_receiving", "Set what the authority receives and by which rules", DO, SM),
    _row("manage_staff", "Enter staff", SA, SM),
    _row("manage_assignments", "Assign teachers to classes and subjects", PR, SA),
    _row("see_trail", "See the audit trail", PR, DO, AU),
    _row("see_refusals", "See refused attempts to read", PR, SA, OO, DO, AU),
    _row("see_findings", "See what the nightly check found", PR, SA, OO, DO, AU),
    _row("see_night_watch", "See night watch, daily roots and evidence of a school", PR, SA, ABOVE, AU),
    _row("take_proof", "See a record's evidence, take its proof under a daily root away", TEACHERS, SCHOOL, ABOVE),
    _row("see_trust", "See the anchors and how fresh revocation data are", DO, AU, SM),
    _row("decide_trust_change", "Decide about a change of the anchors", DO,
         condition="at the authority's own site; not who asked for it"),
    _row("export", "Export a list of records", PR, SA, OO, DO, AU),
    _row("print", "Print a record", TEACHERS, SCHOOL, ABOVE),
    _row("read_own_child", "Read the own child's released record in the portal", PARENT),
    _row("send_notice", "Send a notice or task in the unit's name", PR, ABOVE,
         condition="to units below or own people"),
    _row("report_task_done", "Report a task of the school as done", PR, CL),
    _row("freeze_report", "Freeze a report of the school and send it up", PR, ABOVE),
    _row("decide_inspection", "Decide an inspection of schools below", ABOVE),
    _row("draw_sample", "Draw an inspection sample", ABOVE),
    _row("see_overview", "See the figures of a school in the overview", PR, SA, AU, ABOVE,
         condition="the unit or one above it"),
    _row("see_behind_statistic", "Open the pupils behind a statistic", SCHOOL, ABOVE,
         condition="teachers see the school's figures without small groups"),
    _row("remind_school", "Remind a school that lags behind", ABOVE, condition="schools below their unit; once a day"),
    _row("change_unit", "Move, rename, merge or end a unit", DO, condition="by decision, from a day on"),
    _row("lock_school", "Lock or open the records of the own school", PR,
         condition="or a deputy with the duty “Lock” on the board"),
    _row("lock_below", "Lock or open the records of schools below", ABOVE,
         condition="where the unit has a board: the duty on it"),
    _row("carry_out_lock", "Carry out the principal's request to lock or open", SA,
         condition="the duty “Lock” on the board"),
    _row("ask_unlock", "Ask for an unlock ticket", TEACHERS, PR, CL, condition="something of the class is closed"),
    _row("grant_unlock", "Grant an unlock ticket", PR, ABOVE, condition="closed by the own unit or one below it"),
    _row("propose_year_lock", "Propose to lock a school year", PR, CL, SA, condition="a member of the board today"),
    _row("decide_year_lock", "Decide and sign the lock of a school year", PR),
    _row("make_archive", "Make and send the archive of a locked year", PR, CL),
    _row("forward_archive", "Note that a year archive went to the Ministry", ABOVE,
         condition="of schools below their unit"),
    _row("receive_transfer", "Take in the record of a pupil who comes from another school", PR, CL,
         condition="the file is valid and of another school"),
    _row("class_book_link", "Give out links to a class's summary book", ABOVE, condition="schools below their unit"),
    _row("pause_sending", "Pause the sending of a school, or let it go on", PR, SA, ABOVE,
         condition="with a reason; the office and the department see who, why and since when"),
    _row("compare", "Compare with the authority and recover what was lost", PR, CL,
         condition="the school has an account at the city database"),
    _row("see_comparison", "See the comparisons of a school with the authority", SCHOOL, ABOVE),
    _row("see_pauses", "See who paused the sending of a school", SCHOOL, ABOVE),
    _row("declare_outage", "Declare that the city database is closed", ABOVE,
         condition="for the own unit or one below it"),
    _row("change_released", "Change or delete a released file"),
)  # fmt: skip
"""Every cell that is not named is a refusal."""


def page() -> str:
    """The Markdown of ``docs/permissions.md``."""
    heads = [LABELS[actor] for actor in ACTORS]
    lines = [f"| Action | {' | '.join(heads)} |", f"|---|{':-:|' * len(heads)}"]
    notes = []
    for action in MATRIX:
        mark = ""
        if action.condition:
            notes.append(action.condition)
            mark = f" [{len(notes)}]"
        cells = ["yes" if actor in action.allowed else "–" for actor in ACTORS]
        lines.append(f"| {action.label}{mark} | {' | '.join(cells)} |")
    conditions = "\n".join(f"- [{number}] {note}" for number, note in enumerate(notes, 1))
    return HEAD + "\n".join(lines) + "\n\nOnly if:\n\n" + conditions + "\n" + TAIL


HEAD = """# Who may do what

Written by `make docs` from `hocbaso_app/permissions/matrix.py`. `hocbaso_app/tests/test_matrix.py` tries every cell
on a site, as that person and through the same calls as the desk; `tests/test_permissions_page.py` holds this page to
the table. “–” is a refusal.

"""

TAIL = """
A right comes from three things at once: the role (what kind of work), the staff entry and the teaching assignment or
board duty (whose work, from when until when), and the state of the record (whether it is the turn). Taking a role,
an assignment or a duty away ends the right at once; no share, assignment task or comment gives one.

## What holds whatever rights an administrator gives

- Files, audit entries, signing batches, certificates, confirmations, refusals and findings are neither changed, renamed
  nor deleted, by form, list, REST, import, bulk tools, console calls of Frappe or its Role Permission Manager
  (`test_immutability.py`); what is changed below Frappe is found at night (`test_evidence.py`).
- A state is set by the services only (`test_order.py`). Administrators enter no result and sign for nobody.
- One school does not see another (`test_isolation.py`): lists, counts, link titles, rows of forms, files, tags, the
  history that Frappe keeps beside a document. An attempt to open a single document outside one's scope stands in
  HBS Refused Access with who, what, when and by which path; lists are filtered without a note.
- A System Manager opens a site: units, staff, users, settings. He can give himself a role, and that stands in Frappe's
  history of the user; he sees no record without a staff entry, and with one still signs nothing, since a slot names its
  person and a signature needs that person's key.
"""
