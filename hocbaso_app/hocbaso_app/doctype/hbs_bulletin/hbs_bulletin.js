// A bulletin of the authority; its seal can be judged again at any time.
frappe.ui.form.on("HBS Bulletin", {
	refresh(frm) {
		frm.disable_form();
		frm.add_custom_button(__("Check the seal"), () =>
			frappe.xcall("hocbaso_app.api.channel.check_bulletin", { name: frm.doc.name }, "GET").then((found) => {
				const body = frappe.utils.escape_html(JSON.stringify(found, null, 1));
				frappe.msgprint({
					title: __("Seal is right: {0}", [found.issuer.name]),
					message: `<pre style="max-height: 60vh; overflow: auto">${body}</pre>`,
					indicator: "green",
					wide: true,
				});
			})
		);
	},
});
