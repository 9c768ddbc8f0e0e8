// What is known is filled in: one's own school, today, the year of the class; pupils are chosen from the class.
frappe.ui.form.on("HBS Summary Confirmation", {
	setup(frm) {
		frm.set_query("student", "unconfirmed", () => ({
			query: "hocbaso_app.api.education.pupils",
			filters: { student_group: frm.doc.student_group || "" },
		}));
	},

	onload(frm) {
		if (!frm.is_new()) return;
		if (!frm.doc.confirmed_on) frm.set_value("confirmed_on", frappe.datetime.get_today());
		frappe.xcall("hocbaso_app.api.education.my_units_and_years").then(({ units }) => {
			if (units.length === 1 && !frm.doc.unit) frm.set_value("unit", units[0].name);
		});
	},

	student_group(frm) {
		frappe.xcall("hocbaso_app.api.education.my_classes").then((classes) => {
			const own = classes.find((row) => row.student_group === frm.doc.student_group);
			if (own) frm.set_value("academic_year", own.academic_year);
		});
	},
});
