// What the signer does now for the parts that still lack a signature: confirm, plug in, type, or go another way.
class HbsKeyBox {
	constructor(batch, data, parent) {
		this.batch = batch;
		this.data = data;
		this.box = $('<div class="hbs-key-box">').appendTo(parent);
		if (data.fault) this.fault(data.fault.message);
		if (data.asked) this.waiting(data.asked);
		else if (data.way && data.way.plugin) this.plugin();
		else if (data.way) this.typing();
		this.buttons();
	}

	line(text, kind) {
		return $(`<p class="${kind || ""}">`).text(text).appendTo(this.box);
	}

	fault(text) {
		if (this.told) this.told.remove();
		this.told = $('<div class="hbs-fault" role="alert">').text(text).prependTo(this.box);
	}

	button(label, action, kind) {
		const bar = this.bar || (this.bar = $('<div class="hbs-key-buttons">').appendTo(this.box));
		return $(`<button class="btn btn-sm ${kind || "btn-default"}">`).text(label).on("click", action).appendTo(bar);
	}

	// ── a question that waits on the phone ──────────────────────────────────
	waiting(asked) {
		this.line(__("Confirm on your phone now"), "hbs-now");
		const name = this.data.way ? this.data.way.service || __(this.data.way.key_source) : "";
		this.line(__("{0} asks you to confirm {1} parts. Open its app, compare the number, confirm.", [name, asked.parts]));
		const clock = this.line("", "hbs-clock");
		const ends = Date.now() + asked.seconds * 1000;
		const tick = () => {
			const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
			clock.text(__("{0} left", [`${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`]));
			if (!document.contains(clock[0])) clearInterval(timer);
		};
		const timer = setInterval(tick, 1000);
		tick();
		this.button(__("Nothing came on the phone: ask again"), () => this.batch.again({ anew: true }));
	}

	// ── a key that is asked from here, with what the signer types ───────────
	typing() {
		// The service may want more than what was entered about it.
		const wanted = this.data.fault ? this.data.fault.code : "";
		const way = { ...this.data.way };
		way.otp = way.otp || wanted.startsWith("OTP_");
		way.pin = way.pin || wanted.startsWith("PIN_");
		const send = () => this.ways.complete() && this.batch.again(this.ways.take());
		this.ways = new HbsWays(this.box, [way], { enter: send });
		this.ways.note.appendTo(this.box);
		this.ways.count(this.data.open);
		const again = Boolean(this.data.fault || this.data.signed);
		const asks = way.phone && !way.pin && !way.otp;
		const label = asks && again ? __("Ask my phone again") : __("Sign {0} parts", [this.data.open]);
		this.button(label, send, "btn-primary").prop("disabled", this.ways.problem);
	}

	// ── a program on this computer ──────────────────────────────────────────
	plugin() {
		this.line(__("Plug in your token. VGCA Sign Service on this computer asks for its PIN in a window of its own."));
		this.progress = this.line("", "hbs-now").attr("role", "status");
		this.go = this.button(__("Sign {0} parts on this computer", [this.data.open]), () => this.sign_here(), "btn-primary");
		this.stop = this.button(__("Stop"), () => (this.stopped = true)).hide();
	}

	async sign_here() {
		if (this.running) return;
		this.running = true;
		this.stopped = false;
		this.go.hide();
		this.stop.show();
		this.batch.busy = true;
		if (this.told) this.told.remove();
		// Values are kept also when the page has been left for another one meanwhile.
		const call = (method, args, options) => this.batch.owner.call(method, { batch: this.data.batch, ...args }, options);
		this.batch.problem = null;
		try {
			const { certificate, parts } = await call("parts", {}, { type: "GET" });
			await hocbaso.vgca.sign(parts, certificate, {
				stopped: () => this.stopped || !document.contains(this.box[0]),
				progress: (done) => this.progress.text(__("{0} of {1} signed on this computer…", [done, parts.length])),
				keep: async (values) => {
					const answer = await call("take_values", { values: JSON.stringify(values) });
					if (answer.problem) throw new hocbaso.vgca.Fault("VALUE_WRONG", answer.problem);
				},
			});
		} catch (fault) {
			if (!(fault instanceof hocbaso.vgca.Fault)) throw fault;
			this.batch.problem = fault.message;
		} finally {
			this.batch.busy = false;
			this.running = false;
		}
		await this.batch.ask_status({ anew: true });
	}

	// ── the other ways on ───────────────────────────────────────────────────
	buttons() {
		const others = this.data.ways.filter((way) => way.certificate && !way.problem);
		if (others.length) this.button(__("Continue another way"), () => this.choose(others));
		if (this.data.status === "Prepared") this.button(__("Give up the rest"), () => this.batch.discard());
	}

	choose(others) {
		const dialog = new frappe.ui.Dialog({
			title: __("Sign the remaining {0} parts another way", [this.data.open]),
			primary_action_label: __("Sign {0} parts", [this.data.open]),
			primary_action: () => {
				if (!seen.prop("checked")) return frappe.show_alert({ message: __("Tick the sentence first."), indicator: "orange" });
				if (!ways.complete()) return;
				const args = { device: hocbaso.device(), ...ways.take() };
				dialog.hide();
				this.batch.go_on(args);
			},
		});
		const body = $(dialog.body).addClass("hbs-signing hbs-other-way");
		$("<p>").text(__("What is signed stays signed. The remaining parts are prepared anew for the way you choose.")).appendTo(body);
		if (this.data.asked) $("<p>").text(__("The question on your phone is dropped: refuse it there.")).appendTo(body);
		const ways = new HbsWays(body, others, { enter: () => dialog.primary_action() });
		const other = others.find((way) => way.certificate !== this.data.way?.certificate);
		if (other) ways.choose(other.certificate);
		ways.note.appendTo(body);
		ways.count(this.data.open);
		const label = $('<label class="hbs-consent">').appendTo(body);
		const seen = $('<input type="checkbox">').appendTo(label);
		$("<span>").text(this.data.consent_again).appendTo(label);
		dialog.show();
	}
}
