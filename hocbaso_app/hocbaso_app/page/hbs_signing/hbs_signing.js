// One page per signer: what waits, the pupils with the odd ones first, the very bytes, one confirmation, progress.
{% include "hocbaso_app/hocbaso_app/page/hbs_signing/ways.js" %}
{% include "hocbaso_app/hocbaso_app/page/hbs_signing/key_box.js" %}
{% include "hocbaso_app/hocbaso_app/page/hbs_signing/batch.js" %}
frappe.pages["hbs-signing"].on_page_load = function (wrapper) {
	wrapper.hbs = new HbsSigning(wrapper);
};
frappe.pages["hbs-signing"].on_page_show = function (wrapper) {
	wrapper.hbs.show();
};
frappe.pages["hbs-signing"].on_page_hide = function (wrapper) {
	wrapper.hbs.leave();
};

class HbsSigning {
	constructor(wrapper) {
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Sign records"), single_column: true });
		this.body = $('<div class="hbs-signing">').appendTo(this.page.main);
		this.page.set_secondary_action(__("Refresh"), () => this.show(), "refresh");
		this.batch = new HbsBatch(this);
		frappe.realtime.on("hbs_signing", ({ batch }) => this.batch.told(batch));
	}

	// /app/hbs-signing, /app/hbs-signing/<stage>/<class>, /app/hbs-signing/batch/<name>
	show() {
		this.leave();
		const [, kind, name] = frappe.get_route();
		const chosen = frappe.route_options || {};
		frappe.route_options = null;
		if (kind === "batch") return this.batch.show(name);
		if (kind && name) return this.show_class(kind, name, chosen.records);
		if (chosen.stage && chosen.student_group) return this.show_class(chosen.stage, chosen.student_group, chosen.records);
		return this.show_overview();
	}

	leave() {
		this.batch.leave();
		$(".hbs-confirm").remove();
	}

	call(method, args, options) {
		return frappe
			.call({ method: `hocbaso_app.api.signing.${method}`, args, ...options })
			.then((answer) => answer.message);
	}

	stage_title(stage) {
		return {
			gvbm: __("Subject results"),
			gvcn: __("Year results as homeroom teacher"),
			cbql: __("Records as school manager"),
			release: __("Release with the school's seal"),
		}[stage];
	}

	// ── what waits ──────────────────────────────────────────────────────────
	async show_overview() {
		this.page.set_title(__("Sign records"));
		const { waiting, unfinished } = await this.call("overview", {}, { type: "GET" });
		this.body.empty();
		if (unfinished.length) $("<h4>").text(__("Confirmed, not finished")).appendTo(this.body);
		unfinished.forEach((row) => this.batch_card(row));
		if (waiting.length) $("<h4>").text(__("Waiting for your signature")).appendTo(this.body);
		waiting.forEach((row) =>
			this.card(
				`${this.stage_title(row.stage)} · ${__("class {0}", [row.student_group])}`,
				__("{0} pupils, {1} parts to sign", [row.pupils, row.parts]),
				[[__("Look and sign"), () => frappe.set_route("hbs-signing", row.stage, row.student_group), true]]
			)
		);
		if (!waiting.length && !unfinished.length) {
			$('<div class="hbs-empty">')
				.append($("<p>").text(__("Nothing waits for your signature now.")))
				.append($("<p>").text(__("A record comes here when it is checked and the step before yours is signed.")))
				.appendTo(this.body);
		}
	}

	card(what, how_many, buttons) {
		const card = $('<div class="hbs-card">').appendTo(this.body);
		$("<div>")
			.append($('<div class="what">').text(what), $('<div class="how-many">').text(how_many))
			.appendTo(card);
		const side = $("<div>").appendTo(card);
		buttons.forEach(([label, action, main]) =>
			$(`<button class="btn btn-sm ${main ? "btn-primary" : "btn-default"} ml-2">`)
				.text(label)
				.on("click", action)
				.appendTo(side)
		);
	}

	batch_card(row) {
		const open = [__("Show"), () => frappe.set_route("hbs-signing", "batch", row.name), true];
		const title = `${this.stage_title(row.stage)} · ${row.classes || ""}`;
		const moment = frappe.datetime.str_to_user(row.consent_at);
		const details = `${row.name} · ${moment} · ${__("{0} parts", [row.total])} · ${__(row.status)}`;
		const give_up = [__("Give up"), () => this.discard(row.name, () => this.show())];
		this.card(title, details, row.status === "Prepared" ? [give_up, open] : [open]);
	}

