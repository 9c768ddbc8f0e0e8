// The signer's ways to sign: which certificate, where its key is, and what he types for it here.
class HbsWays {
	constructor(parent, ways, { changed, enter }) {
		this.ways = ways;
		this.changed = () => {};
		this.fields = $('<div class="hbs-ways">').appendTo(parent);
		this.note = $('<div class="hbs-way-note">');
		this.select = $('<select class="form-control way">')
			.attr("aria-label", __("Sign with"))
			.append(ways.map((way, at) => $("<option>").val(at).text(this.title(way))))
			.on("change", () => this.show())
			.toggle(ways.length > 1)
			.appendTo(this.fields);
		const field = (kind, label) =>
			$(`<input type="password" inputmode="numeric" autocomplete="off" class="form-control ${kind}">`)
				.attr({ placeholder: label, "aria-label": label })
				.on("keydown", (event) => event.key === "Enter" && enter && enter())
				.appendTo(this.fields);
		this.pin = field("pin", __("PIN"));
		this.otp = field("otp", __("One-time code"));
		const usable = ways.findIndex((way) => !way.problem);
		this.select.val(Math.max(usable, 0));
		this.parts = 0;
		this.show();
		if (changed) this.changed = changed;
	}

	get way() {
		return this.ways[Number(this.select.val())] || this.ways[0] || { problem: __("There is no approved certificate.") };
	}

	get problem() {
		return Boolean(this.way.problem);
	}

	title(way) {
		if (!way.certificate) return way.problem;
		const where = way.service || __(way.key_source);
		return `${where} · ${way.common_name}`;
	}

	choose(certificate) {
		const at = this.ways.findIndex((way) => way.certificate === certificate);
		if (at >= 0) this.select.val(at);
		this.show();
	}

	show() {
		this.pin.toggle(Boolean(this.way.pin));
		this.otp.toggle(Boolean(this.way.otp));
		this.explain();
		this.changed();
	}

	count(parts) {
		if (parts === this.parts) return;
		this.parts = parts;
		this.explain();
	}

	explain() {
		const way = this.way;
		this.note.empty().toggleClass("problem", this.problem);
		if (way.problem) {
			const link = $('<a href="/app/hbs-enrolment">').text(__("Enrol certificate"));
			return this.note.text(`${way.problem} `).append(link);
		}
		const until = frappe.datetime.str_to_user(way.valid_to, false, true);
		const lines = [`${this.title(way)}, ${__("valid until {0}", [until])}.`];
		if (way.plugin) lines.push(__("Plug in your token. VGCA Sign Service on this computer asks for its PIN in a window of its own."));
		if (way.phone) lines.push(__("Have your phone at hand: you confirm there."));
		if (way.limit && this.parts > way.limit) {
			const times = Math.ceil(this.parts / way.limit);
			lines.push(__("The service takes {0} parts at a time: you confirm {1} times.", [way.limit, times]));
		}
		if (way.demo) $("<b>").text(`${__("TEST KEY, worth nothing as proof")}: `).appendTo(this.note);
		this.note.append(document.createTextNode(lines.join(" ")));
	}

	// False, and the empty field has the focus, while something is to be typed.
	complete() {
		const empty = [this.pin, this.otp].find((field) => field.is(":visible") && !field.val());
		if (empty) empty.trigger("focus");
		return !empty && !this.problem;
	}

	// What goes with the request; typed secrets are gone from the page then.
	take() {
		const way = this.way;
		const args = { certificate: way.certificate };
		if (way.pin) args.password = this.pin.val();
		if (way.otp) args.passwd = this.otp.val();
		this.pin.val("");
		this.otp.val("");
		return args;
	}
}
