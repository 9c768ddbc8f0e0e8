// The sheet as Excel and back: first a dry run, then the good rows.
hocbaso.entry_download = function (sheet, saver) {
	if (saver.unsaved) {
		frappe.msgprint(__("Some cells are not saved yet. Wait a moment, then download."));
		saver.flush();
		return;
	}
	const args = { student_group: sheet.student_group, sheet: sheet.key };
	frappe
		.call({ method: "hocbaso_app.api.entry.download_sheet", args, type: "POST", freeze: true })
		.then(({ message }) => {
			const bytes = Uint8Array.from(atob(message.content), (char) => char.charCodeAt(0));
			const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
			const link = document.createElement("a");
			link.href = URL.createObjectURL(new Blob([bytes], { type }));
			link.download = message.file_name;
			link.click();
			setTimeout(() => URL.revokeObjectURL(link.href), 10000);
		});
};

hocbaso.entry_upload = function (sheet, done) {
	const input = document.createElement("input");
	input.type = "file";
	input.accept = ".xlsx";
	input.addEventListener("change", async () => {
		const [file] = input.files;
		if (!file) return;
		const bytes = new Uint8Array(await file.arrayBuffer());
		let text = "";
		for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
		const args = { student_group: sheet.student_group, sheet: sheet.key, content: btoa(text) };
		frappe
			.call({ method: "hocbaso_app.api.entry.plan_import", args, type: "POST", freeze: true })
			.then(({ message }) => hocbaso.entry_plan(file.name, args, message, done));
	});
	input.click();
};

hocbaso.entry_plan = function (file_name, args, plan, done) {
	const esc = frappe.utils.escape_html;
	const shown = (value) => esc(value || "–");
	const rows = plan.rows
		.filter((row) => row.changes.length || row.wrong.length)
		.map((row) => {
			const changes = row.changes.map((c) => `<div>${esc(c.label)}: ${shown(c.old_shown)} → <b>${shown(c.new_shown)}</b></div>`);
			const wrong = row.wrong.map((w) => `<div class="text-danger"><b>${esc(w.cell)}</b> ${esc(w.message)}</div>`);
			return `<tr><td>${esc(row.full_name)}</td><td>${changes.join("")}</td><td>${wrong.join("")}</td></tr>`;
		});
	const dialog = new frappe.ui.Dialog({
		title: `${__("Dry run")}: ${file_name}`,
		size: "extra-large",
		fields: [{ fieldname: "plan", fieldtype: "HTML" }],
		primary_action_label: __("Write {0} pupils", [plan.good]),
		primary_action() {
			dialog.hide();
			frappe
				.call({ method: "hocbaso_app.api.entry.apply_import", args, type: "POST", freeze: true })
				.then(({ message }) => {
					const refused = message.refused.map((r) => `<li>${esc(r.full_name)}: ${esc(r.message)}</li>`);
					frappe.msgprint({
						title: __("Import from Excel"),
						indicator: refused.length ? "orange" : "green",
						message: __("{0} pupils written.", [message.saved]) + (refused.length ? `<ul>${refused.join("")}</ul>` : ""),
					});
					done();
				});
		},
	});
	const summary = __("{0} pupils would change, {1} unchanged, {2} with faults. Faulty cells are left out.", [
		plan.good,
		plan.same,
		plan.faulty,
	]);
	dialog.fields_dict.plan.$wrapper.html(
		`<p>${summary}</p><table class="table table-bordered table-sm"><tr><th>${__("Pupil")}</th><th>${__("Changes")}</th>` +
			`<th>${__("Wrong")}</th></tr>${rows.join("")}</table>`
	);
	if (!plan.good) dialog.get_primary_btn().hide();
	dialog.show();
};
