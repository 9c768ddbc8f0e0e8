// A recall list: what is wrong in which record, the evidence, and the authority's decision. The server decides.
frappe.ui.form.on("HBS Recall Request", {
	setup(frm) {
		frm.set_query("record", "items", () => ({ filters: { state: "Accepted" } }));
	},

	refresh(frm) {
		const draft = frm.doc.status === "Draft";
		frm.dashboard.clear_headline();
		const sentences = {
			Draft: __("Say the fault of each record, attach the evidence, then send the list."),
			"To Send": __("It is being sent; the records can't be edited until the decision."),
			Sent: __("The city database has it; waiting for the decision about each record."),
			Answered: __("Decided. Approved records are drafts of a new version now."),
			"Not Taken": __("The city database did not take the list; the records are as they were."),
			Cancelled: __("The school took the request back; the records are as they were."),
		};
		const said = draft ? "" : `<br><b>${frappe.utils.escape_html(frm.doc.state_sentence || "")}</b>`;
		frm.dashboard.set_headline(`${sentences[frm.doc.status]}${said}`);
		frm.set_df_property("items", "cannot_add_rows", !draft);
		frm.set_df_property("items", "cannot_delete_rows", !draft);
		if (!draft) frm.disable_form();
		if (frm.is_new() || !frappe.user.has_role("HBS Principal")) return;
		if (draft) {
			frm.add_custom_button(__("Send recall request"), () => hocbaso_recall.send(frm)).addClass("btn-primary");
		}
		if (!["To Send", "Sent"].includes(frm.doc.status)) return;
		if (frm.doc.items.some((item) => item.status === "More Asked")) {
			frm.add_custom_button(__("Answer the question"), () => hocbaso_recall.answer(frm)).addClass("btn-primary");
		}
		frm.add_custom_button(__("Ask for the decision"), () =>
			hocbaso.call("exchange.ask_recall", { name: frm.doc.name }, () =>
				frappe.show_alert(__("The city database is asked; this page shows the answer by itself."))
			)
		);
		frm.add_custom_button(__("Take the request back"), () => hocbaso_recall.cancel(frm));
	},
});

frappe.ui.form.on("HBS Recall Item", {
	choose_field(frm, doctype, name) {
		const item = locals[doctype][name];
		if (frm.doc.status !== "Draft") return;
		if (!item.record) {
			frappe.msgprint(__("Choose the record first."));
			return;
		}
		hocbaso_recall.choose(frm, item);
	},

	record(frm, doctype, name) {
		for (const field of ["element", "field_label", "value_before", "value_after", "part"]) {
			frappe.model.set_value(doctype, name, field, null);
		}
	},
});

