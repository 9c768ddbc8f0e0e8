// A recall list: what is wrong in which record, the evidence, and the city's decision. The server decides.
frappe.ui.form.on("HBS Recall Request", {
	setup(frm) {
		frm.set_query("record", "items", () => ({ filters: { state: "Accepted" } }));
	},

	refresh(frm) {
		const draft = frm.doc.status === "Draft";
		frm.dashboard.clear_headline();
		const sentences = {
			Draft: __("Say the fault of each record, attach the evidence, then send the list."),
			"To Send": __("It is being sent; the records can't be edited until the decision."),
			Sent: __("The city database has it; waiting for the decision about each record."),
			Answered: __("Decided. Approved records are drafts of a new version now."),
			"Not Taken": __("The city database did not take the list; the records are as they were."),
		};
		frm.dashboard.set_headline(sentences[frm.doc.status]);
		frm.set_df_property("items", "cannot_add_rows", !draft);
		frm.set_df_property("items", "cannot_delete_rows", !draft);
		if (!draft) frm.disable_form();
		if (frm.is_new() || !frappe.user.has_role("HBS Principal")) return;
		if (draft) {
			frm.add_custom_button(__("Send recall request"), () => hocbaso_recall.send(frm)).addClass("btn-primary");
		}
		if (["To Send", "Sent"].includes(frm.doc.status)) {
			frm.add_custom_button(__("Ask for the decision"), () =>
				hocbaso.call("exchange.ask_recall", { name: frm.doc.name }, () =>
					frappe.show_alert(__("The city database is asked; this page shows the answer by itself."))
				)
			);
		}
	},
});

const hocbaso_recall = {
	// Who must sign again is said before the list leaves.
	send(frm) {
		if (frm.is_dirty()) {
			frappe.msgprint(__("Save first."));
			return;
		}
		const text = (value) => frappe.utils.escape_html(value || "");
		const rows = frm.doc.items.map(
			(item) =>
				`<tr><td>${text(item.full_name)}</td><td>${text(item.fault)}</td>` +
				`<td>${text(item.must_sign).replace(/\n/g, "<br>")}</td></tr>`
		);
		const head = `<tr><th>${__("Pupil")}</th><th>${__("Fault")}</th><th>${__("Who must sign again")}</th></tr>`;
		const dialog = new frappe.ui.Dialog({
			title: __("Send recall request"),
			size: "large",
			fields: [{ fieldname: "body", fieldtype: "HTML" }],
			primary_action_label: __("Send"),
			primary_action() {
				dialog.hide();
				hocbaso.call("exchange.send_recall", { name: frm.doc.name }, () => frm.reload_doc());
			},
		});
		dialog.fields_dict.body.$wrapper.html(
			`<p>${__("Until the decision these records can't be edited. After approval the corrected part is signed again by:")}</p>` +
				`<table class="table table-bordered">${head}${rows.join("")}</table>`
		);
		dialog.show();
	},
};
