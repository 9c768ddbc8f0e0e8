// One row per school; the queue itself is one click away.
frappe.query_reports["HBS Unsent Records"] = {
	filters: [],
	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		if (!data || !data[column.fieldname]) return shown;
		if (column.fieldname === "waiting" || column.fieldname === "attention") {
			const state = column.fieldname === "attention" ? "&state=Needs%20Attention" : "";
			return `<a href="/app/hbs-submission?unit=${encodeURIComponent(data.unit)}${state}">${shown}</a>`;
		}
		return column.fieldname === "overdue" ? `<b class="text-danger">${shown}</b>` : shown;
	},
};
