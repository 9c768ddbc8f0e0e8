"""The year-end of one class, from the marks to the parent's phone, each step by the person whose step it is.

The tests build on each other in the order of the file, as the year does.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hocbaso_app.demo.signers.subscribers import Subscriber
from hocbaso_app.demo.signers.vgca import VgcaFault

from . import keys
from .people import Officer, Person, Stage
from .words import vi

CLASS = "4A1"
REMARK = "Hát đúng giai điệu, tự tin khi biểu diễn trước lớp."
FAULT = "Nhận xét môn Âm nhạc ghi nhầm."
MUSIC = "89"
OTHERS = ("gv.english", "gv.informatics", "gv.physical", "gv.drawing")
"""Subject teachers of the class whose checks go over REST; the other people's steps go through the screen."""

RECORD, CHECK, START = "HBS Record", "hocbaso_app.api.records.confirm_check", "hocbaso_app.api.signing.start"


def records(who: Person) -> list[dict[str, Any]]:
    """The class's records as this person's list shows them."""
    fields = ["name", "full_name", "state", "receipt_number", "waiting_for"]
    filters = {"student_group": CLASS}
    return who.call("frappe.client.get_list", doctype=RECORD, filters=filters, fields=fields, order_by="name asc")


def states(who: Person) -> list[str]:
    """Their states."""
    return [row["state"] for row in records(who)]


def until_states(who: Person, *wanted: str) -> None:
    """Wait, at most a minute and a half, until every record of the class is in one of these states."""
    for _ in range(180):
        found = states(who)
        if set(found) <= set(wanted):
            return
        who.page.wait_for_timeout(500)
    pytest.fail(f"{CLASS} is {found}, not {wanted}")


def press(who: Person, text: str, *values: object, within: str = ".page-container:visible") -> None:
    """A button with these words."""
    who.page.locator(within).get_by_role("button", name=vi(text, *values), exact=True).first.click()


def press_action(who: Person, text: str) -> None:
    """All rows of the list chosen, then an entry of its Actions menu."""
    page = who.page
    page.wait_for_load_state("networkidle")
    page.locator("input.list-check-all:visible").first.click()
    actions = page.locator(".page-container:visible .actions-btn-group")
    actions.locator("button").first.click()
    actions.locator(".dropdown-menu.show").get_by_text(vi(text), exact=True).filter(visible=True).last.click()


def save(who: Person) -> None:
    """The form's Save; a toolbar that is drawn anew under the pointer loses a click, and people click again."""
    from playwright.sync_api import TimeoutError as PatienceError

    for patience in (10_000, 10_000, 30_000):
        who.page.locator(".page-container:visible .primary-action:visible").click()
        with suppress(PatienceError):
            who.page.wait_for_function("!cur_frm.is_new()", timeout=patience)
            return
    raise AssertionError("the form was not saved")


def choose(who: Person, field: str, text: str) -> None:
    """A value of a link field, typed and taken from the list that opens."""
    field_input = who.page.locator(f".form-page:visible [data-fieldname={field}] input:visible").first
    field_input.click()
    field_input.press_sequentially(text, delay=30)
    who.page.locator(".awesomplete [role=option]:visible").filter(has_text=text).first.click()
    who.page.wait_for_function("([field, text]) => cur_frm.doc[field] === text", arg=[field, text])


def list_of_class(who: Person) -> None:
    """The desk's list of the class's records."""
    who.open(f"/app/hbs-record?student_group={CLASS}", ".list-row")


def sign(who: Person, stage: str, *, pin: str | None = None, picture: str | None = None) -> None:
    """Look at the class on the signing page, confirm once, wait for the outcome."""
    page = who.open(f"/app/hbs-signing/{stage}/{CLASS}", ".hbs-confirm .pin")
    page.wait_for_selector(".hbs-sheet iframe")
    if picture:
        who.picture(picture)
    page.locator(".hbs-confirm input[type=checkbox]").check()
    page.fill(".hbs-confirm .pin", pin or who.pin)
    page.locator(".hbs-confirm .btn-primary").click()
    page.wait_for_selector(".hbs-bar", timeout=60_000)
    page.get_by_text(vi("Done"), exact=False).first.wait_for(timeout=90_000)
    if picture:
        who.picture(f"{picture}-done")


def test_each_desk_shows_what_waits(person: dict[str, Person]) -> None:
    for login in ("gv.music", "gvcn.4a1", "hieutruong", "vanthu", "quantri"):
        who = person[login]
        who.open("/app/digital-record", ".editor-js-container .widget")
        who.page.locator(".workspace-skeleton").wait_for(state="hidden", timeout=60_000)
        who.page.wait_for_load_state("networkidle")
        who.picture(f"desk-{login.replace('.', '-')}")
        assert not who.errors


