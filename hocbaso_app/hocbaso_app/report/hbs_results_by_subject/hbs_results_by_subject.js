frappe.query_reports["HBS Results by Subject"] = hocbaso.report([], {
	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		return column.fieldname === "missing" && data && data.missing ? `<b class="text-danger">${data.missing}</b>` : text;
	},
});
