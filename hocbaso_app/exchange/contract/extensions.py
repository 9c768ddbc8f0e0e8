"""Our extensions beside CV 2088, by name."""

from __future__ import annotations

NAMES = {
    "doi-chieu": "đối chiếu: danh mục học bạ mà mỗi bên đang giữ",
    "tai-lai": "tải lại học bạ và biên nhận mà cổng đang giữ của đơn vị",
    "luu-tru": "nộp gói lưu trữ của năm học cùng bản kê có ký",
    "bo-sung-thu-hoi": "bổ sung minh chứng cho yêu cầu thu hồi",
    "ban-tin": "bản tin có ký: thời gian mở, tạm ngừng, thông báo",
    "bao-cao": "báo cáo tiến độ của trường",
}
