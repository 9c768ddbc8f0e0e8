// What a person sees and does after release: submit, receipt, take back, recall. The server decides.
hocbaso.exchange = {
	form(frm) {
		const doc = frm.doc;
		hocbaso.outbox.go_to_field(frm);
		const has = (...roles) => roles.some((role) => frappe.user.has_role(role));
		if (doc.state === "Draft" && doc.current_version) hocbaso.exchange.show_impact(frm);
		if (doc.current_version) hocbaso.exchange.show_issues(frm);
		if (!["Released", "Submitted", "Accepted", "Rejected", "Recall Requested"].includes(doc.state)) return;
		if (doc.receipt_number) {
			const text = frappe.utils.escape_html;
			const link = `<a href="${text(doc.lookup_link)}" target="_blank" rel="noopener">${__("Look-up link")}</a>`;
			const moment_of = frappe.datetime.str_to_user(doc.received_at);
			frm.set_intro(`${__("Receipt number")}: <b>${text(doc.receipt_number)}</b> · ${moment_of} · ${link}`, "green");
		}
		frm.add_custom_button(__("Receipt"), () => hocbaso.exchange.show_receipt(doc.name));
		if (["Released", "Submitted"].includes(doc.state) && has("HBS Clerk", "HBS Principal")) {
			frm.add_custom_button(__("Submit now"), () => hocbaso.exchange.submit([doc.name]));
		}
		if (["Released", "Rejected"].includes(doc.state) && has("HBS Principal")) {
			frm.add_custom_button(__("Withdraw record"), () => hocbaso.exchange.withdraw(frm));
		}
		if (doc.state === "Accepted" && has("HBS Principal")) {
			frm.add_custom_button(__("Request recall"), () => hocbaso.exchange.recall([doc.name]));
		}
	},

	list(list) {
		const chosen = (step) => () => {
			const names = list.get_checked_items(true);
			if (names.length) step(names);
			else frappe.msgprint(__("Choose records first"));
		};
		if (["HBS Principal", "HBS Clerk"].some((role) => frappe.user.has_role(role))) {
			list.page.add_action_item(__("Submit now"), chosen(hocbaso.exchange.submit));
		}
		if (frappe.user.has_role("HBS Principal")) {
			list.page.add_action_item(__("Recall these records"), chosen(hocbaso.exchange.recall));
		}
	},

	submit(names) {
		hocbaso.call("exchange.submit_now", { names }, (answer) => {
			const message = answer.woken
				? __("The sending was woken; this page shows the answer by itself.")
				: __("Nothing of these waits to be sent.");
			frappe.show_alert({ message, indicator: answer.woken ? "blue" : "gray" });
		});
	},

	withdraw(frm) {
		const note = __("The file stays as evidence; the record becomes a draft and gets a new code.");
		frappe.prompt(
			[
				{ fieldname: "note", fieldtype: "HTML", options: `<p>${note}</p>` },
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Why is it taken back?"), reqd: 1 },
			],
			({ reason }) => hocbaso.call("exchange.withdraw", { name: frm.doc.name, reason }, () => frm.reload_doc()),
			__("Withdraw record")
		);
	},

	recall(names) {
		hocbaso.call("exchange.start_recall", { names }, (name) => frappe.set_route("Form", "HBS Recall Request", name));
	},

	show_receipt(name) {
		hocbaso.call("exchange.receipt", { name }, (answer) => {
			const text = (value) => frappe.utils.escape_html(String(value));
			const rows = [[__("State of the submission"), text(__(answer.state))]];
			if (answer.receipt) {
				const local = moment.parseZone(answer.receipt.received_at).format("HH:mm:ss, D/M/YYYY");
				const link = text(answer.receipt.link);
				rows.push([__("Receipt number"), text(answer.receipt.number)]);
				rows.push([__("Received at"), text(local)]);
				rows.push([__("Look-up link"), `<a href="${link}" target="_blank" rel="noopener">${link}</a>`]);
				rows.push(["SHA-256", `<code style="overflow-wrap:anywhere">${text(answer.receipt.sha256)}</code>`]);
				rows.push([__("Seal of the receipt"), text(__("Right: it was verified just now against this very file."))]);
				const file = `/api/method/hocbaso_app.api.prints.receipt?name=${encodeURIComponent(name)}`;
				rows.push([__("Receipt as a file"), `<a href="${file}">${text(__("Download, to be verified by anyone"))}</a>`]);
				if (answer.qr) rows.push([__("Look-up link as QR"), `<div style="width: 9em">${answer.qr}</div>`]);
			}
			if (answer.error) rows.push([__("What is wrong"), text(answer.error)]);
			if (answer.held_up) rows.push([__("What holds it up"), text(answer.held_up)]);
			if (answer.error_owner) rows.push([__("Who mends it"), text(answer.error_owner)]);
			if (!answer.receipt && answer.attempts) rows.push([__("Attempts"), text(answer.attempts)]);
			if (!answer.receipt && answer.next_attempt_at) {
				rows.push([__("Next attempt at"), text(frappe.datetime.str_to_user(answer.next_attempt_at))]);
			}
			const body = rows.map(([label, value]) => `<tr><td class="text-muted">${label}</td><td>${value}</td></tr>`);
			frappe.msgprint({
				title: __("Receipt"),
				indicator: answer.receipt ? "green" : answer.error ? "orange" : "blue",
				message: `<table class="table">${body.join("")}</table>`,
				wide: true,
			});
		});
	},

	// Issues that were recalled or taken back stay in sight, with what stands in their place.
	show_issues(frm) {
		frappe.xcall("hocbaso_app.api.exchange.issues", { name: frm.doc.name }).then((issues) => {
			if (!issues.some((issue) => issue.status !== "Released") || frm.is_dirty()) return;
			const text = (value) => frappe.utils.escape_html(String(value));
			const day = (value) => (value ? frappe.datetime.str_to_user(value) : "–");
			const said = (issue) => {
				if (issue.status === "Released") return `<b>${__("In force")}</b>`;
				const parts = [`<b class="text-danger">${text(__(issue.status))}</b> ${issue.at ? text(day(issue.at)) : ""}`];
				if (issue.replaced_by) parts.push(text(__("replaced by issue {0}", [issue.replaced_by_issue])));
				if (issue.request) {
					parts.push(`<a href="/app/hbs-recall-request/${encodeURIComponent(issue.request)}">${text(issue.request)}</a>`);
				}
				return parts.join(" · ");
			};
			const rows = issues.map(
				(issue) =>
					`<tr><td>${text(issue.issue)}</td><td><code>${text(issue.code)}</code></td><td>${text(day(issue.released_on))}</td><td>${said(issue)}</td></tr>`
			);
			const head = [__("Issue number"), __("Record code"), __("Released on"), __("State")];
			frm.dashboard.add_section(
				`<table class="table table-bordered table-sm">${`<tr>${head.map((h) => `<th>${text(h)}</th>`).join("")}</tr>`}${rows.join("")}</table>`,
				__("Issues of this record")
			);
			frm.dashboard.show();
		});
	},

	show_impact(frm) {
		frappe.xcall("hocbaso_app.api.exchange.impact", { name: frm.doc.name }).then((answer) => {
			if (!answer.after || frm.doc.state !== "Draft") return;
			const text = (value) => frappe.utils.escape_html(value);
			const title = answer.after === "Recalled" ? __("The old version was recalled.") : __("The old version was withdrawn.");
			if (!answer.changes.length) {
				frm.set_intro(`${title} ${__("Nothing is corrected yet.")}`, "orange");
				return;
			}
			const changes = answer.changes.map((line) => `<li>${text(line)}</li>`).join("");
			const people = answer.must_sign.map((row) => `<li>${text(row.part)}: <b>${text(row.person)}</b></li>`).join("");
			frm.set_intro(
				`${title} ${__("Corrected so far:")}<ul>${changes}</ul>${__("Who must sign again:")}<ul>${people}</ul>` +
					__("All other signatures stay as they are."),
				"blue"
			);
		});
	},
};
