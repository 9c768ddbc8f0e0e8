// A signer's certificate, from where its key is to a real test signature; each step asks for one thing.
frappe.pages["hbs-enrolment"].on_page_load = function (wrapper) {
	wrapper.hbs = new HbsEnrolment(wrapper);
};
frappe.pages["hbs-enrolment"].on_page_show = function (wrapper) {
	wrapper.hbs.show();
};
frappe.pages["hbs-enrolment"].on_page_hide = function (wrapper) {
	wrapper.hbs.leave();
};

class HbsEnrolment {
	constructor(wrapper) {
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Enrol certificate"), single_column: true });
		this.body = $('<div class="hbs-enrolment">').appendTo(this.page.main);
	}

	call(method, args, options) {
		const call = { method: `hocbaso_app.api.enrolment.${method}`, args, ...options };
		return frappe.call(call).then((answer) => answer.message);
	}

	leave() {
		clearTimeout(this.timer);
	}

	async show() {
		this.leave();
		const data = await this.call("mine", {}, { type: "GET" });
		this.holders = data.holders;
		this.certificates = data.certificates;
		if (this.certificates.length) this.overview();
		else this.choose_holder();
	}

	// ── pieces ──────────────────────────────────────────────────────────────
	clear(step) {
		this.leave();
		this.body.empty();
		if (!step) return;
		const names = [__("Where the key is"), __("Check"), __("Sign for a test"), __("Approval")];
		const list = $('<ol class="hbs-steps">').appendTo(this.body);
		names.forEach((name, at) => {
			const state = at + 1 < step ? "done" : at + 1 === step ? "now" : "";
			$(`<li class="${state}">`).text(`${at + 1}. ${name}`).appendTo(list);
		});
	}

	heading(text) {
		return $("<h4>").text(text).appendTo(this.body);
	}

	line(text, kind) {
		return $(`<p class="${kind || ""}">`).text(text).appendTo(this.body);
	}

	buttons(...rows) {
		const bar = $('<div class="hbs-buttons">').appendTo(this.body);
		rows.forEach(([label, action, main]) =>
			$(`<button class="btn btn-sm ${main ? "btn-primary" : "btn-default"}">`).text(label).on("click", action).appendTo(bar)
		);
		return bar;
	}

	field(label, type, hint) {
		const id = `hbs-${Math.random().toString(36).slice(2)}`;
		$("<label>").attr("for", id).text(label).appendTo(this.body);
		const input = $(`<input class="form-control" type="${type}" autocomplete="off">`).attr("id", id).appendTo(this.body);
		if (hint) this.line(hint, "hint");
		return input;
	}

	fault(text) {
		if (this.told) this.told.remove();
		this.told = $('<div class="hbs-fault" role="alert">').text(text).appendTo(this.body);
	}

	back(action) {
		$('<button class="btn btn-xs btn-default mb-2">').text(`← ${__("Back")}`).on("click", action).appendTo(this.body);
	}

	// ── what is there already ───────────────────────────────────────────────
	overview() {
		this.clear();
		this.heading(__("My certificates"));
		this.certificates.forEach((row) => this.card(row));
		this.buttons([__("Enrol another or a renewed certificate"), () => this.choose_holder()]);
	}

