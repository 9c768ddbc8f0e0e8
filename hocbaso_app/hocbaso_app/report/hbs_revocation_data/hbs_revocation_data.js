// What needs somebody stands first; newer data can be asked for at once.
frappe.query_reports["HBS Revocation Data"] = {
	filters: [],
	onload(report) {
		report.page.add_inner_button(__("Fetch newer data now"), () =>
			hocbaso.call("trust.fetch_revocation_data", {}, () =>
				frappe.show_alert({ message: __("Asked for. Refresh in a minute."), indicator: "blue" })
			)
		);
	},
};
