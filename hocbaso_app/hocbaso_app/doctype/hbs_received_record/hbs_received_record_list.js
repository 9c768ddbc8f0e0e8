// In force, late, recalled.
frappe.listview_settings["HBS Received Record"] = {
	add_fields: ["status", "late"],
	hide_name_column: true,
	onload(list) {
		list.page.add_inner_button(__("Link to a class book"), () => hocbaso.class_book_links());
	},
	get_indicator(doc) {
		if (doc.status === "Recalled") return [__("Recalled"), "red", "status,=,Recalled"];
		return doc.late ? [__("In force, came late"), "orange", "late,=,1"] : [__("In force"), "green", "status,=,Active"];
	},
};

// The class's summary book: a link for everybody that names no pupil, and one for somebody entitled that ends by itself.
hocbaso.class_book_links = () => {
	const fields = [
		{ fieldname: "unit", fieldtype: "Link", options: "HBS Unit", label: __("School"), reqd: 1 },
		{ fieldname: "school_year", fieldtype: "Data", label: __("School year"), reqd: 1 },
		{ fieldname: "class_name", fieldtype: "Data", label: __("Class"), reqd: 1 },
		{ fieldname: "holder", fieldtype: "Data", label: __("For whom"), reqd: 1, description: __("Name and office of who may see the pupils.") },
		{ fieldname: "days", fieldtype: "Int", label: __("Days"), default: 30, reqd: 1 },
	];
	frappe.prompt(
		fields,
		(values) =>
			hocbaso.call("public.class_book_links", values, (found) => {
				const field = (value) =>
					`<input class="form-control" readonly onclick="this.select()" value="${frappe.utils.escape_html(value)}">`;
				frappe.msgprint({
					title: __("Link to a class book"),
					message:
						`<p>${__("For everybody; it names no pupil:")}</p>${field(found.public)}` +
						`<p class="mt-3">${__("For {0} only; each opening is kept:", [frappe.utils.escape_html(values.holder)])}</p>` +
						field(found.private),
				});
			}),
		__("Link to a class book")
	);
};
