"""The officer's desk as a page: what waits for a decision, record by record. The token stays in the page alone."""

from __future__ import annotations

DESK_PAGE = """<!doctype html>
<html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Bàn cán bộ tiếp nhận (thử nghiệm)</title>
<style>
body{font:17px/1.5 serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.4rem;text-align:left;vertical-align:top;
overflow-wrap:anywhere}button,input{font:inherit}button{margin:0 .3rem .3rem 0}small{color:#555}#said{color:#a00}
</style>
<h1>Bàn cán bộ tiếp nhận</h1>
<form id="open"><label>Mã cán bộ <input id="token" type="password" autocomplete="off" required></label>
<button>Xem việc đang chờ</button></form>
<p id="said" role="status"></p>
<h2>Yêu cầu thu hồi</h2><table id="thu_hoi"><tbody></tbody></table>
<h2>Chứng thư số chờ phê duyệt</h2><table id="chung_thu"><tbody></tbody></table>
<p><small>Cổng thử nghiệm – không có giá trị pháp lý</small></p>
<script>
const by = (id) => document.getElementById(id);
const say = (text) => { by("said").textContent = text; };
const ask = (path, body) => fetch("/can-bo/" + path, {
  method: body ? "POST" : "GET", body: body && JSON.stringify(body),
  headers: {Authorization: "Bearer " + by("token").value, "Content-Type": "application/json"},
});
const cell = (row, text) => { row.insertCell().textContent = text; };
function buttons(row, decide) {
  const place = row.insertCell();
  const add = (text, action) => {
    const made = document.createElement("button");
    made.textContent = text; made.onclick = action; place.append(made);
  };
  add("Phê duyệt", () => decide(true, ""));
  add("Từ chối", () => { const why = prompt("Lí do từ chối"); if (why) decide(false, why); });
}
async function decide(action, body) {
  const answer = await ask(action, body);
  say(answer.ok ? "Đã ghi quyết định." : (await answer.json()).ErrorDescription);
  load();
}
async function load() {
  const answer = await ask("cho-quyet-dinh");
  if (!answer.ok) { say("Mã cán bộ không đúng."); return; }
  const found = await answer.json();
  const recalls = by("thu_hoi").tBodies[0], certificates = by("chung_thu").tBodies[0];
  recalls.replaceChildren(); certificates.replaceChildren();
  for (const item of found.thu_hoi) {
    const row = recalls.insertRow();
    cell(row, `${item.name}\n${item.code}`); cell(row, `Trường ${item.school}, lần ${item.issue}, số ${item.number}`);
    cell(row, item.reason); cell(row, item.requested_by);
    buttons(row, (yes, why) => decide("duyet-thu-hoi",
      {messageid: item.message_id, ma_tra_cuu_uuid: item.code, duyet: yes, ly_do: why}));
  }
  for (const item of found.chung_thu) {
    const row = certificates.insertRow();
    cell(row, `Trường ${item.unit}`); cell(row, item.serial); cell(row, `${item.kind}, ${item.issuer}`);
    buttons(row, (yes, why) => decide("duyet-chung-thu", {messageid: item.message_id, duyet: yes, ly_do: why}));
  }
  if (!found.thu_hoi.length) cell(recalls.insertRow(), "Không có yêu cầu nào đang chờ.");
  if (!found.chung_thu.length) cell(certificates.insertRow(), "Không có chứng thư số nào đang chờ.");
}
by("open").onsubmit = (event) => { event.preventDefault(); say(""); load(); };
</script></html>
"""
