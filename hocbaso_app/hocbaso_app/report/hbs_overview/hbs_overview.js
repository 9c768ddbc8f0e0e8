// A number opens the names behind it; late ones in red.
(() => {
	const plain = ["label", "percent"];
	const here = ["received", "received_late", "received_recalled", "waiting_recalls"];
	const settings = hocbaso.reception.report(
		[
			{
				fieldname: "depth",
				label: __("Down to"),
				fieldtype: "Select",
				default: "School",
				options: [
					{ value: "Office", label: __("Office") },
					{ value: "School", label: __("School") },
					{ value: "Class", label: __("Class") },
				],
			},
		],
		{
			more: {
				initial_depth: 3,
				formatter(value, row, column, data, default_formatter) {
					if (!data || plain.includes(column.fieldname)) return default_formatter(value, row, column, data);
					if (!value) return "<span class='text-muted'>–</span>";
					if (!data.named && !here.includes(column.fieldname)) return value;
					const place = { ...hocbaso.reception.place_of(data, column.fieldname), title: column.name };
					const link = hocbaso.reception.number(value, place);
					return column.fieldname === "late" ? link.replace("hbs-behind", "hbs-behind text-danger") : link;
				},
			},
		}
	);
	frappe.query_reports["HBS Overview"] = settings;
})();