	card(row) {
		const colours = { Approved: "green", Pending: "orange", Withdrawn: "gray", Refused: "red" };
		const card = $('<div class="hbs-own">').appendTo(this.body);
		$('<div class="head">')
			.append($("<b>").text(row.common_name))
			.append($(`<span class="indicator-pill ${colours[row.status]}">`).text(__(row.status)))
			.appendTo(card);
		const until = __("valid until {0}", [frappe.datetime.str_to_user(row.valid_to, false, true)]);
		const tested = row.tested_at
			? __("last test {0}", [frappe.datetime.str_to_user(row.tested_at)])
			: __("never signed for a test");
		$('<div class="facts">').text([__(row.key_source), row.issuer, until, tested].join(" · ")).appendTo(card);
		$('<div class="next">').text(row.next).appendTo(card);
		if (!["Pending", "Approved"].includes(row.status)) return;
		const bar = $('<div class="hbs-buttons">').appendTo(card);
		const button = (label, action, kind) =>
			$(`<button class="btn btn-sm ${kind}">`).text(label).on("click", action).appendTo(bar);
		button(
			row.tested_at ? __("Sign for a test again") : __("Sign for a test now"),
			() => this.try_out(row),
			row.tested_at ? "btn-default" : "btn-primary"
		);
		if (row.status === "Pending") {
			button(__("Take back"), () => this.call("give_up", { certificate: row.name }).then(() => this.show()), "btn-default");
		}
	}

	// ── 1. whose, and where the key is ──────────────────────────────────────
	choose_holder() {
		this.place = {};
		if (!this.holders.length) {
			this.clear();
			this.line(__("You are on no school's staff today, so there is nothing to enrol. Ask the school's administrator."));
			return;
		}
		if (this.holders.length === 1) return this.choose_way(this.holders[0]);
		this.clear(1);
		this.heading(__("Whose certificate is it?"));
		this.holders.forEach((holder) => {
			const what = holder.holder_kind === "Person" ? __("My own, to sign as {0}", [holder.label]) : holder.label;
			this.choice(what, `${holder.place} · ${holder.number || ""}`, () => this.choose_way(holder));
		});
		if (this.certificates.length) this.buttons([__("Back"), () => this.overview()]);
	}

	choice(title, text, action) {
		$('<button class="hbs-way">')
			.append($("<b>").text(title), $("<div>").text(text))
			.on("click", action)
			.appendTo(this.body);
	}

	choose_way(holder) {
		this.holder = holder;
		this.place = { holder_kind: holder.holder_kind, unit: holder.unit };
		this.clear(1);
		this.heading(__("Where is the key?"));
		const words = {
			"Browser plug-in (VGCA)": [
				__("On a USB token at my computer"),
				__("The token of the Government Cipher Committee, with VGCA Sign Service running on this computer."),
			],
			"PKCS#11 token or HSM": [__("In the school's signing device (HSM)"), __("For the seal: the device stands at the server.")],
			"CSC remote signing": [__("At a remote signing service"), __("You confirm with a code or on your phone.")],
			"VNPT SmartCA": [__("VNPT SmartCA on my phone"), __("You confirm each signing in the SmartCA app.")],
			"Viettel MySign": [__("Viettel MySign on my phone"), __("You confirm each signing in the MySign app.")],
			"PKCS#12 file (demo)": [__("In a key file (.p12, .pfx)"), __("On a practice site only; worth nothing as proof.")],
		};
		holder.ways.forEach((way) => this.choice(...words[way.kind], () => this.ask_place(way)));
		this.buttons([__("Back"), () => (this.certificates.length ? this.overview() : this.choose_holder())]);
	}

	ask_place(way) {
		this.way = way;
		this.place.key_source = way.kind;
		this.clear(1);
		if (way.kind === "Browser plug-in (VGCA)") return this.ask_plugin();
		if (way.kind === "PKCS#12 file (demo)") return this.ask_file();
		return this.ask_service();
	}

	ask_plugin() {
		this.heading(__("Plug in the token and start VGCA Sign Service"));
		this.line(__("The page reads the certificate from the token. Your PIN stays on your computer."));
		this.buttons(
			[__("Back"), () => this.choose_way(this.holder)],
			[__("I have the certificate as a file"), () => this.ask_public_part()],
			[__("Read the token"), () => this.read_token(), true]
		);
	}

	async read_token() {
		try {
			const { CertInfo } = await hocbaso.vgca.ask("GetCertInfo", "get_cert_info");
			if (!CertInfo || !CertInfo.Base64Data) throw hocbaso.vgca.fault("SERVICE_ANSWER");
			this.read({ pem: this.pem_of(CertInfo.Base64Data) });
		} catch (fault) {
			if (!(fault instanceof hocbaso.vgca.Fault)) throw fault;
			this.fault(fault.message);
		}
	}

