"""Files of other makers through signxml; ours too, as a second opinion."""

from __future__ import annotations

import pytest
from lxml import etree
from signing_world import LATER, released, world

from hocbaso_app.signing.foreign import ForeignError, verify_foreign

signxml = pytest.importorskip("signxml")


def foreign_file(extra: str = "") -> bytes:
    """An enveloped XMLDSig file with no profile of ours."""
    root = etree.fromstring(f"<HoSo><Ten>Đơn xin chuyển trường</Ten>{extra}</HoSo>")
    key = world().principal
    signed = signxml.XMLSigner().sign(root, key=key.private_key, cert=[key.certificate])
    return etree.tostring(signed)


def test_a_foreign_signature_holds_and_leads_to_our_trust() -> None:
    (found,) = verify_foreign(foreign_file(), world().trust, at=LATER)
    assert found.holds and found.trusted
    assert found.covers == ("HoSo",)
    assert found.signer == "Trần Thị Bích Ngọc"


def test_an_altered_foreign_file_does_not_hold() -> None:
    (found,) = verify_foreign(foreign_file().replace(b"<Ten>", b"<Ten>X"), world().trust, at=LATER)
    assert not found.holds
    assert found.message_vi


def test_signxml_accepts_every_signature_of_ours() -> None:
    found = verify_foreign(released().data, world().trust, at=LATER)
    assert len(found) == 15
    assert all(f.holds and f.trusted for f in found), [f.message_en for f in found if not f.holds]
    assert found[0].covers[0] == "DIEM_TONG_KET"
    assert found[-1].covers[0] == "DU_LIEU_HOC_BA"


@pytest.mark.parametrize("data", [b"<A/>", b"not xml", b"<!DOCTYPE A><A/>"])
def test_files_without_signatures_are_refused(data: bytes) -> None:
    with pytest.raises(ForeignError) as refusal:
        verify_foreign(data, world().trust)
    assert refusal.value.message_vi
