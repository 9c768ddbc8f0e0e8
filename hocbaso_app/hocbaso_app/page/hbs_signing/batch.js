// Progress of one confirmation: what is signed, what waits and why, what to do now.
class HbsBatch {
	constructor(owner) {
		this.owner = owner;
	}

	get body() {
		return this.owner.body;
	}

	call(method, args, options) {
		return this.owner.call(method, { batch: this.name, ...args }, options);
	}

	// Straight from a confirmation: a program on this computer is asked at once.
	begin(name) {
		this.begun = name;
		frappe.set_route("hbs-signing", "batch", name);
	}

	show(name) {
		this.name = name;
		this.here = this.busy = false;
		this.drawn = this.problem = null;
		this.owner.page.set_title(__("Signing {0}", [name]));
		this.body.html(`<div class="hbs-empty">${__("Loading…")}</div>`);
		return this.ask_status();
	}

	leave() {
		clearTimeout(this.timer);
		this.name = this.box = null;
	}

	told(name) {
		if (name === this.name) this.ask_status();
	}

	async ask_status({ anew } = {}) {
		if (this.asking || !this.name) return;
		this.asking = true;
		try {
			if (anew) this.drawn = null;
			this.draw(await this.call("batch_status", {}, { type: "GET" }));
		} finally {
			this.asking = false;
		}
	}

	// The worker looks for the phone's answer too; with the page open nobody depends on it.
	async look() {
		if (!this.name || this.asking) return;
		this.asking = true;
		try {
			this.draw(await this.call("collect", {}));
		} finally {
			this.asking = false;
		}
	}

	draw(data) {
		if (data.batch !== this.name) return;
		clearTimeout(this.timer);
		const running = ["Ready", "Running"].includes(data.status);
		if (data.asked) this.timer = setTimeout(() => this.look(), 3000);
		else if (running && !this.here) this.timer = setTimeout(() => this.ask_status(), 2000);
		if (this.busy) return this.bar_to(data);
		// A page that changes under the mouse loses clicks: only news is drawn.
		const news = JSON.stringify([
			data.status, data.signed, data.waiting, data.stuck, data.worker, this.here, data.fault, data.asked?.until,
		]);
		if (news === this.drawn) return this.sentence.text(data.sentence);
		this.drawn = news;
		this.body.empty();
		this.owner.back_link();
		$("<h4>").text(`${this.owner.stage_title(data.stage)} · ${data.classes || ""}`).appendTo(this.body);
		$('<div class="hbs-bar"><div></div></div>').appendTo(this.body);
		this.count = $("<p>").appendTo(this.body);
		this.bar_to(data);
		this.sentence = $('<p role="status">').text(data.sentence).appendTo(this.body);
		if (data.continued) this.link(__("The rest goes on in {0}", [data.continued]), data.continued);
		// A program on this computer may go on while a worker writes what it signed before.
		const goes_on = data.open && (!running || (data.way && data.way.plugin));
		this.box = goes_on ? new HbsKeyBox(this, data, this.body) : null;
		if (this.box && this.problem) this.box.fault(this.problem);
		this.buttons(data, running);
		const of = (...kinds) => data.records.filter((row) => kinds.includes(row.outcome));
		this.outcomes(of("Refused"), __("Not signed"));
		this.outcomes(of("Waiting"), __("Waiting"));
		this.outcomes(of("Continued"), __("Signed elsewhere"));
		this.outcomes(of("Signed", "Already signed"), __("Signed"));
		$('<p class="text-muted small">')
			.text(`${data.consent} ${frappe.datetime.str_to_user(data.consent_at)}`)
			.appendTo(this.body);
		if (data.continues) this.link(__("Continues {0}", [data.continues]), data.continues);
		if (this.begun === data.batch && this.box && this.box.go) this.box.sign_here();
		this.begun = null;
	}

	bar_to(data) {
		const done = data.total ? Math.round((100 * data.signed) / data.total) : 0;
		this.body.find(".hbs-bar").toggleClass("stuck", Boolean(data.stuck)).children().css("width", `${done}%`);
		this.count
			.empty()
			.append($("<b>").text(__("{0} of {1} parts signed", [data.signed, data.total])))
			.append(document.createTextNode(` · ${__(data.status)}`));
	}

	link(text, name) {
		$("<p>")
			.append($("<a>").text(text).on("click", () => frappe.set_route("hbs-signing", "batch", name)))
			.appendTo(this.body);
	}

	buttons(data, running) {
		const bar = $('<div class="mb-3">').appendTo(this.body);
		const button = (label, action, kind) =>
			$(`<button class="btn btn-sm ${kind || "btn-default"} mr-2">`).text(label).on("click", action).appendTo(bar);
		if (running && data.stuck && !this.here) {
			const wake = () => this.call("resume_batch", {}).then((news) => this.draw(news));
			if (data.worker) button(__("Go on"), wake, "btn-primary");
			button(__("Sign here"), () => this.run_here(), data.worker ? "" : "btn-primary");
		}
		if (!running && data.records.some((row) => row.outcome === "Refused")) {
			const back = () => frappe.set_route("hbs-signing", data.stage, data.classes.split(", ")[0]);
			button(__("Back to the class"), back, "btn-primary");
		}
	}

	async again(args) {
		const { certificate: _same, ...typed } = args;
		this.drawn = null;
		this.draw(await this.call("ask_again", typed, { freeze: true, freeze_message: __("Asking your key…") }));
	}

	async go_on(args) {
		const options = { freeze: true, freeze_message: __("Preparing the remaining parts…") };
		const { batch } = await this.call("continue_batch", args, options);
		this.begin(batch);
	}

	discard() {
		this.owner.discard(this.name, () => frappe.set_route("hbs-signing"));
	}

	async run_here() {
		const name = this.name;
		this.here = true;
		try {
			let data;
			do {
				data = await this.call("run_here", {});
				this.draw(data);
			} while (this.name === name && data.status === "Running");
		} finally {
			this.here = false;
		}
	}

	outcomes(rows, title) {
		if (!rows.length) return;
		const pupil = (row) => $("<a>").text(row.full_name).attr("href", `/app/hbs-record/${encodeURIComponent(row.record)}`);
		$("<h4>").text(`${title} (${rows.length})`).appendTo(this.body);
		const table = $('<table class="table table-sm outcomes">').appendTo(this.body);
		rows.forEach((row) =>
			$("<tr>")
				.append($("<td>").append(pupil(row)))
				.append($("<td>").text(row.parts ? __("{0} of {1} parts", [row.signed, row.parts]) : ""))
				.append($("<td>").text(row.message || (row.outcome === "Already signed" ? __(row.outcome) : "")))
				.append($("<td>").text(row.next_step))
				.appendTo(table)
		);
	}
}
