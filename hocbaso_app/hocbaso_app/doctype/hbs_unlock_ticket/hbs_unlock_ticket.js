// Asked for by who needs it, granted by who closed it; what was changed meanwhile stands below.
frappe.ui.form.on("HBS Unlock Ticket", {
	setup(frm) {
		frm.set_query("record", "records", () => ({ filters: { student_group: frm.doc.student_group || "" } }));
	},

	refresh(frm) {
		const doc = frm.doc;
		if (frm.is_new()) {
			frm.set_intro(__("Ask for as little as you need: these pupils, this part, these hours. It is closed again by itself."));
			return;
		}
		frm.disable_save();
		for (const field of frm.meta.fields) frm.set_df_property(field.fieldname, "read_only", 1);
		if (doc.status === "Requested") hocbaso_ticket.decide(frm);
		if (doc.status === "Granted") {
			const until = frappe.datetime.str_to_user(doc.closes_at);
			frm.dashboard.set_headline(__("Open until {0}; then it is closed by itself.", [until]));
			frm.add_custom_button(__("Close now"), () =>
				hocbaso.call("locks.close_ticket", { name: doc.name }, () => frm.reload_doc())
			);
			frm.add_custom_button(__("What was changed so far"), () => hocbaso_ticket.changes(doc.name));
		}
	},
});

const hocbaso_ticket = {
	decide(frm) {
		const name = frm.doc.name;
		const done = () => frm.reload_doc();
		if (["HBS Principal", "HBS Office Officer", "HBS Department Officer"].some((role) => frappe.user.has_role(role))) {
			frm.add_custom_button(__("Grant"), () =>
				frappe.prompt(
					[
						{ fieldname: "hours", fieldtype: "Int", label: __("Hours"), default: frm.doc.hours, reqd: 1 },
						{ fieldname: "note", fieldtype: "Small Text", label: __("Note on the decision") },
					],
					(values) => hocbaso.call("locks.grant_ticket", { name, ...values }, done),
					__("Open now, for these hours")
				)
			).addClass("btn-primary");
			frm.add_custom_button(__("Refuse"), () =>
				hocbaso.locks.with_reason(__("Refuse"), __("Why is it refused?"), (note) =>
					hocbaso.call("locks.refuse_ticket", { name, note }, done)
				)
			);
		}
		if (frm.doc.asked_by === frappe.session.user) {
			frm.add_custom_button(__("Take back"), () => hocbaso.call("locks.take_ticket_back", { name }, done));
		}
	},

	changes(name) {
		frappe.xcall("hocbaso_app.api.locks.ticket_changes", { name }).then((rows) => {
			const text = (value) => frappe.utils.escape_html(String(value || ""));
			const body = rows.map(
				(row) =>
					`<tr><td class="text-nowrap">${frappe.datetime.str_to_user(row.at)}</td><td>${text(row.actor)}</td>` +
					`<td>${text(row.full_name)}</td><td>${text(row.what)}</td></tr>`
			);
			frappe.msgprint({
				title: __("What was changed so far"),
				message: rows.length ? `<table class="table">${body.join("")}</table>` : __("Nothing was changed."),
				wide: true,
			});
		});
	},
};
