// Beside a released file: until when its evidence holds, when it was last verified in full, and both to take away.
hocbaso.long_term = {
	record(frm) {
		if (!hocbaso.prints.AFTER_RELEASE.includes(frm.doc.state)) return;
		hocbaso.long_term.show(frm, "of_record");
		hocbaso.long_term.buttons(frm, "package", "record_proof", "copy");
	},

	received(frm) {
		hocbaso.long_term.show(frm, "of_received");
		hocbaso.long_term.buttons(frm, "received_package", "received_proof", "received_copy");
	},

	show(frm, method) {
		frappe.xcall(`hocbaso_app.api.long_term.${method}`, { name: frm.doc.name }).then((said) => {
			const lines = [said.evidence, said.watch].filter(Boolean).map(frappe.utils.escape_html);
			if (lines.length) frm.dashboard.add_comment(lines.join("<br>"), said.right ? "blue" : "red", true);
		});
	},

	buttons(frm, file, proof, copy) {
		const open = (path) => window.open(`/api/method/hocbaso_app.api.${path}?name=${encodeURIComponent(frm.doc.name)}`);
		frm.add_custom_button(__("File and evidence"), () => open(`long_term.${file}`), __("Print"));
		frm.add_custom_button(__("Copy for other software (XAdES-LTA)"), () => open(`long_term.${copy}`), __("Print"));
		frm.add_custom_button(__("Proof under the daily root"), () => open(`roots.${proof}`), __("Print"));
	},
};
