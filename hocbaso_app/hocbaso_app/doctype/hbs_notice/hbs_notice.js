// A notice: written, sent, then a table of who has read it. The server decides who may send and to whom.
frappe.ui.form.on("HBS Notice", {
	setup(frm) {
		frm.set_query("unit", () => ({ filters: { name: ["in", frm.hbs_own_units || []] } }));
		frm.set_query("unit", "units", () => ({ filters: { name: ["!=", frm.doc.unit] } }));
		frm.set_query("staff", "people", () => ({ filters: { unit: frm.doc.unit } }));
	},

	onload(frm) {
		frappe.xcall("hocbaso_app.api.notices.own_units", {}, "GET").then((units) => {
			frm.hbs_own_units = units;
			if (frm.is_new() && units.length && !frm.doc.unit) frm.set_value("unit", units[0]);
			if (frm.is_new() && frappe.user.has_role("HBS Principal")) frm.set_value("audience", "People of my unit");
		});
	},

	refresh(frm) {
		const { status } = frm.doc;
		if (status !== "Draft") frm.disable_form();
		frm.toggle_display("status", !frm.is_new());
		if (frm.is_new()) return;
		const sends = ["HBS Principal", "HBS Office Officer", "HBS Department Officer"].some((role) => frappe.user.has_role(role));
		if (status === "Draft") {
			frm.dashboard.set_headline(
				sends
					? __("A draft: nobody sees it before you press “Send”.")
					: __("A draft: the head of the unit sends it.")
			);
			if (sends) frm.add_custom_button(__("Send"), () => hbs_notice.send(frm)).addClass("btn-primary");
			return;
		}
		hbs_notice.show_receipts(frm);
		if (status !== "Sent" || !sends) return;
		frm.add_custom_button(__("Remind"), () => hbs_notice.remind(frm));
		frm.add_custom_button(__("Take back"), () => hbs_notice.take_back(frm));
	},
});

const hbs_notice = {
	send(frm) {
		if (frm.is_dirty()) {
			frappe.msgprint(__("Save first."));
			return;
		}
		frappe.confirm(__("Send “{0}”? After that it is not changed any more.", [frappe.utils.escape_html(frm.doc.title)]), () =>
			hocbaso.call("notices.send", { name: frm.doc.name }, (count) => {
				frappe.show_alert({ message: __("Sent to {0} recipients", [count]), indicator: "green" });
				frm.reload_doc();
			})
		);
	},

	remind(frm) {
		hocbaso.call("notices.remind", { name: frm.doc.name }, (count) => {
			const message = count ? __("{0} recipients were reminded", [count]) : __("Nobody is behind with it.");
			frappe.show_alert({ message, indicator: count ? "blue" : "green" });
			frm.reload_doc();
		});
	},

	take_back(frm) {
		const reason = { fieldname: "reason", fieldtype: "Small Text", label: __("Why it was taken back"), reqd: 1 };
		frappe.prompt(
			[reason],
			(values) => hocbaso.call("notices.take_back", { name: frm.doc.name, ...values }, () => frm.reload_doc()),
			__("Take back")
		);
	},

	// Those who have not read it stand first; a task's giver says here that he has seen it done.
	show_receipts(frm) {
		frappe.xcall("hocbaso_app.api.notices.receipts", { name: frm.doc.name }, "GET").then((rows) => {
			const text = (value) => frappe.utils.escape_html(String(value || ""));
			const when = (value) => (value ? frappe.datetime.str_to_user(value).slice(0, 16) : "");
			const colours = { Unread: "red", "Has Read": "blue", Done: "orange", Seen: "green", "Taken Back": "gray" };
			const count = (...states) => rows.filter((row) => states.includes(row.status)).length;
			const task = frm.doc.kind === "Task";
			const said = [
				`${__("Unread")}: ${count("Unread")}`,
				`${__("Have read it")}: ${rows.filter((row) => row.read_at).length}/${rows.length}`,
				...(task ? [`${__("Done")}: ${count("Done", "Seen")}/${rows.length}`] : []),
			];
			const heads = [__("Status"), __("Addressed to"), __("First read by"), ...(task ? [__("Done by"), __("What was reported"), ""] : []), __("Reminders")];
			const who = (name, at) => (at ? `${text(name)}<br><small class="text-muted">${when(at)}</small>` : "–");
			const late = (row) => task && row.due_on < frappe.datetime.get_today() && ["Unread", "Has Read"].includes(row.status);
			const seen = (row) => {
				if (row.status === "Seen") return `${__("Seen by the giver")}<br><small class="text-muted">${when(row.seen_at)}</small>`;
				if (row.status !== "Done") return "";
				return `<button class="btn btn-xs btn-default" data-seen="${text(row.name)}">${__("I have seen it")}</button>`;
			};
			const line = (row) => `<tr>
				<td style="white-space: nowrap"><span class="indicator-pill ${colours[row.status]}">${__(row.status)}</span>
					${late(row) ? `<span class="indicator-pill red">${__("Late")}</span>` : ""}</td>
				<td><a href="/app/hbs-notice-receipt/${text(row.name)}">${text(row.full_name || row.unit_name || row.unit)}</a></td>
				<td>${who(row.read_by, row.read_at)}</td>
				${task ? `<td>${who(row.done_by, row.done_at)}</td><td>${text(row.remark)}</td><td style="white-space: nowrap">${seen(row)}</td>` : ""}
				<td>${row.reminders ? `${row.reminders} · ${when(row.reminded_at)}` : ""}</td></tr>`;
			const wrapper = frm.fields_dict.receipts.$wrapper.html(
				`<p><b>${said.map(text).join(" · ")}</b></p><div style="max-height: 60vh; overflow: auto">
				<table class="table table-bordered table-sm"><thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead>
				<tbody>${rows.map(line).join("")}</tbody></table></div>`
			);
			wrapper.find("[data-seen]").on("click", (event) =>
				hocbaso.call("notices.seen", { names: [event.currentTarget.dataset.seen] }, () => frm.reload_doc())
			);
		});
	},
};
