// Steps shared by form and list. Every rule is the server's; here is only what a person sees and confirms.
window.hocbaso = {
	stage_of(state) {
		const stages = {
			Checked: { name: "gvbm", roles: ["HBS Subject Teacher"] },
			"Subject Signing": { name: "gvbm", roles: ["HBS Subject Teacher"] },
			"Homeroom Signing": { name: "gvcn", roles: ["HBS Homeroom Teacher"] },
			"Manager Signing": { name: "cbql", roles: ["HBS Principal"] },
			Release: { name: "release", roles: ["HBS Clerk"] },
		};
		return stages[state];
	},

	call(method, args, done) {
		frappe.call({ method: `hocbaso_app.api.${method}`, args, freeze: true }).then((answer) => done(answer.message));
	},

	confirm_check(names, done) {
		hocbaso.call("records.confirm_check", { names }, done);
	},

	send_back(method, frm) {
		frappe.prompt(
			{ fieldname: "remark", fieldtype: "Small Text", label: __("What is wrong?"), reqd: 1 },
			({ remark }) => hocbaso.call(`records.${method}`, { name: frm.doc.name, remark }, () => frm.reload_doc()),
			__(method === "report_fault" ? "Report fault" : "Return record")
		);
	},

	sign(stage, names, done) {
		frappe.prompt(
			[
				{
					fieldname: "seen",
					fieldtype: "Check",
					reqd: 1,
					label: __("I have seen these parts and sign them."),
				},
				{ fieldname: "pin", fieldtype: "Password", reqd: 1, label: __("PIN of the demo key") },
			],
			({ pin }) =>
				hocbaso.call("signing.sign_with_demo_key", { stage, names, pin }, (answer) => {
					const lines = answer.refused.map(
						(row) => `<li>${frappe.utils.escape_html(`${row.record}: ${row.message}`)}</li>`
					);
					frappe.msgprint({
						title: __("Sign"),
						indicator: lines.length ? "orange" : "green",
						message:
							__("{0} of {1} parts signed", [answer.signed, answer.total]) +
							(lines.length ? `<p>${__("Not signed:")}</p><ul>${lines.join("")}</ul>` : ""),
					});
					done(answer);
				}),
			`${__("Sign")}: ${__(stage)}`
		);
	},

	choose_class(title, extra, next) {
		const field = { fieldname: "student_group", fieldtype: "Link", options: "Student Group", reqd: 1 };
		frappe.prompt([{ ...field, label: __("Choose a class") }, ...extra], next, title);
	},

	read_in(done) {
		hocbaso.choose_class(__("Read in class"), [], ({ student_group }) =>
			hocbaso.call("records.plan_class", { student_group }, (rows) => {
				const cell = (texts) => texts.map((text) => frappe.utils.escape_html(text)).join("<br>");
				const body = rows.map(
					(row) =>
						`<tr><td>${frappe.utils.escape_html(row.full_name)}</td><td>${__(row.action)}</td>` +
						`<td>${cell(row.changes)}</td><td>${cell(row.missing)}</td></tr>`
				);
				const dialog = new frappe.ui.Dialog({
					title: `${__("Dry run")}: ${student_group}`,
					size: "large",
					fields: [{ fieldname: "plan", fieldtype: "HTML" }],
					primary_action_label: __("Write drafts"),
					primary_action() {
						dialog.hide();
						hocbaso.call("records.read_in_class", { student_group }, done);
					},
				});
				dialog.fields_dict.plan.$wrapper.html(
					`<table class="table table-bordered"><tr><th>${__("Pupil")}</th><th></th><th>${__("Changes")}</th>` +
						`<th>${__("Missing")}</th></tr>${body.join("")}</table>`
				);
				dialog.show();
			})
		);
	},

	initialise(done) {
		const date = { fieldname: "released_at", fieldtype: "Date", label: __("Release date"), default: frappe.datetime.get_today() };
		hocbaso.choose_class(__("Initialise class"), [date], (values) =>
			hocbaso.call("records.initialise_class", values, (answer) => {
				const lines = (answer.refused || []).map((text) => `<li>${frappe.utils.escape_html(text)}</li>`);
				frappe.msgprint({
					title: __("Initialise class"),
					indicator: lines.length ? "orange" : "green",
					message:
						__("{0} records initialised", [answer.initialised.length]) +
						(lines.length ? `<p>${__("Not initialised:")}</p><ul>${lines.join("")}</ul>` : ""),
				});
				done(answer);
			})
		);
	},
};
