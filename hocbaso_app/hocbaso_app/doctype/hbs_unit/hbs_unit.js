// Changes by date and decision: each says first what it means; the server checks and writes.
frappe.ui.form.on("HBS Unit", {
	refresh(frm) {
		const may = frappe.user.has_role("HBS Department Officer") || frappe.session.user === "Administrator";
		if (frm.is_new() || !may || frm.doc.valid_to) return;
		const group = __("Change by date");
		const add = (label, action) => frm.add_custom_button(label, () => change(frm, action), group);
		add(__("Rename…"), "rename");
		if (frm.doc.kind !== "Department") add(__("Move…"), "move");
		add(__("Merge…"), "merge");
		add(__("End…"), "end");
	},
});

const TITLES = {
	rename: () => __("Another name"),
	move: () => __("Below another unit"),
	merge: () => __("Merge into another unit"),
	end: () => __("End this unit"),
};

function kinds_above(kind) {
	return kind === "School" ? ["Office", "Department"] : ["Department"];
}

function fields_of(frm, action) {
	const kinds = { move: kinds_above(frm.doc.kind), merge: frm.doc.kind === "Office" ? ["Office", "Department"] : [frm.doc.kind] };
	const into = {
		fieldname: "into",
		fieldtype: "Link",
		options: "HBS Unit",
		reqd: 1,
		label: action === "move" ? __("New unit above") : __("Into which unit"),
		get_query: () => ({ filters: { kind: ["in", kinds[action]], name: ["!=", frm.doc.name], valid_to: ["is", "not set"] } }),
		description: __("A unit that does not exist yet is entered first, with that day as its first."),
	};
	return [
		...(action === "rename" ? [{ fieldname: "new_name", fieldtype: "Data", label: __("New name"), reqd: 1 }] : []),
		...(kinds[action] ? [into] : []),
		{ fieldname: "on", fieldtype: "Date", label: __("From this day on"), reqd: 1 },
		{ fieldname: "decision", fieldtype: "Data", label: __("Decision number"), reqd: 1 },
		...(action === "merge"
			? [{ fieldname: "take_staff", fieldtype: "Check", default: 1, label: __("Its people go on at the other unit") }]
			: []),
	];
}

function change(frm, action) {
	frappe.prompt(
		fields_of(frm, action),
		(values) => {
			const asked = { action, unit: frm.doc.name, on: values.on, into: values.into };
			frappe.xcall("hocbaso_app.api.units.preview", asked).then((lines) => confirm_change(frm, action, values, lines));
		},
		`${TITLES[action]()}: ${frm.doc.unit_name}`,
		__("Next")
	);
}

function confirm_change(frm, action, values, lines) {
	const list = lines.map((line) => `<li>${frappe.utils.escape_html(line)}</li>`).join("");
	const question = __("Enter this change by decision {0}?", [frappe.utils.escape_html(values.decision)]);
	frappe.confirm(`<ul>${list}</ul><p>${question}</p>`, () =>
		hocbaso.call(`units.${action}`, { unit: frm.doc.name, ...values }, () => frm.reload_doc())
	);
}
