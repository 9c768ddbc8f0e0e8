// A notice as its recipient has it: opening it is the reading; a task is reported as done.
frappe.ui.form.on("HBS Notice Receipt", {
	refresh(frm) {
		frm.disable_form();
		const { name, kind, status, due_on } = frm.doc;
		if (status === "Taken Back") frm.dashboard.set_headline(__("The sender took this notice back; it no longer counts."));
		frappe.xcall("hocbaso_app.api.notices.opened", { name }).then(({ mine, first }) => {
			if (first) {
				frm.reload_doc();
				hocbaso.show_notices();
			} else if (mine) {
				hbs_receipt.offer_done(frm);
			}
		});
		if (frm.doc.attachment_name) {
			frm.add_custom_button(__("Open the attachment"), () =>
				window.open(`/api/method/hocbaso_app.api.notices.attachment?name=${encodeURIComponent(name)}`)
			);
		}
		if (kind !== "Task" || !["Unread", "Has Read"].includes(status)) return;
		const late = due_on && due_on < frappe.datetime.get_today();
		const day = frappe.datetime.str_to_user(due_on);
		frm.dashboard.set_headline_alert(
			late ? __("A task that was due on {0}: it is late.", [day]) : __("A task, due on {0}. Report it when it is done.", [day]),
			late ? "red" : "orange"
		);
	},
});

const hbs_receipt = {
	offer_done(frm) {
		const { name, kind, status } = frm.doc;
		if (kind !== "Task" || !["Unread", "Has Read"].includes(status)) return;
		frm.add_custom_button(__("Report as done"), () => {
			const remark = { fieldname: "remark", fieldtype: "Small Text", label: __("Remark for whoever gave the task") };
			frappe.prompt(
				[remark],
				(values) =>
					hocbaso.call("notices.done", { name, ...values }, () => {
						frm.reload_doc();
						hocbaso.show_notices();
					}),
				__("Report as done")
			);
		}).addClass("btn-primary");
	},
};