def test_subject_teacher_fills_a_column_with_the_keyboard(person: dict[str, Person]) -> None:
    teacher = person["gv.music"]
    page = teacher.open("/app/hbs-class-entry", ".hbs-entry-choice")
    page.locator(f".hbs-entry-choice[href*='/{CLASS}/']").first.click()
    page.wait_for_selector(".hbs-entry-scroll td")
    teacher.picture("class-entry")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type(REMARK)
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    page.locator(".hbs-entry-saved", has_text=vi("All saved")).wait_for(timeout=60_000)
    teacher.picture("class-entry-typed")
    name = records(teacher)[0]["name"]
    doc = teacher.call("frappe.client.get", doctype=RECORD, name=name)
    row = next(r for r in doc["results"] if r["subject_code"] == MUSIC)
    assert row["remark"] == REMARK
    assert not teacher.errors


def test_nothing_starts_before_the_principal_confirms_the_summary(person: dict[str, Person]) -> None:
    principal = person["hieutruong"]
    page = principal.open("/app/hbs-summary-confirmation/new", ".form-page:visible [data-fieldname=minutes_number]")
    page.wait_for_function("cur_frm && cur_frm.doc.unit && cur_frm.doc.confirmed_on")
    choose(principal, "student_group", CLASS)
    page.fill(".form-page:visible [data-fieldname=minutes_number] input", "05/BB-HĐ")
    page.keyboard.press("Tab")
    page.wait_for_function("cur_frm.doc.academic_year && cur_frm.doc.minutes_number")
    page.wait_for_load_state("networkidle")  # a link that is still being looked up holds the save up
    principal.picture("summary")
    save(principal)
    assert states(principal) == ["Draft"] * 3


def test_clerk_reads_in_without_change_and_initialises(person: dict[str, Person]) -> None:
    clerk = person["vanthu"]
    list_of_class(clerk)
    press(clerk, "Read in class")
    clerk.page.select_option(".modal:visible select", CLASS)
    clerk.page.locator(".modal:visible .btn-primary").click()
    clerk.page.wait_for_selector(".modal:visible table tbody tr")
    clerk.picture("dry-run")
    clerk.page.keyboard.press("Escape")
    list_of_class(clerk)
    press(clerk, "Initialise class")
    clerk.page.select_option(".modal:visible select", CLASS)
    clerk.page.locator(".modal:visible .btn-primary").click()
    until_states(clerk, "Initialised")


def test_everybody_who_signs_looks_first(person: dict[str, Person]) -> None:
    for login in ("gv.music", "gvcn.4a1"):
        list_of_class(person[login])
        press_action(person[login], "I have checked these records")
        person[login].page.wait_for_timeout(1000)
    for login in OTHERS:
        person[login].open("/app", ".layout-main-section")
        person[login].call(CHECK, names=[row["name"] for row in records(person[login])])
    until_states(person["vanthu"], "Checked")


def confirm(who: Person) -> Any:
    """Look at the class and confirm; the key is asked next."""
    page = who.open(f"/app/hbs-signing/gvbm/{CLASS}", ".hbs-confirm .hbs-way-note")
    page.wait_for_selector(".hbs-sheet iframe")
    page.locator(".hbs-confirm input[type=checkbox]").check()
    page.locator(".hbs-confirm .btn-primary").click()
    return page


def test_the_token_is_behind_a_program_on_her_computer(person: dict[str, Person]) -> None:
    admin, teacher = person["quantri"], person["gv.english"]
    admin.open("/app", ".layout-main-section")
    certificate = keys.certificate_of(admin, teacher)
    keys.move_key(admin, certificate["name"], key_source="Browser plug-in (VGCA)")
    page = confirm(teacher)
    page.locator(".hbs-fault", has_text="ca.gov.vn").wait_for()
    teacher.picture("signing-plugin-missing")
    with keys.sign_service(keys.key_of(teacher, certificate["sha256"])) as service:
        answer, asked = service.answer, []

        def pulled_out_before_the_last(command: str, message: str) -> str:
            asked.append(command)
            if asked.count("SignMsg") == 3:
                service.faults.switch(VgcaFault.NO_TOKEN)
            return answer(command, message)

        service.answer = pulled_out_before_the_last
        press(teacher, "Sign {0} parts on this computer", 3)
        page.locator(".hbs-fault", has_text="không thấy USB token").wait_for()
        page.get_by_text(vi("{0} of {1} parts signed", 2, 3)).wait_for(timeout=90_000)
        teacher.picture("signing-token-removed")
    assert not teacher.errors


