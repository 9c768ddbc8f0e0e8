"""The public look-up page: what it tells a stranger about a code and a file, and that guessing is stopped."""

from __future__ import annotations

import hashlib
import io
import json
import time
from contextlib import contextmanager
from typing import Any, ClassVar
from unittest.mock import patch
from uuid import uuid4

import frappe
from redis.exceptions import ConnectionError as RedisGone

from hocbaso_app.exceptions import HbsError, NotYoursError
from hocbaso_app.exchange.contract import extensions as described
from hocbaso_app.exchange.errors import RefusedError
from hocbaso_app.exchange.look_up import GENUINE, RECALLED, UNKNOWN
from hocbaso_app.print_formats import summary
from hocbaso_app.print_formats.pdf import render
from hocbaso_app.record.document import Document
from hocbaso_app.record.json_codec import to_json
from hocbaso_app.services import files
from hocbaso_app.services.public import class_book, codes, guard, tally, uploads
from hocbaso_app.services.receiving import extensions as offered
from hocbaso_app.services.receiving.office import portal
from hocbaso_app.tests.authority import Authority, running_authority
from hocbaso_app.tests.committed import Browser, CommittedTestCase
from hocbaso_app.tests.requirement import requirement
from hocbaso_app.tests.test_conformance import key_ring
from hocbaso_app.tests.world import Play, acting_as

HTML, JSON = {"Accept": "text/html"}, {"Accept": "application/json"}


class Stranger(Browser):
    """Somebody without an account, from an address of his own."""

    def __init__(self, address: str = "203.0.113.7") -> None:
        super().__init__()
        self.address = address

    def ask(self, path: str, accept: str = "application/json", method: str = "GET", **more: Any) -> Any:
        headers = {"Accept": accept, "X-Frappe-Site-Name": self.site, "X-Forwarded-For": self.address}
        return self.send(path, method, headers, **more)

    def send(self, path: str, method: str, headers: dict[str, str], **more: Any) -> Any:
        """As :meth:`Browser.open`, with other headers."""
        real, seen = self.client.open, {"headers": headers}

        def opened(path: str, *, method: str, headers: dict[str, str], **arguments: Any) -> Any:
            return real(path, method=method, headers=seen["headers"], **arguments)

        with patch.object(self.client, "open", opened):
            return self.open(method, path, **more)

    def hand_in(self, data: bytes, name: str = "hoc-ba.xml", accept: str = "application/json") -> Any:
        """A file in the form of the page."""
        return self.ask("/tra-cuu", accept, "POST", data={"tep": (io.BytesIO(data), name)})


