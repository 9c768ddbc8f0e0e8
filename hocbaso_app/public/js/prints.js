// Printing from form and list: PDFs open in a tab, a class is printed in the background. The server decides who may.
hocbaso.prints = {
	KINDS: [
		"For information",
		"With the original",
		"Confirmed by the principal",
		"With the original, confirmed by the principal",
	],
	AFTER_RELEASE: ["Released", "Submitted", "Accepted", "Rejected", "Recall Requested", "Recalled"],

	open(method, args) {
		const query = new URLSearchParams(args).toString();
		window.open(`/api/method/hocbaso_app.api.prints.${method}?${query}`, "_blank");
	},

	kind_field(kinds) {
		const options = kinds.map((value) => ({ value, label: __(value) }));
		return { fieldname: "kind", fieldtype: "Select", label: __("Kind of print"), options, default: kinds[0], reqd: 1 };
	},

	form(frm) {
		const group = __("Print");
		const name = frm.doc.name;
		const released = hocbaso.prints.AFTER_RELEASE.includes(frm.doc.state);
		frm.add_custom_button(__("PDF for information"), () => hocbaso.prints.open("record_pdf", { name }), group);
		if (!released) return;
		frm.add_custom_button(
			__("PDF with the original"),
			() => hocbaso.prints.open("record_pdf", { name, kind: "With the original" }),
			group
		);
		frm.add_custom_button(__("Ask the principal to confirm a print"), () => hocbaso.prints.ask(name), group);
		frm.add_custom_button(__("Original file (XML)"), () => hocbaso.prints.original(frm), group);
		frm.add_custom_button(__("Hand-over package"), () => hocbaso.prints.package(name), group);
	},

	ask(name) {
		const fields = [
			hocbaso.prints.kind_field(hocbaso.prints.KINDS.slice(2)),
			{ fieldname: "purpose", fieldtype: "Small Text", label: __("Purpose"), reqd: 1 },
			{ fieldname: "receiver", fieldtype: "Data", label: __("Receiver") },
		];
		frappe.prompt(
			fields,
			(values) =>
				hocbaso.call("prints.ask_confirmation", { name, ...values }, (line) =>
					frappe.set_route("Form", "HBS Print", line)
				),
			__("Ask the principal to confirm a print")
		);
	},

	original(frm) {
		frappe.db.get_value("HBS Record Version", frm.doc.current_version, ["sha256", "size"]).then(({ message }) =>
			frappe.msgprint({
				title: __("Original file (XML)"),
				message:
					`<p>${__("This file is the digital record. Its SHA-256 is the same wherever it is kept:")}</p>` +
					`<p><code style="overflow-wrap: anywhere">${message.sha256}</code></p>`,
				primary_action: {
					label: __("Download"),
					action: () => hocbaso.prints.open("original", { name: frm.doc.name }),
				},
			})
		);
	},

	package(name) {
		frappe.prompt(
			{ fieldname: "purpose", fieldtype: "Data", label: __("Purpose"), description: __("Kept in the access log.") },
			(values) => hocbaso.prints.open("package", { name, ...values }),
			__("Hand-over package")
		);
	},

	list(list) {
		list.page.add_inner_button(__("Print class"), () => hocbaso.prints.print_class());
	},

	print_class() {
		hocbaso.choose_class(__("Print class"), [hocbaso.prints.kind_field(hocbaso.prints.KINDS)], (values) =>
			hocbaso.call("prints.print_class", values, (run) => frappe.set_route("Form", "HBS Print Run", run))
		);
	},
};
