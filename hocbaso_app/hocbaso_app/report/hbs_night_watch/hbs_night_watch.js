// A number of broken or undecided files leads to them.
frappe.query_reports["HBS Night Watch"] = {
	formatter(value, row, column, data, default_formatter) {
		const verdicts = { broken: "Broken", trust_missing: "Trust data missing" };
		const shown = default_formatter(value, row, column, data);
		const verdict = verdicts[column.fieldname];
		if (!verdict || !value || !data || !data.unit) return shown;
		const query = `unit=${encodeURIComponent(data.unit)}&verdict=${encodeURIComponent(verdict)}`;
		return `<a href="/app/hbs-file-check?${query}">${shown}</a>`;
	},
};
