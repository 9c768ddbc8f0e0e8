"""Transactions 1 and 2: each record of a package is verified and answered for itself."""

from __future__ import annotations

from dataclasses import replace

from hocbaso_app.record.document import build

from .suite import Bench, check


def _changed(data: bytes) -> bytes:
    name = b"<HO_VA_TEN>"
    place = data.index(name) + len(name)
    return data[:place] + "Lê ".encode() + data[place:]


@check("record.accepted", "Học bạ hợp lệ được phê duyệt, trả lời đúng học sinh", "CV 2088 II.2.2, II.2.3; QĐ Đ6")
def accepted(bench: Bench) -> None:
    document = bench.received
    general = document.record.general
    (again,) = bench.submit(document)
    said = (again["ma_hoc_sinh"], again["ten_hoc_sinh"], again["so_cccd"], again["ma_tra_cuu_uuid"])
    wanted = (general.pupil_code, general.full_name, general.citizen_id or "", general.record_code)
    bench.require(said == wanted, f"trả lời cho {said}, đã gửi {wanted}")


@check("record.duplicate", "Nộp lại học bạ đã tiếp nhận (gói khác) là thành công", "CV 2088 II.2.3; QĐ Đ6")
def duplicate(bench: Bench) -> None:
    (again,) = bench.submit(bench.received)
    bench.require(again["trang_thai"] == 1, f"trạng thái {again['trang_thai']}")
    bench.expect_code(again["error"], "DUPLICATE", "ACCEPTED")


@check("record.each-for-itself", "Một học bạ sai không làm hỏng học bạ đúng cùng gói", "CV 2088 II.2.3, III.1")
def each_for_itself(bench: Bench) -> None:
    good, bad = bench.material.new_record(), bench.material.new_record()
    answers = bench.submit(_changed(bad.data), good, b"<HOC_BA></HOC_BA>")
    bench.require([a["trang_thai"] for a in answers] == [0, 1, 0], f"trạng thái {[a['trang_thai'] for a in answers]}")
    for answer in (answers[0], answers[2]):
        bench.expect_code(answer["error"], "RECORD_INVALID")
        bench.require(bool(answer["error_description"]), "từ chối mà không nói lí do")


@check("record.unsealed", "Học bạ chưa ký phát hành thì bị từ chối", "CV 2088 III.1; QĐ Đ12.k1")
def unsealed(bench: Bench) -> None:
    document = bench.material.new_record()
    for slot in ("ky-phat-hanh", "ky-cbql", "ky-gvcn", "ky-mon-01"):
        (answer,) = bench.submit(document.with_slot(slot, b""))
        bench.require(answer["trang_thai"] == 0, f"thiếu {slot} mà vẫn tiếp nhận")
        bench.expect_code(answer["error"], "RECORD_INVALID")


@check("record.other-seal", "Con dấu chưa phê duyệt trong học bạ thì bị từ chối", "CV 2088 III.1 (KY_PHAT_HANH)")
def other_seal(bench: Bench) -> None:
    forged = replace(bench.material, seal=bench.material.stranger).reseal(bench.material.new_record())
    (answer,) = bench.submit(forged)
    bench.require(answer["trang_thai"] == 0, "con dấu lạ mà vẫn tiếp nhận")
    bench.expect_code(answer["error"], "RECORD_INVALID")


@check("record.other-unit", "Học bạ của trường khác thì bị từ chối", "CV 2088 II.2.2; QĐ Đ4.k5")
def other_unit(bench: Bench) -> None:
    record = bench.material.new_record().record
    general = replace(record.general, school_code="00000000")
    subjects = tuple(replace(s, school_code="00000000") for s in record.subjects)
    (answer,) = bench.submit(build(replace(record, general=general, subjects=subjects)))
    bench.require(answer["trang_thai"] == 0, "học bạ của trường khác mà vẫn tiếp nhận")
    bench.expect_code(answer["error"], "OTHER_UNIT", "RECORD_INVALID")


@check("record.code-used", "Tệp khác dưới cùng mã học bạ thì bị từ chối", "CV 2088 II.1 (MA_TRA_CUU_UUID); QĐ Đ12.k3")
def code_used(bench: Bench) -> None:
    (answer,) = bench.submit(bench.material.reseal(bench.received))
    bench.require(answer["trang_thai"] == 0, "mã học bạ được dùng lại cho tệp khác")
    bench.expect_code(answer["error"], "CODE_USED")


@check("record.twice-in-one", "Cùng một tệp hai lần trong một gói chỉ được tiếp nhận một lần", "CV 2088 II.2.3")
def twice_in_one(bench: Bench) -> None:
    document = bench.material.new_record()
    answers = bench.submit(document, document)
    bench.require(answers[0]["trang_thai"] == 1, f"trạng thái {[a['trang_thai'] for a in answers]}")
    receipts = {a["bien_nhan"] for a in answers if a.get("bien_nhan")}
    bench.require(len(receipts) <= 1, "một học bạ có hai biên nhận")


@check("record.replacement-first", "Bản thay thế trước khi thu hồi bản cũ thì bị từ chối", "CV 2088 III.3; QĐ Đ12.k3")
def replacement_before_recall(bench: Bench) -> None:
    successor = bench.once("successor", lambda: bench.material.replace(bench.received))
    (answer,) = bench.submit(successor)
    bench.require(answer["trang_thai"] == 0, "bản thay thế được tiếp nhận khi bản cũ còn lưu hành")
    bench.expect_code(answer["error"], "NOT_RECALLED")
