// Whether the root is right, as it is found now: its list, its place in the row, its seal, the authority's receipt.
frappe.ui.form.on("HBS Daily Root", {
	refresh(frm) {
		frappe.xcall("hocbaso_app.api.roots.root", { name: frm.doc.name }).then((lines) => {
			const colour = { right: "green", open: "orange", wrong: "red" };
			const row = (line) =>
				`<p><span class="indicator ${colour[line.state]}"></span>${frappe.utils.escape_html(line.text)}</p>`;
			frm.get_field("view").$wrapper.html(lines.map(row).join(""));
		});
	},
});
