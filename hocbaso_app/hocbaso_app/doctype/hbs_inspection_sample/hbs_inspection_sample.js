// A sample: drawn once by seed, then looked at record by record.
frappe.ui.form.on("HBS Inspection Sample", {
	setup(frm) {
		frm.set_query("unit", "schools", () => ({ filters: { kind: "School" } }));
		frm.set_query("unit", () => ({ filters: { name: ["in", frm.hbs_own_units || []] } }));
		frm.set_query("inspection", () => ({ filters: { unit: frm.doc.unit } }));
	},

	onload(frm) {
		frappe.xcall("hocbaso_app.api.notices.own_units", {}, "GET").then((units) => {
			frm.hbs_own_units = units;
			if (frm.is_new() && units.length && !frm.doc.unit) frm.set_value("unit", units[0]);
		});
	},

	refresh(frm) {
		const { name, status } = frm.doc;
		if (status !== "Draft") frm.disable_form();
		if (frm.is_new()) return;
		if (status === "Draft") {
			frm.dashboard.set_headline(__("Nothing is drawn before you press “Draw”; a sample is drawn once."));
			frm.add_custom_button(__("Draw"), () => hbs_sample.draw(frm)).addClass("btn-primary");
			return;
		}
		hbs_sample.show(frm);
		frm.add_custom_button(__("Draw again and compare"), () =>
			frappe.xcall("hocbaso_app.api.inspection.draw_again", { name }, "GET").then((different) =>
				frappe.msgprint(
					different.length
						? { message: __("With the same seed other records come out at: {0}", [different.join(", ")]), indicator: "red" }
						: { message: __("The same seed gives the same records, in every school."), indicator: "green" }
				)
			)
		);
		if (status === "Drawn") {
			frm.add_custom_button(__("Finish"), () => hocbaso.call("inspection.finish", { name }, () => frm.reload_doc()));
		}
	},
});

const hbs_sample = {
	draw(frm) {
		if (frm.is_dirty()) {
			frappe.msgprint(__("Save first."));
			return;
		}
		hocbaso.call("inspection.draw", { name: frm.doc.name }, (count) => {
			frappe.show_alert({ message: __("{0} records drawn", [count]), indicator: "green" });
			frm.reload_doc();
		});
	},

	show(frm) {
		const text = (value) => frappe.utils.escape_html(String(value || ""));
		const colours = { "Not seen": "gray", "In order": "green", Finding: "red" };
		const items = frm.doc.items || [];
		const seen = items.filter((row) => row.result !== "Not seen").length;
		const heads = [__("School"), __("Class"), __("Full name"), __("Result"), __("Finding"), ""];
		const buttons = (row) =>
			frm.doc.status === "Drawn"
				? `<button class="btn btn-xs btn-default" data-look="${text(row.name)}">${__("Enter the result")}</button>`
				: "";
		const line = (row) => `<tr><td>${text(frappe.utils.get_link_title("HBS Unit", row.unit) || row.unit)}</td><td>${text(row.class_name)}</td>
			<td><a href="/app/${frappe.router.slug(row.record_doctype)}/${encodeURIComponent(row.record)}">${text(row.full_name)}</a></td>
			<td style="white-space: nowrap"><span class="indicator-pill ${colours[row.result]}">${__(row.result)}</span></td>
			<td>${text(row.finding)}${row.seen_by ? `<br><small class="text-muted">${text(row.seen_by)}</small>` : ""}</td>
			<td>${buttons(row)}</td></tr>`;
		const wrapper = frm.fields_dict.list.$wrapper.html(
			`<p><b>${__("{0} of {1} looked at", [seen, items.length])}</b></p>
			<table class="table table-bordered table-sm"><thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead>
			<tbody>${items.map(line).join("")}</tbody></table>`
		);
		wrapper.find("[data-look]").on("click", (event) => hbs_sample.look(frm, event.currentTarget.dataset.look));
	},

	look(frm, name) {
		const options = ["In order", "Finding"].map((value) => ({ value, label: __(value) }));
		frappe.prompt(
			[
				{ fieldname: "result", fieldtype: "Select", options, default: "In order", reqd: 1, label: __("Result") },
				{
					fieldname: "finding",
					fieldtype: "Small Text",
					label: __("Finding"),
					depends_on: "eval:doc.result === 'Finding'",
					mandatory_depends_on: "eval:doc.result === 'Finding'",
				},
			],
			(values) => hocbaso.call("inspection.look", { name, ...values }, () => frm.reload_doc()),
			__("Enter the result")
		);
	},
};
