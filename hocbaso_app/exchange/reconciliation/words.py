"""Each kind of difference in a sentence for the school, and what to do about it."""

from __future__ import annotations

from .comparison import Entry, Place

_SENTENCES: dict[Place, tuple[str, str]] = {
    Place.NOT_BEGUN: (
        "Học sinh có tên trong lớp nhưng chưa có học bạ.",
        "Đọc lại danh sách lớp để tạo học bạ, rồi nhập và ký như các em khác.",
    ),
    Place.NOT_RELEASED: (
        "Học bạ chưa được phát hành.",
        "Làm tiếp bước đang chờ; mục “Việc của tôi” cho biết ai phải làm.",
    ),
    Place.UNSENT: (
        "Đã phát hành nhưng chưa gửi.",
        "Hệ thống tự nộp; nếu để lâu, văn thư bấm “Nộp ngay” hoặc xem lí do trên hồ sơ nộp.",
    ),
    Place.UNANSWERED: (
        "Đã gửi nhưng chưa biết kết quả.",
        "Hệ thống tự hỏi lại; chưa cần làm gì.",
    ),
    Place.REFUSED: (
        "Cơ quan tiếp nhận từ chối.",
        "Hiệu trưởng xem lí do từ chối và quyết định cách sửa.",
    ),
    Place.RECEIPT_MISSING: (
        "Cơ quan tiếp nhận đã giữ học bạ này nhưng trường chưa có biên nhận.",
        "Bấm “Khôi phục”: biên nhận được lấy về và kiểm tra; học bạ không bị gửi hai lần.",
    ),
    Place.OTHER_RECEIPT: (
        "Số biên nhận ở trường khác số ở cơ quan tiếp nhận.",
        "Bấm “Khôi phục”: biên nhận đang có hiệu lực được lấy về, biên nhận trước được giữ lại bên cạnh.",
    ),
    Place.LOST_THERE: (
        "Trường có biên nhận nhưng cơ quan tiếp nhận không còn học bạ này.",
        "Bấm “Khôi phục”: đúng tệp đó được gửi lại, biên nhận cũ được giữ làm bằng chứng.",
    ),
    Place.LOST_HERE: (
        "Cơ quan tiếp nhận giữ học bạ này nhưng ở trường không có.",
        "Bấm “Khôi phục”: tệp và biên nhận được lấy về, kiểm tra chữ ký rồi mới ghi vào.",
    ),
    Place.OLDER_HERE: (
        "Cơ quan tiếp nhận đã giữ bản phát hành, ở trường chỉ còn bản chưa ký xong.",
        "Không ký lại. Bấm “Khôi phục”: bản đã phát hành được lấy về, bản dở dang được giữ lại.",
    ),
    Place.OTHER_BYTES: (
        "Cùng một mã nhưng hai bên giữ hai tệp khác nhau.",
        "Không sửa gì. Hiệu trưởng và cán bộ tiếp nhận cùng so hai tệp, rồi thu hồi tệp sai.",
    ),
    Place.RECALLED_THERE: (
        "Cơ quan tiếp nhận đã thu hồi, ở trường vẫn đang lưu hành.",
        "Bấm “Khôi phục”: việc thu hồi được ghi nhận theo danh sách trạng thái có chữ ký.",
    ),
    Place.RECALLED_HERE: (
        "Trường đã ghi nhận thu hồi, ở cơ quan tiếp nhận vẫn đang lưu hành.",
        "Bấm “Khôi phục”: danh sách trạng thái có chữ ký được gửi lại làm chứng; không có thì đề nghị thu hồi lại.",
    ),
    Place.WITHDRAWN_HELD: (
        "Trường đã rút lại bản này nhưng cơ quan tiếp nhận vẫn giữ.",
        "Hiệu trưởng đề nghị cơ quan tiếp nhận thu hồi mã này.",
    ),
    Place.DUPLICATE: (
        "Mã này xuất hiện hai lần ở một bên.",
        "Báo quản trị viên: một mã chỉ được dùng cho một tệp.",
    ),
    Place.NEITHER: (
        "Không bên nào còn giữ học bạ này.",
        "Tìm trong bản sao lưu khác hoặc bản bàn giao cho gia đình; không thấy thì lập và ký lại.",
    ),
}


def sentence(entry: Entry) -> str:
    """What is the matter with a record; empty when nothing is."""
    text = _SENTENCES.get(entry.place, ("", ""))[0]
    return f"{text} Mã này được nhắc đến ở: {entry.told_by}." if entry.told_by else text


def advice(entry: Entry) -> str:
    """What to do about it; empty when nothing is the matter."""
    return _SENTENCES.get(entry.place, ("", ""))[1]
