// An officer and a recall request: what he sees, and the steps from form and list alike. The server decides.
hocbaso.recalls = {
	text: (value) => frappe.utils.escape_html(String(value === null || value === undefined ? "" : value)),

	headline(frm) {
		const doc = frm.doc;
		const open = ["Waiting", "More Asked"].includes(doc.status);
		const day = doc.due_on ? frappe.datetime.str_to_user(doc.due_on) : "";
		const late = open && doc.due_on && doc.due_on < frappe.datetime.get_today();
		let said = __(doc.status);
		if (open && day) said = late ? __("Overdue: it was to be decided until {0}", [day]) : __("To be decided until {0}", [day]);
		if (doc.status === "More Asked") said = `${__("The school was asked; you may decide without its answer.")} ${said}`;
		frm.dashboard.set_headline(hocbaso.recalls.text(said), late ? "red" : open ? "blue" : "green");
	},

	page(doc, found) {
		const text = hocbaso.recalls.text;
		const parts = [];
		if (found.forwarded) {
			const day = frappe.datetime.str_to_user(found.forwarded);
			parts.push(
				`<div class="alert alert-warning">${text(__("Forwarded to the Ministry on {0}: a recall waits for the Ministry's answer.", [day]))}</div>`
			);
		}
		parts.push(`<h5>${__("What is wrong")}</h5><p>${text(doc.reason)}</p>`);
		if (found.claim.given) {
			const claim = found.claim;
			const mark = claim.right
				? `<span class="indicator-pill green">${__("The file says so")}</span>`
				: `<span class="indicator-pill red">${__("The file says: {0}", [text(claim.in_file === null ? "–" : claim.in_file)])}</span>`;
			parts.push(
				`<table class="table table-bordered"><tr><th>${__("Field")}</th><th>${__("Value before")}</th><th>${__("Value after")}</th></tr>` +
					`<tr><td>${text(claim.label)}</td><td><s>${text(claim.before)}</s> ${mark}</td><td><b>${text(claim.after)}</b></td></tr></table>`
			);
		} else {
			parts.push(`<p class="text-muted">${__("The school named no single field; its words stand above.")}</p>`);
		}
		const files = doc.notes.filter((note) => note.attachment);
		parts.push(`<h5>${__("Evidence")} (${files.length})</h5>`);
		parts.push(
			files.length
				? `<ul>${files
						.map((note) => `<li><a href="${encodeURI(note.attachment)}" target="_blank" rel="noopener">${text(note.text)}</a></li>`)
						.join("")}</ul>`
				: `<p class="text-muted">${__("None was sent electronically.")}</p>`
		);
		parts.push(hocbaso.recalls.talk(doc.notes));
		const colour = found.file.passed === "TOTAL-PASSED" ? "green" : "orange";
		parts.push(
			`<h5>${__("The record as it was received")}</h5><p><span class="indicator-pill ${colour}">${text(found.file.verdict)}</span> ` +
				`<a href="/app/hbs-received-record/${encodeURIComponent(doc.received_record)}">${text(doc.record_code)}</a></p>`
		);
		parts.push(hocbaso.recalls.issues(found.issues), hocbaso.recalls.copies(found.copies));
		return parts.join("");
	},

	// Who said what, the oldest first; files stand above.
	talk(notes) {
		const text = hocbaso.recalls.text;
		const lines = notes
			.filter((note) => !note.attachment)
			.map(
				(note) =>
					`<li><span class="text-muted">${text(frappe.datetime.str_to_user(note.at))} · ${text(__(note.kind))} · ${text(note.author)}</span><br>` +
					`${text(note.text).replace(/\n/g, "<br>")}</li>`
			);
		return `<h5>${__("Questions, answers, evidence")}</h5><ul>${lines.join("")}</ul>`;
	},

	issues(issues) {
		const text = hocbaso.recalls.text;
		const rows = issues.map((issue) => {
			const changes = issue.changes
				.map((c) => `${text(c.label)}: <s>${text(c.old || "–")}</s> → <b>${text(c.new || "–")}</b>`)
				.join("<br>");
			const state = issue.recalled_at
				? `${__("Recalled")} ${text(issue.recalled_at)}`
				: issue.this
				? `<b>${__("This record")}</b>`
				: __("In force");
			return `<tr><td>${text(issue.issue)}</td><td>${text(issue.received_at)}</td><td>${text(issue.receipt)}</td><td>${state}</td><td>${changes}</td></tr>`;
		});
		return (
			`<h5>${__("Issues of this record")}</h5><table class="table table-bordered"><tr><th>${__("Issue number")}</th>` +
			`<th>${__("Received at")}</th><th>${__("Receipt number")}</th><th>${__("State")}</th><th>${__("Changed from the issue before")}</th></tr>${rows.join("")}</table>`
		);
	},

	copies(copies) {
		const text = hocbaso.recalls.text;
		const title = `<h5>${__("Who has received or printed it")}</h5>`;
		if (!copies.known) return `${title}<p class="text-muted">${__("The school's records are not on this site; what it told stands in the notes.")}</p>`;
		const lines = copies.lines.map(
			(line) =>
				`<li>${[line.at, line.kind, line.serial && `${__("number")} ${line.serial}`, line.receiver, line.purpose].filter(Boolean).map(text).join(" · ")}</li>`
		);
		const citing = copies.citing.length
			? `<p>${__("Schools whose records cite this page")}: <b>${copies.citing.map(text).join(", ")}</b></p>`
			: "";
		const unknown = `<p class="text-muted">${__("Who else looked the code up is not kept.")}</p>`;
		return `${title}<p>${text(copies.sentence)}</p><ul>${lines.join("")}</ul>${citing}${unknown}`;
	},

	buttons(frm, found) {
		const name = frm.doc.name;
		const again = () => frm.reload_doc();
		frm.add_custom_button(__("Approve the recall"), () => hocbaso.recalls.decide([name], true, again)).addClass("btn-primary");
		frm.add_custom_button(__("Refuse the recall"), () => hocbaso.recalls.decide([name], false, again));
		frm.add_custom_button(__("Ask the school"), () =>
			hocbaso.recalls.prompt(__("Ask the school"), __("What do you want to know?"), (question) =>
				hocbaso.call("recalls.ask_more", { name, question }, again)
			)
		);
		frm.add_custom_button(__("Note for colleagues"), () =>
			hocbaso.recalls.prompt(__("Note for colleagues"), __("Note"), (text) => hocbaso.call("recalls.note", { name, text }, again))
		);
		if (found.forwarded || frm.doc.ministry_state) {
			frm.add_custom_button(__("Answer of the Ministry"), () => hocbaso.recalls.ministry(name, again));
		}
	},

	prompt(title, label, done) {
		frappe.prompt([{ fieldname: "text", fieldtype: "Small Text", label, reqd: 1 }], ({ text }) => done(text), title);
	},

	ministry(name, done) {
		const states = ["Asked", "Agreed", "Refused"].map((value) => ({ value, label: value === "Refused" ? __("The Ministry refuses") : __(value) }));
		frappe.prompt(
			[
				{ fieldname: "state", fieldtype: "Select", label: __("At the Ministry"), options: states, reqd: 1 },
				{ fieldname: "text", fieldtype: "Small Text", label: __("Number and date of the letter"), reqd: 1 },
			],
			({ state, text }) => hocbaso.call("recalls.ministry_note", { name, state, text }, done),
			__("Answer of the Ministry")
		);
	},

	decide(names, approve, done) {
		const text = hocbaso.recalls.text;
		const title = approve ? __("Approve the recall") : __("Refuse the recall");
		const note = approve
			? __("{0} records are recalled; the old files count no more and the schools open new issues.", [names.length])
			: __("{0} requests are refused; the records stay in force.", [names.length]);
		frappe.prompt(
			[
				{ fieldname: "said", fieldtype: "HTML", options: `<p>${text(note)}</p>` },
				{ fieldname: "note", fieldtype: "Small Text", label: approve ? __("Remark for the school") : __("Reason of the decision"), reqd: !approve },
			],
			(values) =>
				hocbaso.call("recalls.decide_cases", { names, approve: approve ? 1 : 0, note: values.note || "" }, (answer) => {
					if (answer.failed.length) {
						const rows = answer.failed.map((row) => `<li><b>${text(row.pupil || row.name)}</b>: ${text(row.why)}</li>`).join("");
						frappe.msgprint({ title: __("Not decided"), indicator: "orange", message: `<ul>${rows}</ul>` });
					}
					if (answer.done.length) frappe.show_alert({ message: __("{0} decided", [answer.done.length]), indicator: "green" });
					done();
				}),
			title
		);
	},
};
