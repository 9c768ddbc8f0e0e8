// A number opens the records with their receipts.
frappe.query_reports["HBS Reception Report"] = hocbaso.reception.report(
	[
		{ fieldname: "from_date", label: __("Received from"), fieldtype: "Date" },
		{ fieldname: "to_date", label: __("Received until"), fieldtype: "Date" },
	],
	{
		more: {
			formatter(value, row, column, data, default_formatter) {
				const counted = data && ["receipts", "in_force", "late", "recalled", "replacing"].includes(column.fieldname);
				if (!counted || !value) return default_formatter(value, row, column, data);
				const filter = (name) => frappe.query_report.get_filter_value(name) || null;
				const place = {
					method: "names_of_receipts",
					column: column.fieldname,
					academic_year: filter("academic_year"),
					unit: data.unit || filter("unit"),
					above: data.above || null,
					from_date: filter("from_date"),
					to_date: filter("to_date"),
					label: data.school,
					title: column.name,
				};
				return hocbaso.reception.number(value, place);
			},
		},
	}
);
