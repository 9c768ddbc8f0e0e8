// A school's score opens its faults; they can be counted anew at once.
frappe.query_reports["HBS Data Quality"] = hocbaso.reception.report([], {
	buttons: [
		[
			__("Check again now"),
			(report) => {
				const unit = report.get_filter_value("unit");
				if (!unit) return frappe.msgprint(__("Choose the school first."));
				const args = { unit, academic_year: report.get_filter_value("academic_year") };
				return hocbaso.call("reception.count_quality", args, (says) => {
					frappe.show_alert(says, 8);
					report.refresh();
				});
			},
		],
	],
	more: {
		formatter(value, row, column, data, default_formatter) {
			const shown = default_formatter(value, row, column, data);
			if (!data || column.fieldname !== "score" || value === null || value === undefined) return shown;
			const colour = value >= 98 ? "success" : value >= 90 ? "warning" : "danger";
			const query = new URLSearchParams({ unit: data.unit, academic_year: frappe.query_report.get_filter_value("academic_year") });
			return `<a class="text-${colour}" style="text-decoration: underline" href="/app/query-report/HBS Data Quality?${query}">${value}</a>`;
		},
	},
});
