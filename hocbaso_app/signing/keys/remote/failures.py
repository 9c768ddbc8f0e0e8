"""What a signer reads when a remote signing service can't sign, and what to do next (docs/keys.md has them all)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..source import KeySourceError

MAX_DETAIL = 300


class AnswerLostError(KeySourceError):
    """An order to sign left and no usable answer came: it may or may not have been taken."""


@dataclass(frozen=True)
class Failure:
    """A code of the vocabulary and its sentence."""

    code: str
    message_vi: str

    def error(
        self, detail: str, *, signed: Sequence[bytes] = (), tries_left: int | None = None, note: str = ""
    ) -> KeySourceError:
        """``detail`` for the log, in English; ``note`` is a sentence in front of what to do."""
        return KeySourceError(
            self.code,
            f"{note} {self.message_vi}".strip(),
            detail[:MAX_DETAIL],
            signed=signed,
            tries_left=tries_left,
        )

    def lost(self, detail: str) -> AnswerLostError:
        """The same about an order whose outcome nobody knows."""
        return AnswerLostError(self.code, self.message_vi, detail[:MAX_DETAIL])


ADDRESS = Failure(
    "SERVICE_UNREACHABLE",
    "Địa chỉ dịch vụ ký số chưa đúng: phải bắt đầu bằng https://. Hãy báo người quản trị sửa trong mục dịch vụ ký số.",
)
UNREACHABLE = Failure(
    "SERVICE_UNREACHABLE",
    "Không kết nối được dịch vụ ký số. Hãy kiểm tra mạng rồi thử lại sau ít phút; nếu gấp, ký bằng cách khác.",
)
UNTRUSTED = Failure(
    "SERVICE_UNREACHABLE",
    "Máy chủ của dịch vụ ký số không được tin cậy (TLS); chưa gửi gì. Hãy báo người quản trị, không ký tiếp.",
)
BUSY = Failure("SERVICE_UNREACHABLE", "Dịch vụ ký số đang bận hoặc bảo trì; chưa ký gì. Hãy thử lại sau ít phút.")
LOST = Failure(
    "SERVICE_UNREACHABLE",
    "Đã gửi yêu cầu ký nhưng mất trả lời của dịch vụ. Nếu điện thoại hỏi, hãy từ chối yêu cầu cũ, rồi ký lại phần "
    "chưa có chữ ký.",
)
NEVER_ARRIVED = Failure("TICKET_EXPIRED", "Yêu cầu ký chưa tới được dịch vụ; điện thoại sẽ không hỏi. Hãy gửi ký lại.")
ANSWER = Failure(
    "SERVICE_ANSWER",
    "Dịch vụ ký số trả lời không đúng thể thức. Hãy thử lại; nếu vẫn lỗi, báo người quản trị hoặc ký bằng cách khác.",
)
WRONG_VALUE = Failure(
    "VALUE_WRONG",
    "Giá trị chữ ký của dịch vụ không khớp với chứng thư số; chưa ghi vào học bạ. Hãy kiểm tra đã chọn đúng chứng thư "
    "số rồi ký lại.",
)
CLIENT = Failure(
    "ACCOUNT_UNKNOWN",
    "Dịch vụ ký số không nhận mã ứng dụng hoặc mật khẩu ứng dụng của nhà trường. Hãy báo người quản trị kiểm tra mục "
    "dịch vụ ký số.",
)
ACCOUNT = Failure(
    "ACCOUNT_UNKNOWN",
    "Dịch vụ ký số không có tài khoản này. Hãy kiểm tra số CCCD hoặc tên tài khoản đã đăng ký với nhà cung cấp.",
)
NO_KEY = Failure(
    "KEY_UNKNOWN",
    "Tài khoản chưa có chứng thư số dùng được để ký. Hãy liên hệ nhà cung cấp để kích hoạt hoặc cấp chứng thư số.",
)
SEVERAL = Failure("SEVERAL_TOKENS", "Tài khoản có nhiều chứng thư số. Hãy chọn chứng thư số đã đăng ký ký học bạ.")
CHANGED = Failure(
    "CERTIFICATE_CHANGED",
    "Dịch vụ không còn giữ chứng thư số đã đăng ký. Hãy đăng ký và duyệt chứng thư số mới trước khi ký.",
)
DISABLED = Failure(
    "CREDENTIAL_DISABLED",
    "Chứng thư số đang bị khóa hoặc tạm dừng tại nhà cung cấp. Hãy liên hệ nhà cung cấp để mở lại; nếu gấp, ký bằng "
    "cách khác.",
)
EXPIRED = Failure(
    "CREDENTIAL_DISABLED", "Chứng thư số đã hết hạn. Hãy gia hạn với nhà cung cấp rồi đăng ký lại trước khi ký."
)
REVOKED = Failure(
    "CREDENTIAL_DISABLED", "Chứng thư số đã bị thu hồi. Hãy xin cấp chứng thư số mới rồi đăng ký trước khi ký."
)
NO_CREDIT = Failure(
    "CREDENTIAL_DISABLED",
    "Gói ký số đã hết lượt hoặc hết hạn. Hãy gia hạn gói với nhà cung cấp, hoặc ký bằng cách khác.",
)
PIN_NEEDED = Failure("PIN_NEEDED", "Dịch vụ ký số cần mã PIN của chứng thư số. Hãy nhập mã PIN rồi ký.")
PIN_WRONG = Failure("PIN_WRONG", "Mã PIN không đúng. Hãy nhập lại cẩn thận; sai nhiều lần thì chứng thư số bị khóa.")
PIN_LOCKED = Failure(
    "PIN_LOCKED", "Mã PIN đã bị khóa vì nhập sai nhiều lần. Hãy liên hệ nhà cung cấp chứng thư số để mở khóa."
)
OTP_NEEDED = Failure("OTP_NEEDED", "Hãy nhập mã OTP trên ứng dụng hoặc tin nhắn của nhà cung cấp rồi ký.")
OTP_SENT = Failure("OTP_NEEDED", "Nhà cung cấp vừa gửi mã OTP tới điện thoại. Hãy nhập mã đó rồi ký.")
OTP_AGAIN = Failure("OTP_NEEDED", "Hãy nhập mã OTP mới để ký tiếp phần còn lại.")
OTP_WRONG = Failure("OTP_WRONG", "Mã OTP không đúng hoặc đã hết hạn. Hãy lấy mã mới rồi nhập lại.")
BROWSER_NEEDED = Failure(
    "OTP_NEEDED",
    "Nhà cung cấp đòi xác nhận trên trang của họ. Hãy mở địa chỉ trên, xác nhận, rồi nhập mã của trang đó vào ô OTP.",
)
REFUSED = Failure(
    "REFUSED_BY_SIGNER", "Yêu cầu ký đã bị từ chối trên điện thoại. Nếu bấm nhầm, hãy gửi ký lại và bấm đồng ý."
)
TIMED_OUT = Failure(
    "TIMED_OUT", "Chưa kịp xác nhận trên điện thoại trong thời gian cho phép. Hãy gửi ký lại và xác nhận sớm hơn."
)
TICKET = Failure("TICKET_EXPIRED", "Yêu cầu ký này không còn hiệu lực. Hãy gửi ký lại phần chưa có chữ ký.")
TOO_MANY = Failure(
    "TOO_MANY_HASHES", "Dịch vụ không cho ký nhiều học bạ như vậy trong một lần. Hãy chia thành lô nhỏ hơn rồi ký."
)


def confirmations_note(done: int, total: int, per_confirmation: int) -> str:
    """Why one confirmation was not enough for a batch."""
    return f"Dịch vụ chỉ cho ký {per_confirmation} học bạ mỗi lần xác nhận; đã ký {done}/{total}."
