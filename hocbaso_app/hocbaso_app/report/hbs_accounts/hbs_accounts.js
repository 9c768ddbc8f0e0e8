frappe.query_reports["HBS Accounts"] = {
	filters: [{ fieldname: "unit", fieldtype: "Link", label: __("Unit"), options: "HBS Unit" }],
	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		return data && data.mark && column.fieldname === "mark" ? `<span class="text-danger">${shown}</span>` : shown;
	},
};
