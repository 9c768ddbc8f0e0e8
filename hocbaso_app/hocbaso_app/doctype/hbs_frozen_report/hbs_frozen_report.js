// A frozen report: its table, each number a way to the records it was made from.
frappe.ui.form.on("HBS Frozen Report", {
	refresh(frm) {
		frm.disable_form();
		const { name, sent_at } = frm.doc;
		frappe.xcall("hocbaso_app.api.frozen.shown", { name }, "GET").then((report) => hbs_frozen.show(frm, report));
		if (!frm.doc.read_at && frm.doc.received_at) {
			frappe.xcall("hocbaso_app.api.frozen.opened", { name }).then((mine) => mine && frm.reload_doc());
		}
		const sends = ["HBS Principal", "HBS Office Officer", "HBS Department Officer"].some((role) => frappe.user.has_role(role));
		if (!sent_at && sends && frm.doc.source === "This site") {
			frm.add_custom_button(__("Send up"), () =>
				hocbaso.call("frozen.send", { name }, () => {
					frappe.show_alert({ message: __("Sent to the unit above"), indicator: "green" });
					frm.reload_doc();
				})
			).addClass("btn-primary");
		}
	},
});

const hbs_frozen = {
	show(frm, report) {
		const text = (value) => frappe.utils.escape_html(String(value ?? ""));
		const state = [];
		if (!report.whole) state.push(["red", __("The figures were changed: this report proves nothing.")]);
		else state.push(["green", __("Figures are as they were frozen")]);
		if (report.sealed) state.push(["green", __("Seal is right: {0}", [report.sealed])]);
		else if (report.has_seal) state.push(["red", __("Seal is wrong")]);
		else state.push(["gray", __("Without a seal")]);
		const pills = state.map(([colour, said]) => `<span class="indicator-pill ${colour}">${text(said)}</span>`).join(" ");
		const heads = report.columns.map((column) => `<th class="text-right">${text(column.title)}</th>`).join("");
		const cell = (row, index, { name }) => {
			const value = row.values[name];
			if (!value) return '<td class="text-right text-muted">0</td>';
			if (!row.linked[name]) return `<td class="text-right">${value}</td>`;
			return `<td class="text-right"><a href="#" style="text-decoration: underline" data-row="${index}" data-column="${name}">${value}</a></td>`;
		};
		const told = (row) => (row.reported_at ? ` <small class="text-muted">${__("reported {0}", [text(row.reported_at)])}</small>` : "");
		const rows = report.rows.map(
			(row, index) =>
				`<tr><td>${text(row.label)}${told(row)}</td>${report.columns.map((column) => cell(row, index, column)).join("")}</tr>`
		);
		const total = report.columns.map(({ name }) => `<th class="text-right">${report.total[name]}</th>`).join("");
		const wrapper = frm.fields_dict.view.$wrapper.html(
			`<h4>${text(frm.doc.title)}</h4><p>${pills}</p><div style="overflow-x: auto"><table class="table table-bordered table-sm">
			<thead><tr><th></th>${heads}</tr></thead><tbody>${rows.join("")}</tbody>
			<tfoot><tr><th>${__("Total")}</th>${total}</tr></tfoot></table></div>`
		);
		wrapper.find("[data-row]").on("click", (event) => {
			event.preventDefault();
			const { row, column } = event.currentTarget.dataset;
			frappe
				.xcall("hocbaso_app.api.frozen.behind", { name: frm.doc.name, row, column }, "GET")
				.then(({ doctype, filters }) => frappe.set_route("List", doctype, "List", filters));
		});
	},
};
