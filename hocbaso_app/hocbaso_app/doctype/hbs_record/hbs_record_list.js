// Colours of the states, and the steps for a whole class.
frappe.listview_settings["HBS Record"] = {
	add_fields: ["state", "student_group", "fault_count"],
	get_indicator(doc) {
		const colours = {
			Draft: doc.fault_count ? "red" : "gray",
			Released: "green",
			Accepted: "green",
			Rejected: "red",
			Recalled: "darkgrey",
			"Recall Requested": "orange",
		};
		return [__(doc.state), colours[doc.state] || "blue", `state,=,${doc.state}`];
	},
	hide_name_column: true,
	formatters: {
		waiting_for: (value) => frappe.utils.escape_html((value || "").split("\n").join(", ")),
	},
	onload(list) {
		hocbaso.prints.list(list);
		hocbaso.exchange.list(list);
		hocbaso.add_list_filters(list);
		const names = () => list.get_checked_items(true);
		const chosen = (step) => () => (names().length ? step(names()) : frappe.msgprint(__("Choose records first")));
		if (["HBS Principal", "HBS Clerk", "HBS School Admin"].some((role) => frappe.user.has_role(role))) {
			list.page.add_inner_button(__("Read in class"), () => hocbaso.read_in(() => list.refresh()));
		}
		if (["HBS Principal", "HBS Clerk"].some((role) => frappe.user.has_role(role))) {
			list.page.add_inner_button(__("Initialise class"), () => hocbaso.initialise(() => list.refresh()));
		}
		// Not the words of the Workflow's actions: Frappe hides every entry that has those.
		list.page.add_action_item(
			__("I have checked these records"),
			chosen((records) => hocbaso.confirm_check(records, () => list.refresh()))
		);
		list.page.add_action_item(
			__("Sign these records"),
			chosen(() => {
				const states = new Set(list.get_checked_items().map((doc) => doc.state));
				const stages = new Set([...states].map((state) => (hocbaso.stage_of(state) || {}).name));
				if (stages.size !== 1 || stages.has(undefined)) {
					frappe.msgprint(__("Choose records that wait for the same stage of signing."));
					return;
				}
				hocbaso.sign([...stages][0], list.get_checked_items());
			})
		);
	},
};