def test_the_rest_goes_on_another_way(person: dict[str, Person]) -> None:
    admin, teacher = person["quantri"], person["gv.english"]
    keys.move_key(admin, keys.certificate_of(admin, teacher)["name"], key_source="PKCS#12 file (demo)")
    page = teacher.open("/app/hbs-signing", ".hbs-card")
    press(teacher, "Show")
    page.wait_for_selector(".hbs-key-box")
    press(teacher, "Continue another way")
    dialog = page.locator(".modal:visible")
    dialog.locator(".pin").fill(teacher.pin)
    dialog.locator("input[type=checkbox]").check()
    teacher.picture("signing-another-way")
    dialog.locator(".btn-primary:visible").click()
    page.get_by_text(vi("{0} of {1} parts signed", 1, 1)).wait_for(timeout=90_000)
    assert not teacher.errors


def test_the_key_is_at_a_service_that_asks_on_the_phone(person: dict[str, Person]) -> None:
    admin, teacher = person["quantri"], person["gv.informatics"]
    certificate = keys.certificate_of(admin, teacher)
    unit = admin.call(
        "frappe.client.get_value", doctype=keys.CERTIFICATE, filters=certificate["name"], fieldname="unit"
    )
    subscriber = Subscriber(certificate["subject_number"], keys.key_of(teacher, certificate["sha256"]), confirms=True)
    with keys.smart_ca(admin, unit["unit"], subscriber) as (app, service):
        keys.move_key(admin, certificate["name"], key_source="VNPT SmartCA", service=service)
        page = confirm(teacher)
        page.wait_for_selector(".hbs-clock", timeout=30_000)
        teacher.picture("signing-phone")
        app.phone.reply(app.phone.waiting()[0].id, False)
        page.wait_for_selector(".hbs-fault", timeout=30_000)
        teacher.picture("signing-phone-refused")
        press(teacher, "Ask my phone again")
        page.wait_for_selector(".hbs-clock", timeout=30_000)
        app.phone.reply(app.phone.waiting()[0].id, True)
        page.get_by_text(vi("{0} of {1} parts signed", 3, 3)).wait_for(timeout=90_000)
    assert not teacher.errors


def test_subject_teachers_sign(person: dict[str, Person]) -> None:
    sign(person["gv.music"], "gvbm", picture="signing")
    for login in OTHERS[2:]:
        who = person[login]
        who.call(START, stage="gvbm", names=[row["name"] for row in records(who)], password=who.pin)
    until_states(person["gvcn.4a1"], "Subject Signing")
    person["gvcn.4a1"].page.wait_for_timeout(3000)
    sign(person["gvcn.4a1"], "gvbm")
    until_states(person["gvcn.4a1"], "Homeroom Signing")


def test_homeroom_principal_and_clerk_sign_in_order(person: dict[str, Person]) -> None:
    sign(person["gvcn.4a1"], "gvcn", picture="signing-homeroom")
    until_states(person["vanthu"], "Manager Signing")
    sign(person["hieutruong"], "cbql", picture="signing-principal")
    until_states(person["vanthu"], "Release")
    sign(person["vanthu"], "release", pin=person["vanthu"].facts["seal_pin"], picture="release")
    until_states(person["vanthu"], "Released", "Submitted", "Accepted")


def test_records_are_submitted_and_receipts_come_back(person: dict[str, Person]) -> None:
    clerk = person["vanthu"]
    until_states(clerk, "Accepted")
    rows = records(clerk)
    assert all(row["receipt_number"] for row in rows)
    clerk.open(f"/app/hbs-record/{rows[0]['name']}", ".form-page:visible [data-fieldname=full_name]")
    clerk.page.wait_for_timeout(1500)
    clerk.picture("record")
    press(clerk, "Receipt")
    clerk.page.wait_for_selector(".modal:visible table")
    clerk.picture("receipt")
    clerk.page.keyboard.press("Escape")


def test_clerk_prints_and_gets_the_original(person: dict[str, Person]) -> None:
    clerk = person["vanthu"]
    name = records(clerk)[0]["name"]
    pdf = clerk.context.request.get(f"/api/method/hocbaso_app.api.prints.record_pdf?name={name}")
    assert pdf.ok and pdf.body().startswith(b"%PDF")
    original = clerk.context.request.get(f"/api/method/hocbaso_app.api.prints.original?name={name}")
    assert original.ok and b"<HOC_BA" in original.body()


