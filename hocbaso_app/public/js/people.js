// Frappe shows a link to a user as the `full_name` of the form it stands in; in ours that is the pupil.
(() => {
	const frappes_own = frappe.form.link_formatters["User"];
	frappe.form.link_formatters["User"] = (value, doc, docfield) =>
		value && doc && (doc.doctype || "").startsWith("HBS ")
			? frappe.user_info(value).fullname || value
			: frappes_own(value, doc, docfield);
})();
