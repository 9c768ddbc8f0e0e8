// Who of a school could sign on the signing days, who not and why; services; the rehearsals so far.
frappe.pages["hbs-readiness"].on_page_load = function (wrapper) {
	wrapper.hbs = new HbsReadiness(wrapper);
};
frappe.pages["hbs-readiness"].on_page_show = function (wrapper) {
	wrapper.hbs.show();
};

class HbsReadiness {
	constructor(wrapper) {
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Ready to sign"), single_column: true });
		this.body = $('<div class="hbs-readiness">').appendTo(this.page.main);
		this.page.set_secondary_action(__("Refresh"), () => this.show(), "refresh");
	}

	call(method, args, options) {
		return frappe.call({ method: `hocbaso_app.api.readiness.${method}`, args, ...options }).then((answer) => answer.message);
	}

	// /app/hbs-readiness, /app/hbs-readiness/<unit>
	async show() {
		const [, unit] = frappe.get_route();
		if (!this.data) this.body.html(`<p class="text-muted">${__("Loading…")}</p>`);
		this.data = await this.call("page", { unit }, { type: "GET" });
		this.body.empty();
		this.choose_school();
		this.numbers();
		this.signers();
		this.services();
		this.runs();
	}

	choose_school() {
		const { schools, unit, may_rehearse } = this.data;
		if (schools.length > 1) {
			const select = $('<select class="form-control hbs-school">').attr("aria-label", __("School")).appendTo(this.body);
			schools.forEach((row) => $("<option>").val(row.value).text(row.label).appendTo(select));
			select.val(unit).on("change", () => frappe.set_route("hbs-readiness", select.val()));
		}
		if (may_rehearse) this.page.set_primary_action(__("Rehearse now"), () => this.rehearse());
		else this.page.clear_primary_action();
	}

	rehearse() {
		const options = { freeze: true, freeze_message: __("Every signer is tried, services are asked…") };
		this.call("rehearse", { unit: this.data.unit }, options).then(() => this.show());
	}

	day(value) {
		return frappe.datetime.str_to_user(value, false, true);
	}

	numbers() {
		const { ready, total, failing, first_day, last_day, academic_year } = this.data;
		const box = $('<div class="hbs-numbers">').appendTo(this.body);
		const number = (value, text, kind) =>
			$(`<div class="hbs-number ${kind || ""}">`).append($("<b>").text(value), $("<span>").text(text)).appendTo(box);
		number(`${ready}/${total}`, __("signers could sign"), ready === total && total ? "good" : "");
		number(failing, __("would fail"), failing ? "bad" : "good");
		if (first_day) {
			const left = frappe.datetime.get_day_diff(first_day, frappe.datetime.get_today());
			const days = `${this.day(first_day)} – ${this.day(last_day)}`;
			number(days, left > 0 ? __("signing days, {0} days from now", [left]) : __("signing days"));
		} else number("–", __("no signing days set yet ({0})", [academic_year || "–"]));
	}

	signers() {
		const titles = { "Would fail": __("Would fail"), "To mend": __("To mend"), "Can sign": __("Can sign") };
		const kinds = { "Would fail": "fails", "To mend": "mend", "Can sign": "good" };
		Object.keys(titles).forEach((outcome) => {
			const rows = this.data.signers.filter((row) => row.outcome === outcome);
			if (!rows.length) return;
			$("<h4>").text(`${titles[outcome]} (${rows.length})`).appendTo(this.body);
			rows.forEach((row) => this.signer(row, kinds[outcome]));
		});
		if (!this.data.signers.length) {
			$('<p class="text-muted">').text(__("Nobody is to sign here yet: enter the assignments.")).appendTo(this.body);
		}
	}

	signer(row, kind) {
		const card = $(`<div class="hbs-signer ${kind}">`).appendTo(this.body);
		const method = row.method ? __(row.method) : "";
		$('<div class="head">')
			.append($("<b>").text(row.name), $('<span class="facts">').text(method))
			.appendTo(card);
		const work = row.work.length > 3 ? `${row.work.slice(0, 3).join(", ")} ${__("and {0} more", [row.work.length - 3])}` : row.work.join(", ");
		const facts = [work];
		if (row.certificate) {
			facts.push(row.tested_at ? __("last test {0}", [frappe.datetime.str_to_user(row.tested_at)]) : __("never signed for a test"));
			facts.push(__("valid until {0}", [this.day(row.valid_to)]));
		}
		$('<div class="facts">').text(facts.filter(Boolean).join(" · ")).attr("title", row.work.join(", ")).appendTo(card);
		if (!row.problems.length) return;
		const list = $("<ul>").appendTo(card);
		row.problems.forEach((problem) =>
			$("<li>").append(document.createTextNode(problem.text), $("<small>").text(problem.todo)).appendTo(list)
		);
	}

	services() {
		if (!this.data.services.length) return;
		$("<h4>").text(__("Signing services")).appendTo(this.body);
		this.data.services.forEach(({ name, certificates, answers }) => {
			const said = answers === null ? __("not asked yet") : answers ? __("answered at the last rehearsal") : __("did not answer");
			const kind = answers === null ? "" : answers ? "good" : "fails";
			$(`<div class="hbs-signer ${kind}">`)
				.append($("<b>").text(name), $('<div class="facts">').text(`${__("{0} certificates", [certificates])} · ${said}`))
				.appendTo(this.body);
		});
	}

	runs() {
		$("<h4>").text(__("Rehearsals")).appendTo(this.body);
		if (!this.data.runs.length) {
			const text = __("None yet. From 30 days before the signing it runs every night until nobody would fail.");
			return $('<p class="text-muted">').text(text).appendTo(this.body);
		}
		const table = $('<table class="table table-sm">').appendTo(this.body);
		this.data.runs.forEach((row) =>
			$("<tr>")
				.append($("<td>").append($("<a>").attr("href", `/app/hbs-rehearsal/${row.name}`).text(__("Rehearsal {0}", [row.run_number]))))
				.append($("<td>").text(frappe.datetime.str_to_user(row.rehearsed_at)))
				.append($("<td>").text(__("{0} of {1} could sign, {2} would fail", [row.ready, row.signers, row.failing])))
				.appendTo(table)
		);
	}
}
