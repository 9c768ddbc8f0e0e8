// Comparing with the authority and bringing back what was lost. The work is a job; the page hears of its end.
hocbaso.reconciliation = {
	may: () => ["HBS Principal", "HBS Clerk"].some((role) => frappe.user.has_role(role)),

	buttons(frm) {
		if (!hocbaso.reconciliation.may()) return;
		const { unit, school_year } = frm.doc;
		frm.add_custom_button(__("Compare now"), () => hocbaso.reconciliation.start("compare", { unit, school_year }));
		if (frm.doc.status === "Different") {
			frm.add_custom_button(__("Recover"), () => hocbaso.reconciliation.recover({ unit, school_year })).addClass("btn-primary");
		}
	},

	list(list) {
		if (!hocbaso.reconciliation.may()) return;
		list.page.add_inner_button(__("Compare now"), () => hocbaso.reconciliation.choose());
	},

	choose() {
		frappe.xcall("hocbaso_app.api.reconciliation.years").then((rows) => {
			if (!rows.length) {
				frappe.msgprint(__("The school has no account at the city database yet. The administrator enters it."));
				return;
			}
			if (rows.length === 1) {
				hocbaso.reconciliation.start("compare", rows[0]);
				return;
			}
			const options = rows.map((row) => `${row.school_year} · ${row.unit}`);
			frappe.prompt(
				[{ fieldname: "year", fieldtype: "Select", label: __("School year"), options, default: options[0], reqd: 1 }],
				({ year }) => hocbaso.reconciliation.start("compare", rows[options.indexOf(year)]),
				__("Compare now")
			);
		});
	},

	recover(where) {
		const steps = [
			__("What the authority holds and the school lost is fetched, its signatures and receipt are checked, then it is put back."),
			__("What the authority lost is sent again, the very same file; the earlier receipt is kept."),
			__("No file is overwritten. What a person must decide stays listed."),
		];
		const text = `<ul>${steps.map((step) => `<li>${step}</li>`).join("")}</ul>`;
		frappe.confirm(text, () => hocbaso.reconciliation.start("restore", where));
	},

	start(step, where) {
		hocbaso.call(`reconciliation.${step}`, where, () => {
			frappe.show_alert({ message: __("Comparing with the authority; the outcome opens by itself."), indicator: "blue" }, 10);
			frappe.realtime.off("hbs_reconciliation");
			frappe.realtime.on("hbs_reconciliation", ({ name }) => {
				frappe.realtime.off("hbs_reconciliation");
				frappe.set_route("Form", "HBS Reconciliation", name);
			});
		});
	},
};
