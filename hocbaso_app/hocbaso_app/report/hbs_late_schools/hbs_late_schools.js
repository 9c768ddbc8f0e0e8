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
				if (data && value && ["records", "received_late"].includes(column.fieldname)) {
					const year = frappe.query_report.get_filter_value("academic_year");
					const name = column.fieldname === "records" ? "late" : "received_late";
					const place = { column: name, academic_year: year, unit: data.unit, label: data.school, title: column.name };
					return hocbaso.reception.number(value, place);
				}
				const shown = default_formatter(value, row, column, data);
				return data && data.days > 7 && column.fieldname === "days" ? `<span class="text-danger">${shown}</span>` : shown;
			},
		},
	});
})();