	pem_of(base64) {
		const lines = base64.replace(/\s/g, "").match(/.{1,64}/g) || [];
		return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
	}

	ask_public_part() {
		this.clear(1);
		this.heading(__("The certificate as a file"));
		const file = this.field(__("Certificate (.cer, .crt, .pem)"), "file", __("Only the public part, as the issuer sent it. Never a key."));
		this.buttons(
			[__("Back"), () => this.choose_way(this.holder)],
			[__("Go on"), async () => file[0].files[0] && this.read({ pem: await this.public_part(file[0].files[0]) }), true]
		);
	}

	async public_part(file) {
		const text = await file.text();
		return text.includes("-----BEGIN") ? text : this.pem_of(await this.base64_of(file));
	}

	base64_of(file) {
		return new Promise((resolve, reject) => {
			const reader = new FileReader();
			reader.onload = () => resolve(reader.result.split(",")[1] || "");
			reader.onerror = reject;
			reader.readAsDataURL(file);
		});
	}

	ask_file() {
		this.heading(__("The key file and its PIN"));
		const file = this.field(__("Key file (.p12, .pfx)"), "file");
		const pin = this.field(__("PIN"), "password", __("The PIN is used once to open the file and is not kept."));
		this.buttons(
			[__("Back"), () => this.choose_way(this.holder)],
			[
				__("Read the certificate"),
				async () => {
					if (!file[0].files[0]) return this.fault(__("Choose the key file (.p12 or .pfx)."));
					this.read({ key_file: await this.base64_of(file[0].files[0]), password: pin.val() });
				},
				true,
			]
		);
	}

	ask_service() {
		const services = this.way.services;
		this.heading(services.length > 1 ? __("Which service?") : services[0].service_name);
		let service = services[0];
		if (services.length > 1) {
			const select = $('<select class="form-control">').appendTo(this.body);
			services.forEach((row) => $("<option>").val(row.name).text(row.service_name).appendTo(select));
			select.on("change", () => (service = services.find((row) => row.name === select.val())));
		}
		const hsm = this.way.kind === "PKCS#11 token or HSM";
		const account = this.field(
			hsm ? __("Name of the token") : __("Account or key at the service"),
			"text",
			hsm ? __("As the device's keeper told you.") : __("Mostly your citizen ID, or leave it empty.")
		);
		const pin = hsm || services.some((row) => row.ask_pin) ? this.field(__("PIN"), "password") : null;
		this.buttons(
			[__("Back"), () => this.choose_way(this.holder)],
			[
				__("Read the certificate"),
				() => {
					this.place.service = service.name;
					this.place.credential = account.val().trim();
					this.read({ password: pin ? pin.val() : "" });
				},
				true,
			]
		);
	}

	// ── 2. what was read, question by question ──────────────────────────────
	async read(more) {
		this.secrets = more;
		let found;
		try {
			found = await this.call("read", { ...this.place, ...more }, { freeze: true, freeze_message: __("Reading the certificate…") });
		} catch {
			return; // the sentence is on the screen, the fields are still filled
		}
		this.clear(2);
		this.heading(found.common_name);
		const until = __("valid until {0}", [frappe.datetime.str_to_user(found.valid_to, false, true)]);
		this.line(`${found.issuer} · ${until}`, "hint");
		hocbaso.show_checks(found.checks).appendTo(this.body);
		const stops = found.checks.some((check) => check.ok === false && check.key !== "path");
		if (stops) this.line(__("This certificate can't be enrolled. Choose another one, or do what the red line says."));
		const rows = [[__("Choose another"), () => this.choose_way(this.holder)]];
		if (!stops) rows.push([__("It is mine: enrol it"), () => this.enter(), true]);
		this.buttons(...rows);
	}

