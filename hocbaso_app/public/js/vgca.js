// VGCA Sign Service on the signer's own computer, which holds his token and asks for its PIN in a window of its own.
// One WebSocket on loopback for each message; what of the protocol is assumed stands in docs/keys.md.
hocbaso.vgca = {
	ADDRESS: "wss://127.0.0.1:8987",
	PATIENCE: 120 * 1000,
	TOGETHER: 10, // values brought to the server at a time: what is there is safe when the token is pulled out

	Fault: class extends Error {
		constructor(code, message) {
			super(message);
			this.code = code;
		}
	},

	// One value after the other. ``parts``: [{part, hash}] in base64; ``keep`` takes {part: value} as they come.
	async sign(parts, certificate, { keep, progress, stopped }) {
		await this.require(certificate);
		let values = {};
		let count = 0;
		try {
			for (const { part, hash } of parts) {
				if (stopped()) return;
				const request = JSON.stringify({ HashAlg: "SHA256", HashValue: hash, Encode: "RSA" });
				const answer = await this.ask("SignMsg", request);
				if (answer.CertBase64 && answer.CertBase64 !== certificate) throw this.fault("CERTIFICATE_CHANGED");
				if (!answer.Signature) throw this.fault("SERVICE_ANSWER");
				values[part] = answer.Signature;
				progress((count += 1));
				if (Object.keys(values).length < this.TOGETHER) continue;
				const full = values;
				values = {};
				await keep(full);
			}
		} finally {
			if (Object.keys(values).length) await keep(values);
		}
	},

	// The device must be the chosen certificate's before anybody types a PIN.
	async require(certificate) {
		const { CertInfo } = await this.ask("GetCertInfo", "get_cert_info");
		if (!CertInfo || !CertInfo.Base64Data) throw this.fault("SERVICE_ANSWER");
		if (CertInfo.Base64Data.replace(/\s/g, "") !== certificate) throw this.fault("CERTIFICATE_CHANGED");
	},

	ask(command, message) {
		return new Promise((resolve, reject) => {
			let socket;
			let done = false;
			const end = (step, value) => {
				if (done) return;
				done = true;
				clearTimeout(timer);
				if (socket) socket.close();
				step(value);
			};
			const timer = setTimeout(() => end(reject, this.fault("TIMED_OUT")), this.PATIENCE);
			try {
				socket = new WebSocket(`${this.ADDRESS}/${command}`);
			} catch {
				return end(reject, this.fault("PLUGIN_MISSING"));
			}
			socket.onopen = () => socket.send(message);
			socket.onerror = socket.onclose = () => end(reject, this.fault("PLUGIN_MISSING"));
			socket.onmessage = (event) => {
				try {
					end(resolve, this.read(event.data));
				} catch (fault) {
					end(reject, fault);
				}
			};
		});
	},

	read(text) {
		let answer;
		try {
			answer = JSON.parse(text);
		} catch {
			throw this.fault("SERVICE_ANSWER");
		}
		if (!answer || typeof answer.Status !== "number") throw this.fault("SERVICE_ANSWER");
		if (answer.Status === 0) return answer;
		const code = { 1: "REFUSED_BY_SIGNER", 2: "TOKEN_REMOVED", 3: "PIN_WRONG", 4: "KEY_UNKNOWN" }[answer.Status];
		throw code ? this.fault(code) : this.other(answer);
	},

	other(answer) {
		const said = String(answer.Message || answer.Error || answer.Status).slice(0, 200);
		return new this.Fault("SERVICE_ANSWER", __("VGCA Sign Service says: “{0}”. Do what it says, then go on.", [said]));
	},

	fault(code) {
		const sentences = {
			PLUGIN_MISSING: __("VGCA Sign Service does not answer on this computer. Start it (the V beside the clock), or install it from the Government Cipher Committee's site (ca.gov.vn); if the browser asks whether this page may reach programs on this computer, allow it. Then press Sign again."),
			TIMED_OUT: __("VGCA Sign Service did not answer in two minutes. Look whether its PIN window waits behind another one, then go on."),
			REFUSED_BY_SIGNER: __("Signing was cancelled in the window of VGCA Sign Service. What is signed is kept; press Sign when you are ready."),
			TOKEN_REMOVED: __("VGCA Sign Service sees no token. Plug it in, wait for its light, then go on: what is signed is kept."),
			PIN_WRONG: __("The PIN was wrong or the token is locked. Type it carefully; a locked token goes to whoever issued it."),
			KEY_UNKNOWN: __("The token holds no valid certificate. Check that it is the right one, or ask whoever issued it."),
			CERTIFICATE_CHANGED: __("The token in this computer holds another certificate than the one chosen here. Plug in your own, or continue another way."),
			SERVICE_ANSWER: __("The answer of VGCA Sign Service can't be read. Close it, start it again and go on; if it happens again, install its newest version."),
		};
		return new this.Fault(code, sentences[code]);
	},
};