	discard(batch, done) {
		frappe.confirm(__("Give up this signing? Nothing of it is signed; it stays on record."), () =>
			this.call("discard_batch", { batch }).then(done)
		);
	}

	// ── one class ───────────────────────────────────────────────────────────
	async show_class(stage, student_group, records) {
		this.stage = stage;
		this.student_group = student_group;
		this.page.set_title(`${this.stage_title(stage) || ""} · ${__("class {0}", [student_group])}`);
		this.body.html(`<div class="hbs-empty">${__("Loading…")}</div>`);
		const data = await this.call("pupils", { stage, student_group }, { type: "GET" });
		this.known_ways = data.ways;
		this.pupils = data.pupils;
		this.body.empty();
		this.back_link();
		this.body.append(hocbaso.locks.line(data.lock, student_group));
		if (!data.pupils.length) {
			$('<div class="hbs-empty">').text(__("Nothing of this class waits for your signature now.")).appendTo(this.body);
			return this.show_others(data.others, this.body);
		}
		const split = $('<div class="hbs-split">').appendTo(this.body);
		this.list = $('<div class="hbs-list">').appendTo(split);
		this.sheet = $('<div class="hbs-sheet">').appendTo(split);
		const chosen = new Set(records || data.pupils.map((row) => row.record));
		const odd = data.pupils.filter((row) => row.reasons.length);
		const plain = data.pupils.filter((row) => !row.reasons.length);
		if (odd.length) this.group(__("Look at these first ({0})", [odd.length]), odd, chosen);
		if (plain.length) this.group(__("Nothing unusual ({0})", [plain.length]), plain, chosen);
		this.show_others(data.others, this.list);
		this.confirm_bar();
		this.open_pupil(data.pupils[0]);
	}

	back_link() {
		$('<a class="btn btn-xs btn-default">')
			.text(`← ${__("All that waits for me")}`)
			.on("click", () => frappe.set_route("hbs-signing"))
			.appendTo(this.body);
	}

	group(title, rows, chosen) {
		const head = $('<div class="hbs-group">').append($("<span>").text(title)).appendTo(this.list);
		const all = $('<a>').text(__("choose all / none")).appendTo(head);
		rows.forEach((row) => this.pupil_row(row, chosen.has(row.record)));
		all.on("click", () => {
			const boxes = rows.filter((row) => !row.in_hand).map((row) => row.box);
			const on = !boxes.every((box) => box.prop("checked"));
			boxes.forEach((box) => box.prop("checked", on));
			this.count();
		});
	}

	pupil_row(row, checked) {
		const line = $('<div class="hbs-pupil">').appendTo(this.list);
		row.line = line;
		row.box = $('<input type="checkbox">')
			.attr("aria-label", row.full_name)
			.prop({ checked: checked && !row.in_hand, disabled: Boolean(row.in_hand) })
			.on("change", () => this.count())
			.appendTo(line);
		const open = $('<button class="open">').on("click", () => this.open_pupil(row)).appendTo(line);
		$('<div class="name">').text(row.full_name).appendTo(open);
		$('<div class="parts">')
			.text(row.in_hand ? __("is being signed ({0})", [row.in_hand]) : this.parts_text(row.parts))
			.attr("title", row.parts.join(", "))
			.appendTo(open);
		if (row.reasons.length) {
			const list = $("<ul>").appendTo(open);
			row.reasons.forEach((reason) => $("<li>").text(reason.text).appendTo(list));
		}
		row.looked = $('<span class="looked">').text(row.opened ? `✓ ${__("opened")}` : "").appendTo(line);
	}

	parts_text(parts) {
		if (this.stage !== "gvbm") return "";
		return parts.length > 2 ? __("{0} parts", [parts.length]) : parts.join(", ");
	}

	show_others(others, parent) {
		if (!others.length) return;
		$('<div class="hbs-group">').text(__("Not your turn yet ({0})", [others.length])).appendTo(parent);
		others.forEach((row) =>
			$('<div class="hbs-pupil">')
				.append(
					$("<div>").append(
						$('<div class="name">').text(row.full_name),
						$('<div class="parts">').text(row.state_sentence || __(row.state))
					)
				)
				.appendTo(parent)
		);
	}

