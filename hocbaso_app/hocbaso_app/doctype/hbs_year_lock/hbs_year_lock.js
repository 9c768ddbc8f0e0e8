// The board proposes with a check list, the principal decides and signs. The server decides who is who.
frappe.ui.form.on("HBS Year Lock", {
	onload(frm) {
		if (!frm.is_new()) return;
		frappe.xcall("hocbaso_app.api.education.my_units_and_years").then(({ units, years }) => {
			if (!frm.doc.unit && units.length === 1) frm.set_value("unit", units[0].name);
			if (!frm.doc.academic_year && years.length) frm.set_value("academic_year", years[0]);
		});
	},

	refresh(frm) {
		const doc = frm.doc;
		if (frm.is_new()) {
			frm.set_intro(__("Save the proposal: then the system counts what is still open, with every name."));
			return;
		}
		frm.disable_save();
		for (const field of frm.meta.fields) frm.set_df_property(field.fieldname, "read_only", 1);
		hocbaso_year.points(frm);
		const principal = frappe.user.has_role("HBS Principal");
		if (doc.status === "Proposed") {
			frm.add_custom_button(__("Count again"), () =>
				hocbaso.call("locks.count_year", { name: doc.name }, () => frm.reload_doc())
			);
			if (principal) {
				frm.add_custom_button(__("Decide and sign"), () => hocbaso_year.decide(frm)).addClass("btn-primary");
				frm.add_custom_button(__("Refuse"), () =>
					hocbaso.locks.with_reason(__("Refuse"), __("Why is it refused?"), (reason) =>
						hocbaso.call("locks.refuse_year", { name: doc.name, reason }, () => frm.reload_doc())
					)
				);
			}
		}
		if (["Decided", "Lifted"].includes(doc.status)) {
			frm.add_custom_button(__("Verify the signed decision"), () => hocbaso_year.verify(doc.name));
		}
		if (doc.status !== "Decided") return;
		if (principal || frappe.user.has_role("HBS Clerk")) {
			frm.add_custom_button(__("Make the archive of the year"), () =>
				hocbaso.call("archives.start", { unit: doc.unit, academic_year: doc.academic_year }, (name) =>
					frappe.set_route("Form", "HBS Year Archive", name)
				)
			).addClass("btn-primary");
		}
		if (principal) frm.add_custom_button(__("Lift the lock"), () => hocbaso_year.lift(frm));
	},
});

const hocbaso_year = {
	// The check list as people read it: each point with its names.
	points(frm) {
		const text = (value) => frappe.utils.escape_html(value || "");
		const rows = (frm.doc.points || []).map((row) => {
			const colour = row.count ? "orange" : "green";
			const names = text(row.names).replace(/\n/g, ", ");
			return (
				`<tr><td class="text-nowrap"><span class="indicator-pill ${colour}">${__(row.point)}</span></td>` +
				`<td class="text-right"><b>${row.count}</b></td><td>${names || "–"}</td></tr>`
			);
		});
		const head = `<tr><th>${__("Point")}</th><th>${__("Number")}</th><th>${__("Names")}</th></tr>`;
		frm.fields_dict.points_view.$wrapper.html(
			`<table class="table table-bordered"><thead>${head}</thead><tbody>${rows.join("")}</tbody></table>`
		);
	},

	decide(frm) {
		const open = frm.doc.open_points;
		const fields = [
			{ fieldname: "decision_number", fieldtype: "Data", label: __("Decision number"), reqd: 1 },
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: open ? 1 : 0 },
			{ fieldname: "password", fieldtype: "Password", label: __("PIN of your certificate"), reqd: 1 },
		];
		const said = open
			? __("{0} points of the check list are open. You may lock all the same; say why.", [open])
			: __("Nothing is open.");
		const after = __("After it nothing of this year is written any more; what is wrong is corrected by a recall.");
		fields.unshift({ fieldname: "said", fieldtype: "HTML", options: `<p>${said}</p><p>${after}</p>` });
		frappe.prompt(
			fields,
			({ decision_number, reason, password }) =>
				hocbaso.call("locks.decide_year", { name: frm.doc.name, decision_number, reason, password }, () => frm.reload_doc()),
			__("Lock the school year {0}", [frm.doc.academic_year]),
			__("Sign")
		);
	},

	lift(frm) {
		frappe.prompt(
			[
				{ fieldname: "decision_number", fieldtype: "Data", label: __("Decision number"), reqd: 1 },
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Why is the lock lifted?"), reqd: 1 },
				{ fieldname: "password", fieldtype: "Password", label: __("PIN of your certificate"), reqd: 1 },
			],
			(values) => hocbaso.call("locks.lift_year", { name: frm.doc.name, ...values }, () => frm.reload_doc()),
			__("Lift the lock"),
			__("Sign")
		);
	},

	verify(name) {
		hocbaso.call("locks.verify_year", { name }, ({ decision, sha256, lifted }) => {
			const text = (value) => frappe.utils.escape_html(String(value || "–"));
			const rows = [
				[__("Decision number"), decision.decision_number],
				[__("Reason"), decision.reason],
				[__("Decided by"), `${decision.decided_by} (${decision.citizen_id})`],
				[__("Decided at"), decision.decided_at],
				[__("Files of the year"), decision.records],
				["SHA-256", sha256],
			];
			if (lifted) rows.push([__("Decision to lift"), `${lifted.decision_number}: ${lifted.reason}`]);
			const body = rows.map(([label, value]) => `<tr><td class="text-muted">${label}</td><td>${text(value)}</td></tr>`);
			frappe.msgprint({
				title: __("The signature is right: it was verified just now."),
				indicator: "green",
				message: `<table class="table" style="overflow-wrap:anywhere">${body.join("")}</table>`,
			});
		});
	},
};
