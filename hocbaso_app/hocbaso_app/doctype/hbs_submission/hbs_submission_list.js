// Colours of the states; sending now, for the clerk and the principal.
frappe.listview_settings["HBS Submission"] = {
	add_fields: ["state", "record", "unit"],
	hide_name_column: true,
	get_indicator(doc) {
		const colours = {
			Acknowledged: "green",
			Rejected: "red",
			"Needs Attention": "red",
			Uncertain: "orange",
			"Taken Back": "darkgrey",
		};
		return [__(doc.state), colours[doc.state] || "blue", `state,=,${doc.state}`];
	},
	onload(list) {
		if (hocbaso.outbox.may_pause()) {
			list.page.add_inner_button(__("Pause or go on"), () => hocbaso.outbox.pause_from_list(list));
		}
		list.page.add_action_item(__("Hand on"), () => {
			const names = list.get_checked_items(true);
			if (names.length) hocbaso.outbox.hand_on(names, () => list.refresh());
		});
		if (!["HBS Principal", "HBS Clerk"].some((role) => frappe.user.has_role(role))) return;
		list.page.add_action_item(__("Submit now"), () => {
			const names = list.get_checked_items().map((row) => row.record);
			if (names.length) hocbaso.exchange.submit(names);
		});
	},
};
