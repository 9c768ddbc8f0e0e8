"""Our extensions beside CV 2088, by name."""

from __future__ import annotations

NAMES = {
    "doi-chieu": "đối chiếu: danh mục học bạ mà mỗi bên đang giữ",
    "tai-lai": "tải lại học bạ và biên nhận mà cổng đang giữ của đơn vị",
    "luu-tru": "nộp gói lưu trữ của năm học cùng bản kê có ký",
    "mo-khoa": "xin phiếu mở khóa mà đơn vị cấp trên quyết định, và nghe trả lời",
    "khoi-phuc-thu-hoi": "khôi phục các quyết định thu hồi mà trường có bằng chứng và cổng đã mất",
    "bo-sung-thu-hoi": "bổ sung minh chứng cho yêu cầu thu hồi",
    "ban-tin": "bản tin có ký: thời gian mở, tạm ngừng, thông báo",
    "so-theo-doi": "liên kết tới sổ theo dõi và đánh giá của một lớp: công khai, và dành riêng có thời hạn",
    "bao-cao": "báo cáo tiến độ của trường",
    "goc-ngay": "gốc băm trong ngày của mọi tệp và nhật ký: nộp để lấy biên nhận, hỏi lại những gốc cổng đang giữ",
}
