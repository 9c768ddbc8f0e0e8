// How far the class is; the result when it is done; once more when it ended badly.
frappe.ui.form.on("HBS Print Run", {
	refresh(frm) {
		frm.disable_save();
		const doc = frm.doc;
		const silent = frappe.datetime.get_minute_diff(frappe.datetime.now_datetime(), doc.heartbeat) > 5;
		const at_work = ["Waiting to print", "Printing"].includes(doc.status) && !silent;
		if (at_work) {
			const worked = doc.done + doc.not_printed;
			const text = __("{0} of {1} records", [worked, doc.total]);
			frm.dashboard.add_progress(__("Printed"), (100 * worked) / (doc.total || 1), text);
			clearTimeout(frm.hbs_timer);
			frm.hbs_timer = setTimeout(() => frappe.get_route()[2] === frm.doc.name && frm.reload_doc(), 3000);
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
