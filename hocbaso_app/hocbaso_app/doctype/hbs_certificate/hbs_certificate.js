// The administrator decides with every question answered before him.
frappe.ui.form.on("HBS Certificate", {
	refresh(frm) {
		if (frm.is_new()) return;
		const step = (method, args) =>
			frappe.xcall(`hocbaso_app.api.enrolment.${method}`, { certificate: frm.doc.name, ...args }).then(() => frm.reload_doc());
		frappe.call({
			method: "hocbaso_app.api.enrolment.questions",
			args: { certificate: frm.doc.name },
			type: "GET",
			callback({ message }) {
				const box = $("<div>").append(hocbaso.show_checks(message));
				frm.dashboard.clear_headline();
				frm.dashboard.add_section(box.html(), __("Checked just now"));
				frm.dashboard.show();
			},
		});
		if (!frm.perm[0] || !frm.perm[0].write) return;
		if (frm.doc.status === "Pending") {
			frm.add_custom_button(__("Approve"), () => step("approve")).addClass("btn-primary");
			const field = { fieldname: "reason", fieldtype: "Small Text", label: __("Why it is refused"), reqd: 1 };
			frm.add_custom_button(__("Do not approve"), () =>
				frappe.prompt([field], ({ reason }) => step("refuse", { reason }), __("Do not approve"))
			);
		}
		if (frm.doc.status === "Approved") {
			frm.add_custom_button(__("Withdraw"), () =>
				frappe.confirm(__("Withdraw this certificate? What it signed stays valid; nothing more is signed with it."), () =>
					step("withdraw")
				)
			);
		}
	},
});
