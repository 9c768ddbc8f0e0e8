// A number opens the records behind it.
(() => {
	const VALUES = {
		Subjects: ["T", "H", "C", "M"],
		Qualities: ["T", "Đ", "C"],
		Results: ["Hoàn thành xuất sắc", "Hoàn thành tốt", "Hoàn thành", "Chưa hoàn thành"],
		Promotion: ["Yes", "No"],
		Rewards: ["Yes", "No"],
	};
	const select = (fieldname, label, options, extra = {}) => ({ fieldname, label, fieldtype: "Select", options, ...extra });
	const words = (pairs) => pairs.map(([value, label]) => ({ value, label }));
	const number = (value, column, data) => {
		const place = {
			method: "names_of_statistic",
			kind: data.kind,
			by: data.by,
			academic_year: data.academic_year,
			source: data.source,
			group: data.group,
			item: data.item,
			value: column.fieldname === "missing" ? "" : VALUES[data.kind][Number(column.fieldname.slice(6))],
			unit: frappe.query_report.get_filter_value("unit"),
			grade: frappe.query_report.get_filter_value("grade"),
			label: [data.group_label, data.item_label].filter(Boolean).join(" · "),
			title: column.name,
		};
		const share = data.pupils ? Math.round((1000 * value) / data.pupils) / 10 : 0;
		const shown = hocbaso.reception.number(value, place);
		return `<div class="text-right">${shown} <span class="text-muted small">${format_number(share, null, 1)}%</span></div>`;
	};
	frappe.query_reports["HBS Statistics"] = hocbaso.reception.report(
		[
			select("kind", __("What is counted"), words([
				["Subjects", __("Levels by subject")],
				["Qualities", __("Competencies and qualities")],
				["Results", __("Overall results")],
				["Promotion", __("Promotion")],
				["Rewards", __("Rewards")],
			]), { default: "Subjects" }),
			select("by", __("By"), words([
				["School", __("School")],
				["Office", __("Office")],
				["Grade", __("Grade")],
				["Class", __("Class")],
				["Gender", __("Gender")],
				["Ethnic group", __("Ethnic group")],
			]), { default: "School" }),
			select("grade", __("Grade"), ["", "01", "02", "03", "04", "05"]),
			select("source", __("Counted from"), words([
				["", ""],
				["Received records", __("Received records")],
				["Records of this site", __("Records of this site")],
			])),
			{ fieldname: "hide_small", label: __("Hide small groups"), fieldtype: "Check" },
		],
		{
			more: {
				formatter(value, row, column, data, default_formatter) {
					const counted = data && (column.fieldname.startsWith("value_") || column.fieldname === "missing");
					if (!counted) return default_formatter(value, row, column, data);
					if (!value) return "<div class='text-right text-muted'>–</div>";
					return typeof value === "number" && !data.hidden ? number(value, column, data) : `<div class="text-right">${value}</div>`;
				},
			},
		}
	);
})();
