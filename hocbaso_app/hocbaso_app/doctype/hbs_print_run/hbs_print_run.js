// How far the class is; the result when it is done; once more when it ended badly.
frappe.ui.form.on("HBS Print Run", {
	refresh(frm) {
		frm.disable_save();
		const doc = frm.doc;
		const silent = frappe.datetime.get_minute_diff(frappe.datetime.now_datetime(), doc.heartbeat) > 5;
		const at_work = ["Waiting to print", "Printing"].includes(doc.status) && !silent;
		if (at_work) {
			frm.dashboard.add_progress(__("Printed"), (100 * (doc.done + doc.not_printed)) / (doc.total || 1));
			clearTimeout(frm.hbs_timer);
			frm.hbs_timer = setTimeout(() => cur_frm === frm && frm.reload_doc(), 3000);
		} else if (doc.requested_by === frappe.session.user && doc.status !== "Done") {
			frm.add_custom_button(__("Start again"), () =>
				hocbaso.call("prints.print_class_again", { name: doc.name }, () => frm.reload_doc())
			);
		}
		for (const [field, label] of [
			["pdf_file", __("PDF for the printer")],
			["zip_file", __("Hand-over files (zip)")],
		]) {
			if (doc[field]) frm.add_custom_button(label, () => window.open(doc[field], "_blank")).addClass("btn-primary");
		}
	},
});
