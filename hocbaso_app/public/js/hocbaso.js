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

	// A random number that this browser keeps: the server sees only whether two confirmations came from the same one.
	device() {
		const kept = localStorage.getItem("hbs-device");
		if (kept) return kept;
		const made = [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
		localStorage.setItem("hbs-device", made);
		return made;
	},

	confirm_check(names, done) {
		hocbaso.call("records.confirm_check", { names }, done);
	},

	send_back(method, frm) {
		const subjects = frm.doc.results.map((row) => ({ value: row.subject_code, label: row.subject_name }));
		frappe.prompt(
			[
				{ fieldname: "remark", fieldtype: "Small Text", label: __("What is wrong?"), reqd: 1 },
				{
					fieldname: "subject",
					fieldtype: "Select",
					label: __("In which subject?"),
					options: [{ value: "", label: __("Not in a subject: the homeroom teacher mends it") }, ...subjects],
				},
			],
			(values) => hocbaso.call(`records.${method}`, { name: frm.doc.name, ...values }, () => frm.reload_doc()),
			__(method === "report_fault" ? "Report fault" : "Return record")
		);
	},

	// Signing has its own page: what is signed is seen there first. ``docs``: rows with name and student_group.
	sign(stage, docs) {
		const classes = [...new Set(docs.map((doc) => doc.student_group))];
		if (classes.length !== 1) {
			frappe.msgprint(__("Choose records of one class; each class is confirmed by itself."));
			return;
		}
		frappe.route_options = { records: docs.map((doc) => doc.name) };
		frappe.set_route("hbs-signing", stage, classes[0]);
	},

	choose_class(title, extra, next) {
		frappe.xcall("hocbaso_app.api.education.my_classes").then((classes) => {
			if (!classes.length) {
				frappe.msgprint(__("You have no class of grades 1 to 5. Read in or enter the assignments first."));
				return;
			}
			const options = classes.map((row) => ({
				value: row.student_group,
				label: `${row.student_group} · ${row.academic_year} · ${__("{0} records", [row.records])}`,
			}));
			const field = { fieldname: "student_group", fieldtype: "Select", options, reqd: 1, default: options[0].value };
			frappe.prompt([{ ...field, label: __("Choose a class") }, ...extra], next, title);
		});
	},

	// A dry run as a table: what a row does, in colour, then words; nothing is written before the button is pressed.
	dry_run({ title, intro, heads, rows, label, run }) {
		const text = (value) => frappe.utils.escape_html(String(value || ""));
		const cell = (value) => (Array.isArray(value) ? value.map(text).join("<br>") : text(value));
		const pill = (row) => `<span class="indicator-pill ${row.colour}">${text(row.action)}</span>`;
		const body = rows.map(
			(row) => `<tr><td>${pill(row)}</td>${row.cells.map((value) => `<td>${cell(value)}</td>`).join("")}</tr>`
		);
		const dialog = new frappe.ui.Dialog({
			title,
			size: "extra-large",
			fields: [{ fieldname: "plan", fieldtype: "HTML" }],
			...(run && {
				primary_action_label: label,
				primary_action() {
					dialog.hide();
					run();
				},
			}),
		});
		dialog.fields_dict.plan.$wrapper.html(
			`<p>${intro.map(text).join("<br>")}</p><div style="max-height: 60vh; overflow: auto">` +
				`<table class="table table-bordered table-sm"><thead><tr><th></th>` +
				`${heads.map((head) => `<th>${text(head)}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`
		);
		dialog.show();
	},

	read_in(done) {
		hocbaso.choose_class(__("Read in class"), [], ({ student_group }) =>
			frappe.xcall("hocbaso_app.api.education.plan_class", { student_group }).then(({ rows, counts, without_citizen_id }) => {
				const actions = {
					new: [__("New"), "blue"],
					change: [__("Changes"), "orange"],
					moved: [__("Comes from another class"), "orange"],
					same: [__("Same"), "green"],
					fixed: [__("File is made: not changed"), "red"],
					left: [__("Not in the class"), "gray"],
				};
				const said = Object.keys(actions).filter((action) => counts[action]);
				const writes = (counts.new || 0) + (counts.change || 0) + (counts.moved || 0);
				const intro = [
					said.map((action) => `${actions[action][0]}: ${counts[action]}`).join(" · "),
					without_citizen_id.length
						? __("Without citizen ID, can't be released yet: {0}", [without_citizen_id.join(", ")])
						: "",
					writes ? "" : __("Nothing to write: the records are as Education says."),
				];
				hocbaso.dry_run({
					title: `${__("Dry run")}: ${student_group}`,
					intro: intro.filter(Boolean),
					heads: [__("Pupil"), __("Changes"), __("Missing"), __("What to do")],
					rows: rows.map((row) => ({
						action: actions[row.action][0],
						colour: actions[row.action][1],
						cells: [row.full_name, row.changes, [...row.faults, ...row.missing], row.advice],
					})),
					label: __("Write {0} drafts", [writes]),
					run: writes ? () => hocbaso.call("records.read_in_class", { student_group }, done) : null,
				});
			})
		);
	},

	read_in_assignments(done) {
		frappe.xcall("hocbaso_app.api.education.my_units_and_years").then(({ units, years }) => {
			const options = units.map((row) => ({ value: row.name, label: row.unit_name }));
			frappe.prompt(
				[
					{ fieldname: "unit", fieldtype: "Select", options, default: (options[0] || {}).value, reqd: 1, label: __("Unit") },
					{ fieldname: "academic_year", fieldtype: "Select", options: years, default: years[0], reqd: 1, label: __("Academic year") },
				],
				(values) => hocbaso.plan_assignments(values, done),
				__("Read assignments from Education")
			);
		});
	},

	plan_assignments(values, done) {
		frappe.xcall("hocbaso_app.api.education.plan_assignments", values).then((rows) => {
			const actions = {
				new: [__("New"), "blue"],
				differs: [__("Differs: will follow Education"), "orange"],
				kept: [__("Differs: stays as entered"), "yellow"],
				missing: [__("Missing"), "red"],
				same: [__("Same"), "green"],
			};
			const order = Object.keys(actions);
			rows.sort((a, b) => order.indexOf(a.action) - order.indexOf(b.action));
			const count = (action) => rows.filter((row) => row.action === action).length;
			const writes = count("new") + count("differs");
			hocbaso.dry_run({
				title: `${__("Dry run")}: ${values.academic_year}`,
				intro: [
					order.filter(count).map((action) => `${actions[action][0]}: ${count(action)}`).join(" · "),
					...(writes ? [] : [__("Nothing to write: the assignments are as Education says.")]),
				],
				heads: [__("Class"), __("Work"), __("Teacher"), __("What to know")],
				rows: rows.map((row) => ({
					action: actions[row.action][0],
					colour: actions[row.action][1],
					cells: [row.student_group, row.kind === "Homeroom" ? __("Homeroom") : row.subject_name, row.teacher, row.text],
				})),
				label: __("Write {0} assignments", [writes]),
				run: writes ? () => hocbaso.call("education.read_in_assignments", values, done) : null,
			});
		});
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