	async enter() {
		const { certificate } = await this.call("enter", { ...this.place, ...this.secrets }, { freeze: true });
		this.secrets = null;
		const data = await this.call("mine", {}, { type: "GET" });
		this.certificates = data.certificates;
		this.try_out(this.certificates.find((row) => row.name === certificate));
	}

	// ── 3. the test signature ───────────────────────────────────────────────
	try_out(row) {
		this.row = row;
		this.clear(3);
		this.heading(__("Sign once for a test"));
		this.line(__("You sign a text that says it is a test and no record. Nothing of a pupil is in it. So you know today that everything works on the signing days."));
		if (!row.here) return this.try_plugin();
		this.pin = row.ask_pin ? this.field(__("PIN"), "password") : null;
		this.otp = row.ask_otp ? this.field(__("One-time code"), "text") : null;
		const send = () => this.sign();
		[this.pin, this.otp].forEach((input) => input && input.on("keydown", (event) => event.key === "Enter" && send()));
		const label = row.deferred && !row.ask_pin && !row.ask_otp ? __("Ask my phone") : __("Sign for a test");
		this.buttons([__("Later"), () => this.show()], [label, send, true]);
		if (this.pin) this.pin.trigger("focus");
	}

	try_plugin() {
		this.line(__("Plug in your token. VGCA Sign Service on this computer asks for its PIN in a window of its own."));
		this.buttons([__("Later"), () => this.show()], [__("Sign for a test"), () => this.sign_here(), true]);
	}

	async sign_here() {
		const name = this.row.name;
		try {
			const { certificate, hash } = await this.call("begin_test", { certificate: name });
			let value = null;
			await hocbaso.vgca.sign([{ part: "test", hash }], certificate, {
				keep: async (values) => (value = values.test || value),
				progress: () => {},
				stopped: () => false,
			});
			this.done(await this.call("finish_test", { certificate: name, value }));
		} catch (fault) {
			if (fault instanceof hocbaso.vgca.Fault) this.fault(fault.message);
		}
	}

	async sign() {
		const args = { certificate: this.row.name };
		if (this.pin) args.password = this.pin.val();
		if (this.otp) args.otp = this.otp.val();
		[this.pin, this.otp].forEach((input) => input && input.val(""));
		try {
			this.done(await this.call("sign_test", args, { freeze: true, freeze_message: __("Signing for a test…") }));
		} catch {
			if (this.pin) this.pin.trigger("focus");
		}
	}

	done(answer) {
		if (answer.state === "waits") return this.wait(answer);
		this.finished();
	}

	wait(answer) {
		this.clear(3);
		$('<p class="hbs-waiting">').text(__("Confirm on your phone now")).appendTo(this.body);
		this.line(__("The phone shows “{0}”. Open its app and confirm; this page goes on by itself.", [__("Test signature, no record")]));
		const clock = this.line("", "hint");
		const ends = new Date(answer.until).getTime();
		const look = async () => {
			const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
			clock.text(__("{0} left", [`${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`]));
			try {
				const news = await this.call("ask_test", { certificate: this.row.name });
				if (news.state === "done") return this.finished();
			} catch {
				return this.try_out(this.row);
			}
			if (document.contains(clock[0])) this.timer = setTimeout(look, 3000);
		};
		this.timer = setTimeout(look, 2000);
		this.buttons([__("Nothing came on the phone: ask again"), () => this.try_out(this.row)], [__("Later"), () => this.show()]);
	}

	// ── 4. what comes next ──────────────────────────────────────────────────
	async finished() {
		this.clear(4);
		$('<div class="hbs-good" role="status">').text(__("The test signature is right: this key works.")).appendTo(this.body);
		const { certificates } = await this.call("mine", {}, { type: "GET" });
		this.certificates = certificates;
		const row = certificates.find((one) => one.name === this.row.name);
		if (row) this.line(row.next);
		this.buttons([__("My certificates"), () => this.overview(), true]);
	}
}
