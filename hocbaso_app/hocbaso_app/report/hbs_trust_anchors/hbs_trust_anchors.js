// Read here; a change is asked for on its own form.
frappe.query_reports["HBS Trust Anchors"] = {
	filters: [],
	get_datatable_options: (options) => Object.assign(options, { cellHeight: 76 }),
	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		if (!data || !["anchor_name", "purposes", "reason", "people", "source"].includes(column.fieldname)) return shown;
		return `<div style="white-space: normal; line-height: 1.35">${shown}</div>`;
	},
	onload(report) {
		if (frappe.model.can_create("HBS Trust Change")) {
			report.page.add_inner_button(__("Ask for a change"), () => frappe.new_doc("HBS Trust Change"));
		}
	},
};
