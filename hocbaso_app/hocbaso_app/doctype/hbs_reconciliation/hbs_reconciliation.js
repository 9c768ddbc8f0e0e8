// One comparison: its outcome in a sentence, what can be brought back, and the way to each record.
frappe.ui.form.on("HBS Reconciliation", {
	refresh(frm) {
		const doc = frm.doc;
		const said = {
			Equal: [__("Every record that should be at the authority is there, and nothing else."), "green"],
			"Under Way": [__("Both sides agree; the school still has {0} records to finish or to send.", [doc.differences]), "blue"],
			Different: [__("{0} records differ. Each has its next step below.", [doc.differences]), "red"],
			Impossible: [__("There was no comparison: {0}", [doc.reason || ""]), "orange"],
		};
		const [text, colour] = said[doc.status];
		frm.set_intro("");
		frm.set_intro(frappe.utils.escape_html(text), colour);
		hocbaso.reconciliation.buttons(frm);
		const cells = frm.fields_dict.rows.$wrapper.find(".grid-body .grid-static-col");
		cells.css({ height: "auto", "max-height": "none" }).find(".static-area").removeClass("ellipsis").css("white-space", "normal");
	},
});
