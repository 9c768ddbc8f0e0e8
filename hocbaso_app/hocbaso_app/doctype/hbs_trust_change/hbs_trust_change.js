// One asks, another one decides; the server seals the list. Nothing here is a rule.
frappe.ui.form.on("HBS Trust Change", {
	refresh(frm) {
		const doc = frm.doc;
		if (frm.is_new()) {
			frm.set_intro(__("Compare the fingerprint with the paper yourself, then type it from the paper, not from the file."));
			frm.set_intro(__("Times may stay empty: an anchor counts from its first day, a withdrawn one until the list is published."));
			return;
		}
		frm.disable_save();
		for (const field of frm.meta.fields) frm.set_df_property(field.fieldname, "read_only", 1);
		if (doc.status !== "Proposed") return;
		if (doc.asked_by === frappe.session.user) {
			frm.set_intro(__("A second person decides: whoever asked can't agree to it."));
			return;
		}
		const done = () => frm.reload_doc();
		frm.add_custom_button(__("Agree and publish the list"), () =>
			frappe.confirm(
				__("The list of anchors is sealed with the authority's key and counts at once. Go on?"),
				() => hocbaso.call("trust.agree", { name: doc.name }, done)
			)
		).addClass("btn-primary");
		frm.add_custom_button(__("Refuse"), () =>
			frappe.prompt(
				[{ fieldname: "note", fieldtype: "Small Text", label: __("Why is it refused?"), reqd: 1 }],
				({ note }) => hocbaso.call("trust.refuse", { name: doc.name, note }, done),
				__("Refuse")
			)
		);
	},
});
