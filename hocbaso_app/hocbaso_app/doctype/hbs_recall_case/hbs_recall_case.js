// An officer's page of one recall: claim and file, evidence, the record's issues, who holds the old one. The server decides.
frappe.ui.form.on("HBS Recall Case", {
	refresh(frm) {
		frm.disable_form();
		frm.dashboard.clear_headline();
		hocbaso.recalls.headline(frm);
		frappe.xcall("hocbaso_app.api.recalls.view", { name: frm.doc.name }).then((found) => {
			frm.get_field("review").$wrapper.html(hocbaso.recalls.page(frm.doc, found));
			frm.clear_custom_buttons();
			if (found.may_decide) hocbaso.recalls.buttons(frm, found);
			else if (found.obstacle) frm.set_intro(frappe.utils.escape_html(found.obstacle), "orange");
		});
	},
});