	async open_pupil(row) {
		this.pupils.forEach((other) => other.line.toggleClass("current", other === row));
		this.sheet.css("opacity", 0.5);
		const page = await this.call("look", { record: row.record, stage: this.stage });
		row.opened = true;
		row.looked.text(`✓ ${__("opened")}`);
		this.sheet.css("opacity", 1).empty();
		this.steps(row);
		if (page.changes.length) this.changes(page.changes);
		const frame = $('<iframe sandbox="" referrerpolicy="no-referrer">').attr("title", page.full_name);
		frame.attr("srcdoc", page.html).appendTo(this.sheet);
		$('<div class="facts">')
			.append($("<div>").text(__("Your parts are framed in green: {0}", [page.parts.join(", ")])))
			.append($("<div>").text(__("Made from the very bytes you sign. SHA-256: {0} ({1} bytes)", [page.sha256, page.size])))
			.appendTo(this.sheet);
		this.count();
	}

	steps(row) {
		const at = this.pupils.indexOf(row);
		const bar = $('<div class="hbs-steps mb-2">').appendTo(this.sheet);
		const step = (label, other) =>
			$('<button class="btn btn-sm btn-default">')
				.text(label)
				.prop("disabled", !other)
				.on("click", () => this.open_pupil(other))
				.appendTo(bar);
		step(`← ${__("Previous")}`, this.pupils[at - 1]);
		$("<b>").text(`${row.full_name} (${at + 1}/${this.pupils.length})`).appendTo(bar);
		step(`${__("Next")} →`, this.pupils[at + 1]);
	}

	changes(rows) {
		const box = $('<div class="changes">').appendTo(this.sheet);
		$("<b>").text(__("Changed since you last looked:")).appendTo(box);
		const list = $('<ul class="mb-0">').appendTo(box);
		rows.forEach((row) =>
			$("<li>")
				.append(document.createTextNode(`${row.part ? `${row.part} – ` : ""}${row.label}: `))
				.append($("<del>").text(row.old || "–"), document.createTextNode(" → "), $("<ins>").text(row.new || "–"))
				.appendTo(list)
		);
	}

	chosen() {
		return this.pupils.filter((row) => row.box.prop("checked"));
	}

	count() {
		const rows = this.chosen();
		const parts = rows.reduce((sum, row) => sum + row.parts.length, 0);
		const unread = rows.filter((row) => row.reasons.length && !row.opened).length;
		this.consent.text(
			this.stage === "release"
				? __("I have checked and release {0} records with the school's seal.", [rows.length])
				: __("I have checked and sign {0} parts of {1} pupils with my own certificate.", [parts, rows.length])
		);
		this.unread.text(unread ? __("{0} pupils with something unusual are not opened yet.", [unread]) : "");
		this.button
			.text(__("Sign {0} pupils", [rows.length]))
			.prop("disabled", !rows.length || this.ways.problem || this.sending);
		this.ways.count(parts);
	}

	confirm_bar() {
		const bar = $('<div class="hbs-confirm"><div class="inner"></div></div>').appendTo(this.page.wrapper);
		const inner = bar.find(".inner");
		const label = $("<label>").appendTo(inner);
		this.seen = $('<input type="checkbox">').appendTo(label);
		const words = $("<span>").appendTo(label);
		this.consent = $("<span>").appendTo(words);
		this.unread = $('<div class="unread">').appendTo(words);
		this.ways = new HbsWays(inner, this.known_ways, { changed: () => this.count(), enter: () => this.send() });
		this.button = $('<button class="btn btn-primary">').on("click", () => this.send()).appendTo(inner);
		this.ways.note.appendTo(inner);
		this.sending = false;
		this.count();
	}

	async send() {
		if (this.sending) return;
		const rows = this.chosen();
		if (!this.seen.prop("checked")) return frappe.show_alert({ message: __("Tick the sentence first."), indicator: "orange" });
		if (!this.ways.complete()) return;
		this.sending = true;
		this.count();
		const names = rows.map((row) => row.record);
		const args = { stage: this.stage, names, device: hocbaso.device(), ...this.ways.take() };
		try {
			const { batch } = await this.call("start", args, { freeze: true, freeze_message: __("Signing with your key…") });
			this.batch.begin(batch);
		} catch {
			this.sending = false;
			this.count();
			this.ways.complete();
		}
	}
}
