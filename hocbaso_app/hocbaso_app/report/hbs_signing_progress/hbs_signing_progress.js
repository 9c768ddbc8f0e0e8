// A number opens the list of the records behind it.
frappe.query_reports["HBS Signing Progress"] = hocbaso.report([], {
	formatter(value, row, column, data, default_formatter) {
		if (column.fieldname === "student_group" || !data) return default_formatter(value, row, column, data);
		if (column.fieldname === "complete")
			return `<span class="text-${data.complete < data.pupils ? "danger" : "success"}">${data.complete}/${data.pupils}</span>`;
		const list = hocbaso.progress_link(column.fieldname, data.student_group);
		return value ? `<a href="${list}" style="text-decoration: underline">${value}</a>` : "<span class='text-muted'>–</span>";
	},
});
