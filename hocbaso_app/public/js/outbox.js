// The queue to the city database: pausing needs a reason and is seen above; tasks are handed on. The server decides.
hocbaso.outbox = {
	may_pause() {
		const roles = ["HBS School Admin", "HBS Principal", "HBS Office Officer", "HBS Department Officer"];
		return roles.some((role) => frappe.user.has_role(role));
	},

	// The buttons of a form or list of one school; ``done`` is called after a change.
	show_stopped(unit, show, done) {
		frappe.xcall("hocbaso_app.api.outbox.stopped", { unit }).then((rows) => {
			const lines = rows.map((row) =>
				__("{0} by {1} since {2}: {3}", [
					__(row.what),
					row.by,
					moment.parseZone(row.since).format("HH:mm, D/M/YYYY"),
					row.reason,
				])
			);
			show(lines, rows.some((row) => row.what === "Sending paused"), done);
		});
	},

	account(frm) {
		if (frm.is_new()) return;
		hocbaso.outbox.show_stopped(frm.doc.unit, (lines, paused) => {
			frm.set_intro("");
			for (const line of lines) frm.set_intro(frappe.utils.escape_html(line), "orange");
			if (!hocbaso.outbox.may_pause()) return;
			const done = () => frm.reload_doc();
			if (paused) frm.add_custom_button(__("Let it go on"), () => hocbaso.outbox.go_on(frm.doc.unit, done));
			else frm.add_custom_button(__("Pause sending"), () => hocbaso.outbox.pause(frm.doc.unit, done));
		});
	},

	pause(unit, done) {
		const note = __("Records stay in the queue. The office and the department see at once who paused it, why and since when.");
		frappe.prompt(
			[
				{ fieldname: "note", fieldtype: "HTML", options: `<p>${note}</p>` },
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Why is the sending paused?"), reqd: 1 },
			],
			({ reason }) => hocbaso.call("outbox.pause", { unit, reason }, done),
			__("Pause sending"),
			__("Pause")
		);
	},

	go_on(unit, done) {
		frappe.prompt(
			[{ fieldname: "note", fieldtype: "Small Text", label: __("Why does it go on now?"), reqd: 1 }],
			({ note }) => hocbaso.call("outbox.go_on", { unit, note }, done),
			__("Let it go on"),
			__("Let it go on")
		);
	},

	// Units of the rows of a list; the only one of a school's people.
	pause_from_list(list) {
		const units = [...new Set(list.data.map((row) => row.unit))];
		if (units.length !== 1) {
			frappe.msgprint(__("Filter the list by one school first."));
			return;
		}
		hocbaso.outbox.show_stopped(units[0], (lines, paused) => {
			const done = () => list.refresh();
			if (paused) hocbaso.outbox.go_on(units[0], done);
			else hocbaso.outbox.pause(units[0], done);
		});
	},

	hand_on(names, done) {
		frappe.xcall("hocbaso_app.api.outbox.people", { name: names[0] }).then((people) => {
			frappe.prompt(
				[{ fieldname: "user", fieldtype: "Autocomplete", label: __("Who takes it on?"), options: people, reqd: 1 }],
				({ user }) => hocbaso.call("outbox.hand_on", { names, user }, done),
				__("Hand on"),
				__("Hand on")
			);
		});
	},

	// A task of a refusal leads to the record with the field in its address.
	go_to_field(frm) {
		const wanted = (frappe.route_options || {}).hbs_field || new URLSearchParams(window.location.search).get("hbs_field");
		if (!wanted || !frm.fields_dict[wanted]) return;
		if (frappe.route_options) delete frappe.route_options.hbs_field;
		setTimeout(() => frm.scroll_to_field(wanted), 300);
	},
};
