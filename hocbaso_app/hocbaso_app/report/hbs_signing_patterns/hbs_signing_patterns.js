// Facts first; the principal answers from here.
frappe.query_reports["HBS Signing Patterns"] = {
	filters: [],
	get_datatable_options: (options) => Object.assign(options, { cellHeight: 116 }),
	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		if (data && ["sentence", "comment"].includes(column.fieldname)) {
			return `<div style="white-space: normal; line-height: 1.35">${shown}</div>`;
		}
		if (!data || column.fieldname !== "weight") return shown;
		const colour = data.weight >= 70 ? "red" : data.weight >= 40 ? "orange" : "gray";
		return `<span class="indicator-pill ${colour}">${data.weight}</span>`;
	},
};
