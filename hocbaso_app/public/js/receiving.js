// The receiving desk: certificates of schools, received records, messages; and a school's own registration.
hocbaso.receiving = {
	text: (value) => frappe.utils.escape_html(String(value ?? "")),

	// A school's account: declare the certificate, see what became of it.
	account(frm) {
		if (frm.is_new()) return;
		const doc = frm.doc;
		const may = frappe.user.has_role("HBS School Admin");
		const open = ["Being Sent", "Waiting"].includes(doc.registration_status);
		const same = doc.registered_certificate === doc.certificate;
		const show = (answer) => {
			const colours = { Approved: "green", Refused: "red" };
			const message = [__(answer.status), answer.note].filter(Boolean).join(": ");
			frappe.show_alert({ message: hocbaso.receiving.text(message), indicator: colours[answer.status] || "blue" }, 10);
			frm.reload_doc();
		};
		if (open && same) {
			frm.add_custom_button(__("Ask about the registration"), () =>
				hocbaso.call("receiving.ask_certificate", { unit: doc.unit }, show)
			);
		} else if (may && !(same && doc.registration_status === "Approved")) {
			frm.add_custom_button(__("Register the certificate"), () =>
				frappe.confirm(
					__("The certificate is declared to the authority. An officer there approves it before it may be used."),
					() => hocbaso.call("receiving.register_certificate", { unit: doc.unit }, show)
				)
			);
		}
	},

	// An officer's page of one certificate.
	certificate(frm) {
		frm.disable_form();
		frappe.xcall("hocbaso_app.api.receiving.check_certificate", { name: frm.doc.name }).then((found) => {
			const { text } = hocbaso.receiving;
			const line = (right, label, value) =>
				`<div><span class="indicator ${right ? "green" : "red"}">${label}: ${text(value)}</span></div>`;
			const own = found.own
				? found.tax_code
				: __("{0}; the unit has {1}", [found.tax_code || "–", found.expected || "–"]);
			frm.get_field("check_result").$wrapper.html(
				line(found.trusted, __("Certificate path and revocation"), found.trust_text || __("It is right")) +
					line(found.own, __("Tax code"), own)
			);
			frm.clear_custom_buttons();
			if (!found.may_decide) return;
			if (frm.doc.status === "Approved") {
				frm.add_custom_button(__("Withdraw the certificate"), () => hocbaso.receiving.withdraw_certificate(frm));
				return;
			}
			const decide = (approve, note) =>
				hocbaso.call("receiving.decide_certificate", { name: frm.doc.name, approve: approve ? 1 : 0, note }, () =>
					frm.reload_doc()
				);
			const refuse = () =>
				frappe.prompt(
					[{ fieldname: "note", fieldtype: "Small Text", label: __("Why is it refused? The school reads it."), reqd: 1 }],
					({ note }) => decide(false, note),
					__("Refuse the certificate"),
					__("Refuse the certificate")
				);
			if (found.passed) {
				frm.page.set_primary_action(__("Approve the certificate"), () =>
					frappe.confirm(
						__("The school may sign its lists and seal its records with this certificate from now on."),
						() => decide(true, "")
					)
				);
			}
			frm.add_custom_button(__("Refuse the certificate"), refuse);
		});
	},

	withdraw_certificate(frm) {
		const note = __("From now on nothing is taken that is signed with it. What it sealed before stays valid.");
		frappe.prompt(
			[
				{ fieldname: "about", fieldtype: "HTML", options: `<p>${note}</p>` },
				{ fieldname: "note", fieldtype: "Small Text", label: __("Why is it withdrawn? The school reads it."), reqd: 1 },
			],
			(values) =>
				hocbaso.call("receiving.withdraw_certificate", { name: frm.doc.name, note: values.note }, () => frm.reload_doc()),
			__("Withdraw the certificate"),
			__("Withdraw the certificate")
		);
	},

	// A received record: verified anew, shown as the official form, never from the desk's fields.
	record(frm) {
		frm.disable_form();
		frm.toggle_display("view", false);
		const { text } = hocbaso.receiving;
		const doc = frm.doc;
		if (doc.status === "Recalled") {
			const link = doc.replaced_by
				? ` · <a href="/app/hbs-received-record/${encodeURIComponent(doc.replaced_by)}">${__("Replaced by")}: ${text(doc.replaced_by)}</a>`
				: "";
			frm.set_intro(`${__("Recalled at {0}", [frappe.datetime.str_to_user(doc.recalled_at)])}${link}`, "red");
		} else if (doc.late) {
			frm.set_intro(__("This record came after the deadline."), "orange");
		}
		const file = (method) => {
			const query = new URLSearchParams({ name: doc.name });
			window.open(`/api/method/hocbaso_app.api.receiving.${method}?${query}`, "_blank", "noopener");
		};
		frm.add_custom_button(__("Read the record"), () => hocbaso.receiving.show(frm));
		frm.add_custom_button(__("PDF"), () => file("record_pdf"));
		frm.add_custom_button(__("Original"), () => file("record_original"));
		frappe.xcall("hocbaso_app.api.receiving.verdict", { name: doc.name }).then((found) => {
			const said = found.valid
				? __("The file is valid: all {0} signatures were verified as of its receipt.", [found.signatures.length])
				: __("The file does not pass verification. Tell the department's administrator.");
			frm.dashboard.clear_headline();
			frm.dashboard.set_headline_alert(text(said), found.valid ? "green" : "red");
		});
	},

	show(frm) {
		frappe.xcall("hocbaso_app.api.receiving.record_page", { name: frm.doc.name }).then((page) => {
			const frame = document.createElement("iframe");
			frame.setAttribute("sandbox", "");
			frame.setAttribute("title", __("Read the record"));
			frame.style.cssText = "width:100%;height:80vh;border:1px solid var(--border-color);background:#fff";
			frame.srcdoc = page;
			frm.toggle_display("view", true);
			frm.get_field("view").$wrapper.empty().append(frame);
			frm.scroll_to_field("view");
		});
	},

	message(frm) {
		frm.disable_form();
		const doc = frm.doc;
		if (doc.kind === "Records" && doc.status === "Settled") {
			frm.add_custom_button(__("What was answered"), () =>
				frappe.set_route("List", "HBS Incoming Item", { message: doc.name })
			);
		}
		if (doc.status === "Waiting" && doc.error) {
			frm.set_intro(hocbaso.receiving.text(doc.error), "red");
			frm.add_custom_button(__("Check it again"), () =>
				hocbaso.call("receiving.try_again", { name: doc.name }, () => frm.reload_doc())
			);
		}
	},
};
