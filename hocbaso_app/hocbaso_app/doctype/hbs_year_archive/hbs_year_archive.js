// Made by a job, sent in parts, followed by itself.
frappe.ui.form.on("HBS Year Archive", {
	refresh(frm) {
		frm.disable_save();
		const doc = frm.doc;
		const sentences = {
			"Being Made": __("It is being made; this page shows it by itself."),
			Made: __("Made and sealed. Send it to the authority."),
			"Being Sent": __("On its way: {0} of {1} parts. What broke off goes on by itself.", [doc.sent_parts || 0, doc.parts]),
			Taken: __("The authority has taken it: every file as sealed, and exactly what it holds."),
			"Not Taken": __("The authority did not take it. Read why, then send again or make a new one."),
			Forwarded: __("The authority has forwarded it to the Ministry."),
			Confirmed: __("The Ministry has confirmed it."),
			Failed: __("It could not be made. Read why, then make a new one."),
		};
		frm.dashboard.set_headline(sentences[doc.status]);
		const own = ["HBS Principal", "HBS Clerk"].some((role) => frappe.user.has_role(role));
		if (own && ["Made", "Being Sent", "Not Taken"].includes(doc.status)) {
			const label = doc.status === "Made" ? __("Send to the authority") : __("Send again");
			frm.add_custom_button(label, () =>
				hocbaso.call("archives.send", { name: doc.name }, () => frm.reload_doc())
			).addClass("btn-primary");
		}
		if (doc.file) {
			frm.add_custom_button(__("Download"), () =>
				window.open(`/api/method/hocbaso_app.api.archives.download?name=${encodeURIComponent(doc.name)}`)
			);
		}
	},
});
