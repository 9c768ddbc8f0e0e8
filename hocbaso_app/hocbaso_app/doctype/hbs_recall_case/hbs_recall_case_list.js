// Colours, the overdue first to see, and decisions about several at once. The server judges each by itself.
frappe.listview_settings["HBS Recall Case"] = {
	add_fields: ["status", "due_on", "unit"],
	hide_name_column: true,

	get_indicator(doc) {
		const open = ["Waiting", "More Asked"].includes(doc.status);
		if (open && doc.due_on && doc.due_on < frappe.datetime.get_today()) {
			return [__("Overdue"), "red", `status,in,Waiting,More Asked|due_on,<,${frappe.datetime.get_today()}`];
		}
		const colours = { Waiting: "orange", "More Asked": "blue", Approved: "green", Refused: "gray", Withdrawn: "gray" };
		return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
	},

	onload(list) {
		const chosen = (approve) => () => {
			const names = list.get_checked_items(true);
			if (!names.length) frappe.msgprint(__("Choose requests first"));
			else hocbaso.recalls.decide(names, approve, () => list.refresh());
		};
		list.page.add_inner_button(__("Overdue"), () => {
			list.filter_area.clear().then(() =>
				list.filter_area.add([
					["HBS Recall Case", "status", "in", ["Waiting", "More Asked"]],
					["HBS Recall Case", "due_on", "<", frappe.datetime.get_today()],
				])
			);
		});
		if (["HBS Office Officer", "HBS Department Officer"].some((role) => frappe.user.has_role(role))) {
			list.page.add_action_item(__("Approve these recalls"), chosen(true));
			list.page.add_action_item(__("Refuse these recalls"), chosen(false));
		}
	},
};