const hocbaso_recall = {
	text: (value) => frappe.utils.escape_html(value || ""),

	// The value before comes from the signed file; the principal says what is right.
	choose(frm, item) {
		frappe.xcall("hocbaso_app.api.exchange.recall_choices", { record: item.record }).then((choices) => {
			const options = choices.map((row) => ({ value: row.path, label: `${row.label}: ${row.value}` }));
			const chosen = (path) => choices.find((row) => row.path === path);
			const dialog = new frappe.ui.Dialog({
				title: `${__("What is wrong?")} ${item.full_name || ""}`,
				fields: [
					{
						fieldname: "path",
						fieldtype: "Autocomplete",
						label: __("Name of the field"),
						options,
						reqd: 1,
						onchange: () => dialog.set_value("before", (chosen(dialog.get_value("path")) || {}).value || ""),
					},
					{ fieldname: "before", fieldtype: "Small Text", label: __("Value before"), read_only: 1 },
					{ fieldname: "after", fieldtype: "Small Text", label: __("Value after"), reqd: 1 },
					{ fieldname: "fault", fieldtype: "Small Text", label: __("Fault"), default: item.fault },
				],
				primary_action_label: __("Take over"),
				primary_action({ path, after, fault }) {
					const row = chosen(path);
					if (!row) return;
					dialog.hide();
					const said = fault || `${row.label}: ${row.value} → ${after}`;
					const values = { element: path, field_label: row.label, value_before: row.value, value_after: after };
					frappe.model.set_value(item.doctype, item.name, { ...values, part: row.subject || null, fault: said });
				},
			});
			dialog.show();
		});
	},

	// Who must sign again is said before the list leaves.
	send(frm) {
		if (frm.is_dirty()) {
			frappe.msgprint(__("Save first."));
			return;
		}
		const text = hocbaso_recall.text;
		const change = (item) =>
			item.field_label
				? `<br>${text(item.field_label)}: <s>${text(item.value_before)}</s> → <b>${text(item.value_after)}</b>`
				: "";
		const rows = frm.doc.items.map(
			(item) =>
				`<tr><td>${text(item.full_name)}</td><td>${text(item.fault)}${change(item)}</td>` +
				`<td>${text(item.must_sign).replace(/\n/g, "<br>")}</td></tr>`
		);
		const head = `<tr><th>${__("Pupil")}</th><th>${__("Fault")}</th><th>${__("Who must sign again")}</th></tr>`;
		const dialog = new frappe.ui.Dialog({
			title: __("Send recall request"),
			size: "large",
			fields: [{ fieldname: "body", fieldtype: "HTML" }],
			primary_action_label: __("Send"),
			primary_action() {
				dialog.hide();
				hocbaso.call("exchange.send_recall", { name: frm.doc.name }, () => frm.reload_doc());
			},
		});
		dialog.fields_dict.body.$wrapper.html(
			`<p>${__("Until the decision these records can't be edited. After approval the corrected part is signed again by:")}</p>` +
				`<table class="table table-bordered">${head}${rows.join("")}</table>`
		);
		dialog.show();
	},

	answer(frm) {
		const asked = frm.doc.items.filter((item) => item.status === "More Asked");
		let attachment = null;
		const dialog = new frappe.ui.Dialog({
			title: __("Answer the question"),
			fields: [
				{
					fieldname: "code",
					fieldtype: "Select",
					label: __("Pupil"),
					options: asked.map((item) => ({ value: item.record_code, label: item.full_name })),
					default: asked[0].record_code,
					reqd: 1,
					onchange: () => {
						const item = asked.find((row) => row.record_code === dialog.get_value("code")) || asked[0];
						dialog.set_value("question", item.question);
					},
				},
				{
					fieldname: "question",
					fieldtype: "Small Text",
					label: __("Question of the officer"),
					default: asked[0].question,
					read_only: 1,
				},
				{ fieldname: "text", fieldtype: "Small Text", label: __("Answer"), reqd: 1 },
				{ fieldname: "attach", fieldtype: "Button", label: __("Attach evidence") },
				{ fieldname: "file", fieldtype: "HTML" },
			],
			primary_action_label: __("Send"),
			primary_action({ code, text }) {
				dialog.hide();
				hocbaso.call("exchange.answer_recall", { name: frm.doc.name, code, text, attachment }, () => frm.reload_doc());
			},
		});
		dialog.fields_dict.attach.$input.on("click", () =>
			new frappe.ui.FileUploader({
				doctype: frm.doctype,
				docname: frm.docname,
				folder: "Home/Attachments",
				restrictions: { allowed_file_types: [".pdf", ".png", ".jpg", ".jpeg", ".txt"], max_number_of_files: 1 },
				make_attachments_public: false,
				on_success(file) {
					attachment = file.file_url;
					dialog.fields_dict.file.$wrapper.text(file.file_name);
				},
			})
		);
		dialog.show();
	},

	cancel(frm) {
		const open = frm.doc.items.filter((item) => ["Waiting", "More Asked"].includes(item.status));
		frappe.prompt(
			[
				{
					fieldname: "code",
					fieldtype: "Select",
					label: __("Pupil"),
					options: [
						{ value: "", label: __("All that are undecided") },
						...open.map((item) => ({ value: item.record_code, label: item.full_name })),
					],
				},
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Why is it taken back?"), reqd: 1 },
			],
			({ code, reason }) =>
				hocbaso.call("exchange.cancel_recall", { name: frm.doc.name, code: code || null, reason }, () => frm.reload_doc()),
			__("Take the request back")
		);
	},
};