@pytest.mark.requirement("Y016")
def test_parent_reads_the_record_on_a_phone(person: dict[str, Person], stage: Stage) -> None:
    login = next(user for user, own in stage.facts.items() if own["duty"].startswith("Phụ huynh") and "9900004" in user)
    parent = person[login.split("@")[0]]
    page = parent.open("/hoc-ba", ".hbs-file")
    parent.picture("parent-list")
    page.locator(".hbs-file .btn-primary").first.click()
    page.wait_for_load_state("networkidle")
    parent.picture("parent-record")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_recall_is_decided_by_the_city_and_only_what_changed_is_signed_again(
    person: dict[str, Person], stage: Stage, officer: Officer
) -> None:
    principal, clerk, teacher = person["hieutruong"], person["vanthu"], person["gv.music"]
    name = records(principal)[1]["name"]
    principal.open(f"/app/hbs-record/{name}", ".form-page:visible [data-fieldname=full_name]")
    press(principal, "Request recall")
    page = principal.page
    page.wait_for_selector(".form-page:visible [data-fieldname=items] .grid-row")
    page.wait_for_timeout(1000)
    page.evaluate(
        "(fault) => cur_frm.doc.items.forEach((row) => frappe.model.set_value(row.doctype, row.name, {fault}))", FAULT
    )
    request = page.evaluate("cur_frm.doc.name")
    evidence = principal.attach("HBS Recall Request", request, "evidence", "bien-ban.txt", FAULT.encode())
    page.evaluate("(file) => { cur_frm.set_value('evidence', file); }", evidence)
    page.fill(".form-page:visible [data-fieldname=reason] textarea", FAULT)
    page.keyboard.press("Tab")
    page.locator(".page-container:visible .primary-action:visible").click()
    page.wait_for_function("!cur_frm.is_dirty()")
    press(principal, "Send recall request")
    page.wait_for_selector(".modal:visible table")
    principal.picture("recall")
    page.locator(".modal:visible .btn-primary").click()
    page.wait_for_timeout(3000)
    officer.approve_recall("portal-officer")
    for _ in range(60):
        principal.call("hocbaso_app.api.exchange.ask_recall", name=request)
        page.wait_for_timeout(1500)
        if states(clerk)[1] == "Draft":
            break
    assert states(clerk) == ["Accepted", "Draft", "Accepted"]

    doc = teacher.call("frappe.client.get", doctype=RECORD, name=name)
    row = next(r for r in doc["results"] if r["subject_code"] == MUSIC)
    row["remark"] = REMARK
    teacher.call("frappe.client.save", doc=doc)
    principal.open(f"/app/hbs-record/{name}", ".form-page:visible [data-fieldname=full_name]")
    page.wait_for_timeout(1500)
    principal.picture("correction")
    clerk.call("hocbaso_app.api.records.initialise_class", student_group=CLASS)
    for login in ("gv.music", *OTHERS, "gvcn.4a1"):
        person[login].call(CHECK, names=[name])
    sign(teacher, "gvbm")
    until_state(clerk, name, "Homeroom Signing")
    sign(person["gvcn.4a1"], "gvcn")
    until_state(clerk, name, "Manager Signing")
    sign(principal, "cbql")
    until_state(clerk, name, "Release")
    sign(clerk, "release", pin=clerk.facts["seal_pin"])
    until_states(clerk, "Accepted")


def until_state(who: Person, name: str, wanted: str) -> None:
    """The same for one record."""
    for _ in range(120):
        found = next(row["state"] for row in records(who) if row["name"] == name)
        if found == wanted:
            return
        who.page.wait_for_timeout(500)
    pytest.fail(f"{name} is {found}, not {wanted}")


def test_reports_name_the_people(person: dict[str, Person]) -> None:
    principal = person["hieutruong"]
    for report in ("HBS Signing Progress", "HBS Unsigned Parts", "HBS Open Faults"):
        principal.page.goto(f"/app/query-report/{report}")
        shown = "(name) => frappe.query_report?.report_name === name && frappe.query_report.data !== undefined"
        principal.page.wait_for_function(shown, arg=report)
        principal.page.wait_for_timeout(1500)
        principal.picture(report.lower().replace(" ", "-"))
    assert not principal.errors


def test_pictures_are_there(stage: Stage) -> None:
    assert {"desk-hieutruong.png", "signing.png", "record.png", "parent-record.png"} <= {
        path.name for path in Path(stage.pictures).glob("*.png")
    }
