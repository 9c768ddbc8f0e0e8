// Chosen schools get a task with what is late; once a day.
(() => {
	const remind = (report) => {
		const picked = report.datatable ? report.datatable.rowmanager.getCheckedRows() : [];
		const units = [...new Set(picked.map((index) => report.data[index]).filter(Boolean).map((row) => row.unit))];
		if (!units.length) return frappe.msgprint(__("Tick the schools to be reminded first."));
		const note = { fieldname: "note", fieldtype: "Small Text", label: __("A word to the schools (optional)") };
		const year = report.get_filter_value("academic_year");
		return frappe.prompt(
			[note],
			(values) =>
				hocbaso.call("reception.remind", { units, academic_year: year, note: values.note || "" }, (answer) => {
					const lines = [__("{0} schools were reminded.", [answer.reminded.length])];
					if (answer.today_already.length) lines.push(__("{0} had a reminder today already.", [answer.today_already.length]));
					if (answer.nothing_late.length) lines.push(__("{0} have nothing late any more.", [answer.nothing_late.length]));
					frappe.msgprint(lines.join("<br>"));
					report.refresh();
				}),
			__("Remind {0} schools", [units.length])
		);
	};
	const officer = ["HBS Office Officer", "HBS Department Officer"].some((role) => frappe.user.has_role(role));
	frappe.query_reports["HBS Late Schools"] = hocbaso.reception.report([], {
		buttons: officer ? [[__("Remind"), remind]] : [],
		more: {
			get_datatable_options: (options) => ({ ...options, checkboxColumn: true }),
			formatter(value, row, column, data, default_formatter) {
				const open = data && value && (column.fieldname === "received_late" || (column.fieldname === "records" && data.named));
				if (open) {
					const late = column.fieldname === "records";
					const place = {
						column: late ? "late" : "received_late",
						academic_year: frappe.query_report.get_filter_value("academic_year"),
						unit: data.unit,
						stage: late ? data.stage : null,
						label: data.school,
						title: late ? data.stage_label : column.name,
					};
					return hocbaso.reception.number(value, place);
				}
				const shown = default_formatter(value, row, column, data);
				return data && data.days > 7 && column.fieldname === "days" ? `<span class="text-danger">${shown}</span>` : shown;
			},
		},
	});
})();