class TestPublicPage(CommittedTestCase):
    """Three released records; two received, of which one is recalled; one never sent."""

    play: ClassVar[Play]
    stored: ClassVar[list[Any]]
    documents: ClassVar[list[Document]]
    authority: ClassVar[Authority]
    officer: str

    @classmethod
    def make_world(cls) -> None:
        cls.play = Play(pupils=3, grade=4)
        names = cls.play.until("released")
        cls.stored = [frappe.get_doc("HBS Record", name) for name in names]
        frappe.db.commit()
        context = running_authority(cls.play)
        cls.authority = authority = context.__enter__()
        cls.officer = authority.officer
        cls.addClassCleanup(context.__exit__, None, None, None)
        versions = [frappe.get_doc("HBS Record Version", doc.current_version) for doc in cls.stored]
        cls.documents = [Document.parse(files.read(version)) for version in versions]
        authority.exchange()
        frappe.db.set_value("HBS Received Record", cls.code(1), {"status": "Recalled", "active_key": None})
        frappe.db.set_value("HBS Received Record", cls.code(1), "recalled_at", frappe.utils.now_datetime())
        frappe.db.delete("HBS Received Record", {"name": cls.code(2)})

    @classmethod
    def code(cls, number: int) -> str:
        return cls.documents[number].record.general.record_code

    def setUp(self) -> None:
        tally.forget()
        self.addCleanup(tally.forget)
        fast = patch.object(guard, "LEAST_TIME", 0.0)
        fast.start()
        self.addCleanup(fast.stop)

    def personal(self, number: int) -> list[str]:
        g = self.documents[number].record.general
        found = [g.full_name, g.citizen_id, g.pupil_code, g.birth_date, g.residence, g.mother_name, g.school_code]
        return [value for value in [*found, g.school_name, g.class_name] if value]

    @requirement("Y043")
    def test_the_link_shows_genuine_recalled_unknown_and_guessing_is_stopped(self) -> None:
        """Link shows genuine/recalled/unknown; guessing 10,000 codes is stopped."""
        link = frappe.db.get_value("HBS Received Record", self.code(0), "lookup_link")
        self.assertEqual(link, codes.link_of(self.code(0)))
        path = "/" + link.split("/", 3)[3]
        stranger = Stranger()
        found = [stranger.ask(p).json["status"] for p in (path, f"/tra-cuu/{self.code(1)}", f"/tra-cuu/{uuid4()}")]
        self.assertEqual(found, [GENUINE, RECALLED, UNKNOWN])
        said = [stranger.ask(f"/tra-cuu/{uuid4()}").status_code for _ in range(60)]
        self.assertLess(said.count(200), guard.WRONG_OF_ONE)
        self.assertEqual(set(said[guard.WRONG_OF_ONE :]), {429})
        answered = 0
        for _ in range(10_000):
            try:
                codes.look_up(stranger.address, str(uuid4()))
                answered += 1
            except guard.TooOften as often:
                self.assertGreater(often.seconds, 0)
        self.assertEqual(answered, 0)
        self.assertEqual(stranger.ask(path).status_code, 429)
        self.assertEqual(Stranger("198.51.100.9").ask(path).json["status"], GENUINE)

    def test_guessing_from_ten_thousand_addresses_is_stopped_too(self) -> None:
        answered = 0
        for number in range(10_000):
            try:
                codes.look_up(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}", str(uuid4()))
                answered += 1
            except guard.TooOften:
                pass
        self.assertLessEqual(answered, guard.WRONG_OF_ALL)

    def test_it_stays_stopped_when_redis_is_emptied_or_gone(self) -> None:
        address = "203.0.113.8"
        for _ in range(guard.WRONG_OF_ONE):
            codes.look_up(address, str(uuid4()))
        frappe.cache.delete_keys("hbs-tally:")
        with self.assertRaises(guard.TooOften):
            codes.look_up(address, str(uuid4()))
        for name in ("incrby", "get", "set", "expire"):
            broken = patch.object(type(frappe.cache), name, side_effect=RedisGone("gone"))
            broken.start()
            self.addCleanup(broken.stop)
        with self.assertRaises(guard.TooOften):
            codes.look_up(address, str(uuid4()))
        self.assertEqual(codes.look_up("203.0.113.9", self.code(0)).status, GENUINE)

    def test_another_worker_knows_what_this_one_counted(self) -> None:
        address = "203.0.113.10"
        for _ in range(guard.WRONG_OF_ONE):
            codes.look_up(address, str(uuid4()))
        tally._counted.clear()  # a process that has counted nothing itself
        with self.assertRaises(guard.TooOften):
            codes.look_up(address, str(uuid4()))

    def test_right_codes_cost_nothing_and_an_office_may_check_its_classes(self) -> None:
        for _ in range(guard.WRONG_OF_ONE * 3):
            self.assertEqual(codes.look_up("203.0.113.11", self.code(0)).status, GENUINE)
        self.assertEqual(codes.look_up("203.0.113.11", str(uuid4())).status, UNKNOWN)

    def test_an_ipv6_connection_is_one_address_and_no_code_is_a_wrong_one(self) -> None:
        for number in range(guard.WRONG_OF_ONE):
            codes.look_up(f"2001:db8:1:2::{number:x}", "không phải mã")
        with self.assertRaises(guard.TooOften):
            codes.look_up("2001:db8:1:2:ffff::1", str(uuid4()))
        self.assertEqual(codes.look_up("2001:db8:1:3::1", str(uuid4())).status, UNKNOWN)

    def test_an_answer_takes_as_long_whatever_it_says(self) -> None:
        slept: list[float] = []
        with (
            patch.object(guard, "LEAST_TIME", 5.0),
            patch("hocbaso_app.services.public.guard.sleep", slept.append),
            patch("hocbaso_app.services.public.guard.monotonic", side_effect=[10.0, 10.5] * 3),
        ):
            for code in (self.code(0), self.code(1), str(uuid4())):
                codes.look_up("203.0.113.12", code)
        self.assertEqual(slept, [4.5] * 3)

    def test_a_code_tells_a_stranger_nothing_personal(self) -> None:
        stranger = Stranger()
        for number in (0, 1):
            for accept in ("text/html", "application/json"):
                page = stranger.ask(f"/tra-cuu/{self.code(number)}", accept)
                self.assertEqual(page.status_code, 200)
                text = page.get_data(as_text=True)
                text = text.partition('class="hbs-look-up"')[2].partition("</main>")[0] or text
                self.assertIn(GENUINE if number == 0 and accept == "application/json" else "", text)
                self.assertEqual([value for value in self.personal(number) if value in text], [])
                self.assertEqual(page.headers["Cache-Control"], "no-store")
                self.assertEqual(page.headers["X-Robots-Tag"], "noindex")

    def test_the_page_speaks_vietnamese_and_shows_nothing_of_what_was_typed_as_code(self) -> None:
        stranger = Stranger()
        wanted = {
            self.code(0): "Học bạ số này đang lưu hành",
            self.code(1): "Học bạ số này ĐÃ BỊ THU HỒI",
            str(uuid4()): "Không có học bạ số với mã này",
        }
        for code, title in wanted.items():
            self.assertIn(title, stranger.ask(f"/tra-cuu/{code}", "text/html").get_data(as_text=True))
        empty = stranger.ask("/tra-cuu", "text/html").get_data(as_text=True)
        self.assertIn('name="tep"', empty)
        self.assertIn('name="ma"', empty)
        hostile = stranger.ask("/tra-cuu?ma=%3Cscript%3Ealert(1)%3C/script%3E", "text/html").get_data(as_text=True)
        self.assertNotIn("<script>alert(1)", hostile)
        typed = stranger.ask(f"/tra-cuu?ma=%20{self.code(0).upper()}%20", "application/json")
        self.assertEqual(typed.json["status"], GENUINE)

    def test_a_file_is_judged_by_its_signatures_and_by_the_very_bytes_received(self) -> None:
        stranger, good = Stranger(), self.documents[0]
        altered = good.data.replace("Thành phố Hải Phòng".encode(), "Thành phố Hà Nội".encode())
        self.assertNotEqual(altered, good.data)
        cases = {
            "genuine": good.data,
            "recalled": self.documents[1].data,
            "not-received": self.documents[2].data,
            "invalid": altered,
            "unreadable": b"khong phai hoc ba",
        }
        for result, data in cases.items():
            with self.subTest(result):
                answer = stranger.hand_in(data)
                self.assertEqual((answer.status_code, answer.json["result"]), (200, result))
                self.assertEqual("facts" in answer.json, result in ("genuine", "recalled", "not-received"))
        shown = stranger.hand_in(good.data).json
        self.assertEqual(shown["facts"]["Học sinh"], good.record.general.full_name)
        text = json.dumps(shown, ensure_ascii=False)
        g = good.record.general
        for secret in (g.citizen_id, g.pupil_code, g.birth_date, g.residence, g.mother_name):
            self.assertNotIn(str(secret), text)
        self.assertNotIn(g.full_name, stranger.hand_in(altered).get_data(as_text=True))

    def test_another_file_under_a_received_code_is_not_the_received_one(self) -> None:
        frappe.db.set_value("HBS Received Record", self.code(0), "sha256", "0" * 64)
        self.addCleanup(frappe.db.commit)
        self.addCleanup(frappe.db.set_value, "HBS Received Record", self.code(0), "sha256", self.documents[0].sha256)
        frappe.db.commit()
        self.assertEqual(Stranger().hand_in(self.documents[0].data).json["result"], "other-file")

    def test_json_and_the_printed_pdf_are_read_as_the_file_in_them(self) -> None:
        stranger, good = Stranger(), self.documents[0]
        self.assertEqual(stranger.hand_in(to_json(good.data).encode(), "a.json").json["result"], "genuine")
        from hocbaso_app.services import trust
        from hocbaso_app.signing.verify import verify

        pdf = render(good, verification=verify(good.data, trust.store()))
        self.assertEqual(stranger.hand_in(pdf, "in.pdf").json["result"], "genuine")
        for broken in (pdf[:2000], b"%PDF-1.7\n%%EOF", b"{", b'{"HOC_BA": 1}', b""):
            self.assertEqual(stranger.hand_in(broken, "x").json["result"], "unreadable")

    def test_the_sealed_summary_of_a_print_is_checked_and_goes_into_no_address(self) -> None:
        seal = key_ring(self.play).seal
        stranger = Stranger("203.0.113.40")

        def scanned(text: str) -> Any:
            return stranger.ask("/tra-cuu", method="POST", data={"ma": text}).json

        for number, result in enumerate(("genuine", "recalled", "not-received")):
            text = summary.to_text(summary.make(self.documents[number], seal))
            found = scanned(text)
            self.assertEqual(found["result"], result)
            self.assertEqual(found["facts"]["Học sinh"], self.documents[number].record.general.full_name)
            self.assertNotIn(self.documents[number].record.general.birth_date, json.dumps(found, ensure_ascii=False))
        self.assertEqual(scanned(text[:-8] + "AAAAAAAA")["result"], "invalid")
        foreign = key_ring(self.play).persons[self.play.school.principal.citizen_id]
        self.assertEqual(scanned(summary.to_text(summary.make(self.documents[0], foreign)))["result"], "invalid")
        self.assertEqual(stranger.ask("/tra-cuu", query_string={"ma": text}).json, {"status": UNKNOWN})

    def test_a_file_leaves_nothing_behind_and_too_large_or_too_many_are_refused(self) -> None:
        stranger = Stranger("203.0.113.20")
        before = self.rows()
        page = stranger.hand_in(self.documents[0].data, accept="text/html").get_data(as_text=True)
        self.assertIn("Học bạ thật, đang lưu hành", page)
        self.assertEqual(self.rows(), before)
        self.assertEqual(stranger.hand_in(b"<" * (uploads.MOST_BYTES + 5)).json["result"], "unreadable")
        said = [stranger.hand_in(b"x").status_code for _ in range(guard.FILES_OF_ONE + 2)]
        self.assertEqual(said[-1], 429)

    def rows(self) -> dict[str, int]:
        names = frappe.get_all("DocType", {"issingle": 0, "is_virtual": 0}, pluck="name", order_by="name")
        return {name: frappe.db.count(name) for name in names if name not in ("Error Log", "Route History")}

    def links(self, holder: str = "Bà Trần Thị B, Phòng GDTH", **more: Any) -> dict[str, str]:
        g = self.documents[0].record.general
        with acting_as(self.officer):
            return class_book.links(self.play.world.unit, g.school_year, g.class_name, holder, **more)

    def path(self, link: str) -> str:
        return "/" + link.split("/", 3)[3]

    @requirement("Y043")
    def test_the_class_book_tells_a_stranger_no_name_and_shows_the_entitled_the_class(self) -> None:
        """Link shows genuine/recalled/unknown; guessing 10,000 codes is stopped."""
        found, stranger = self.links(), Stranger("203.0.113.30")
        public = stranger.ask(self.path(found["public"]))
        self.assertEqual((public.json["status"], public.json["records"]), ("genuine", 1))
        digest = hashlib.sha256(f"{self.code(0)} {self.documents[0].sha256}\n".encode()).hexdigest()
        self.assertEqual(public.json["figures"], digest)
        page = stranger.ask(self.path(found["public"]), "text/html").get_data(as_text=True)
        self.assertIn("Sổ có thật", page)
        private = stranger.ask(self.path(found["private"]), "text/html").get_data(as_text=True)
        name = self.documents[0].record.general.full_name
        self.assertEqual([name in page, name in private], [False, True])
        self.assertNotIn(self.documents[1].record.general.full_name, private)
        self.assertNotIn(name, stranger.ask(self.path(found["private"])).get_data(as_text=True))
        frappe.db.rollback()
        opened = frappe.get_all("HBS Audit Entry", {"action": "open class book"}, pluck="details", order_by="name")
        self.assertIn("Phòng GDTH", opened[-1])

    def test_a_class_book_link_ends_and_can_not_be_made_up(self) -> None:
        found, stranger = self.links(), Stranger("203.0.113.31")
        path = self.path(found["private"])
        name = self.documents[0].record.general.full_name
        with patch("hocbaso_app.services.public.class_book.time.time", return_value=time.time() + 31 * 86400):
            page = stranger.ask(path, "text/html").get_data(as_text=True)
        self.assertIn("đã hết hạn", page)
        self.assertNotIn(name, page)
        payload, _dot, seal = path.rpartition("/")[2].partition(".")
        public = self.path(found["public"]).rpartition("/")[2]
        made_up = (f"{payload}.{seal[:-2]}AA", f"{payload}.{public.partition('.')[2]}", payload, "x.y", f".{seal}")
        for token in made_up:
            answer = stranger.ask(f"/so-theo-doi/{token}", "text/html")
            self.assertEqual(answer.status_code, 404)
            self.assertNotIn(name, answer.get_data(as_text=True))
        said = [stranger.ask(f"/so-theo-doi/{uuid4()}").status_code for _ in range(guard.WRONG_OF_ONE)]
        self.assertEqual(said[-1], 429)

    def test_who_may_have_a_class_book_link(self) -> None:
        with self.assertRaises(HbsError):
            self.links(holder=" ")
        with self.assertRaises(HbsError):
            self.links(days=class_book.MOST_DAYS + 1)
        self.officer, officer = self.play.homeroom, self.officer
        with self.assertRaises(NotYoursError):
            self.links()
        self.officer = officer
        g = self.documents[0].record.general
        client = self.authority.client()
        asked = {"nam_hoc": g.school_year, "lop": g.class_name, "cho": "Hiệu trưởng"}
        answer = client.extension("so-theo-doi", asked)
        page = Stranger("203.0.113.32").ask(self.path(answer["link_rieng"]), "text/html").get_data(as_text=True)
        self.assertIn(g.full_name, page)
        for wrong in ({}, {**asked, "lop": "9Z"}, {**asked, "so_ngay": "x"}, {**asked, "so_ngay": 9999}):
            with self.assertRaises(RefusedError):
                client.extension("so-theo-doi", wrong)

    def test_the_description_names_every_extension(self) -> None:
        self.assertEqual(set(described.NAMES), set(offered.EXTENSIONS))

    def test_there_is_no_such_page_where_nothing_is_received(self) -> None:
        with not_receiving():
            self.assertEqual(Stranger().ask(f"/tra-cuu/{self.code(0)}").status_code, 404)

    def test_status_list_and_registry_are_public_and_may_be_kept(self) -> None:
        from hocbaso_app.exchange import status_list
        from hocbaso_app.services import trust

        for path in ("/danh-sach-trang-thai", "/so-dang-ky"):
            answer = Stranger().ask(path)
            self.assertEqual(answer.status_code, 200)
            self.assertIn("max-age", answer.headers["Cache-Control"])
            kept = {"If-None-Match": answer.headers["ETag"], "X-Frappe-Site-Name": frappe.local.site}
            again = Stranger().send(path, "GET", kept)
            self.assertEqual(again.status_code, 304)
        from hocbaso_app.services.receiving import published

        published.forget()
        listed = status_list.read(Stranger().ask("/danh-sach-trang-thai").get_data(), trust.store())
        self.assertEqual(list(listed.recalled), [self.code(1)])
        self.assertTrue(portal().registry())


@contextmanager
def not_receiving() -> Any:
    """The settings say that this site does not receive."""
    frappe.db.set_single_value("HBS Receiving Settings", "enabled", 0)
    frappe.db.commit()
    frappe.clear_document_cache("HBS Receiving Settings", "HBS Receiving Settings")
    try:
        yield
    finally:
        frappe.db.set_single_value("HBS Receiving Settings", "enabled", 1)
        frappe.db.commit()
        frappe.clear_document_cache("HBS Receiving Settings", "HBS Receiving Settings")
