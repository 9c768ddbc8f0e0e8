// A number opens the records behind it, the outcome the comparison in which they are named.
frappe.query_reports["HBS Should Sent Received"] = hocbaso.report([], {
	formatter(value, row, column, data, default_formatter) {
		const shown = default_formatter(value, row, column, data);
		if (!data) return shown;
		const link = (path, values) => `<a href="${path}?${new URLSearchParams(values)}" style="text-decoration: underline">${shown}</a>`;
		const where = { unit: data.unit, school_year: data.school_year };
		if (data.student_group) where.student_group = data.student_group;
		if (column.fieldname === "outcome") {
			const right = value === __("Equal");
			const colour = right ? "success" : value === __("Different") ? "danger" : "muted";
			const text = `<span class="text-${colour}">${frappe.utils.escape_html(value)}</span>`;
			return data.reconciliation ? `<a href="/app/hbs-reconciliation/${encodeURIComponent(data.reconciliation)}">${text}</a>` : text;
		}
		if (!value) return shown;
		if (column.fieldname === "should") return link("/app/hbs-record", where);
		if (column.fieldname === "released") {
			const states = ["Released", "Submitted", "Accepted", "Rejected", "Recall Requested"];
			return link("/app/hbs-record", { ...where, state: JSON.stringify(["in", states]) });
		}
		if (column.fieldname === "sent") {
			const states = ["Claimed", "Sent", "Uncertain", "Acknowledged", "Rejected"];
			return link("/app/hbs-submission", { ...where, state: JSON.stringify(["in", states]) });
		}
		if (column.fieldname === "acknowledged") return link("/app/hbs-submission", { ...where, state: "Acknowledged" });
		if (["received", "recalled"].includes(column.fieldname) && frappe.model.can_read("HBS Received Record")) {
			const { student_group, ...rest } = where;
			const of_class = student_group ? { ...rest, class_name: student_group } : rest;
			return link("/app/hbs-received-record", { ...of_class, status: column.fieldname === "recalled" ? "Recalled" : "Active" });
		}
		return shown;
	},
});
