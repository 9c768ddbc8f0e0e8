// Saves cells in small batches. Nothing is lost: what is not saved stays marked, and survives a reload of this tab.
hocbaso.EntrySaver = class {
	constructor(sheet, { changed, row }) {
		this.sheet = sheet;
		this.changed = changed;
		this.row = row;
		this.by_record = Object.fromEntries(sheet.rows.map((r) => [r.record, r]));
		for (const r of sheet.rows) {
			r.saved = { ...r.values };
			r.wrong = {};
			r.conflicts = {};
		}
		this.pending = new Map();
		this.sent = new Map();
		this.problem = null;
		this.wait = 1000;
		this.shelf = `hbs-entry:${frappe.session.user}:${sheet.student_group}:${sheet.key}`;
		window.addEventListener("online", () => this.problem && this.flush());
	}

	get unsaved() {
		return this.pending.size + this.sent.size;
	}

	cell_state(row, column) {
		const key = `${row.record}|${column}`;
		if (row.conflicts[column]) return "conflict";
		if (row.wrong[column]) return "wrong";
		return this.pending.has(key) || this.sent.has(key) ? "unsaved" : "";
	}

	row_state(row) {
		if (Object.keys(row.conflicts).length) return "conflict";
		if (Object.keys(row.wrong).length) return "wrong";
		const of_row = (key) => key.startsWith(`${row.record}|`);
		if ([...this.sent.keys()].some(of_row)) return "saving";
		if ([...this.pending.keys()].some(of_row)) return "unsaved";
		return row.was_saved ? "saved" : "";
	}

	put(row, column, value) {
		const key = `${row.record}|${column}`;
		row.values[column] = value;
		delete row.wrong[column];
		delete row.conflicts[column];
		if (value === row.saved[column] && !this.sent.has(key)) this.pending.delete(key);
		else this.pending.set(key, { record: row.record, column, old: row.saved[column], new: value });
		this.keep();
		this.later(700);
	}

	later(delay) {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.flush(), delay);
		this.changed();
	}

	// At most ten pupils in one request: short enough to see it move, long enough to be quick.
	flush() {
		clearTimeout(this.timer);
		if (this.busy || !this.pending.size) return;
		const records = new Set();
		for (const [key, cell] of this.pending) {
			if (records.size >= 10 && !records.has(cell.record)) continue;
			const row = this.by_record[cell.record];
			if (row.wrong[cell.column] || row.conflicts[cell.column]) continue;
			records.add(cell.record);
			this.sent.set(key, { ...cell, old: row.saved[cell.column] });
		}
		if (!this.sent.size) return;
		for (const key of this.sent.keys()) this.pending.delete(key);
		this.busy = true;
		this.redraw(records);
		this.post([...this.sent.values()])
			.then((answer) => this.take(answer))
			.catch((problem) => this.fail(problem))
			.finally(() => {
				this.busy = false;
				this.redraw(records);
				this.keep();
				this.changed();
				if (!this.problem && [...this.pending.values()].some((c) => !this.stopped(c))) this.later(50);
			});
	}

	stopped(cell) {
		const row = this.by_record[cell.record];
		return Boolean(row.wrong[cell.column] || row.conflicts[cell.column]);
	}

	post(changes) {
		const { student_group, key } = this.sheet;
		return fetch("/api/method/hocbaso_app.api.entry.save_cells", {
			method: "POST",
			headers: {
				"Content-Type": "application/json",
				Accept: "application/json",
				"X-Frappe-CSRF-Token": frappe.csrf_token,
			},
			body: JSON.stringify({ student_group, sheet: key, changes }),
		}).then(async (response) => {
			const answer = await response.json().catch(() => ({}));
			if (response.ok) return answer.message;
			throw { status: response.status, answer };
		});
	}

	take({ outcomes, hints }) {
		this.problem = null;
		this.wait = 1000;
		for (const outcome of outcomes) {
			const row = this.by_record[outcome.record];
			const columns = [...this.sent.values()].filter((c) => c.record === outcome.record).map((c) => c.column);
			for (const column of columns) {
				const key = `${outcome.record}|${column}`;
				const cell = this.sent.get(key);
				this.sent.delete(key);
				const wrong = outcome.message || outcome.wrong[column];
				const conflict = outcome.conflicts[column];
				if ((wrong || conflict) && !this.pending.has(key)) {
					this.pending.set(key, cell);
					if (wrong) row.wrong[column] = wrong;
					else row.conflicts[column] = { ...conflict, by: outcome.by, at: outcome.at };
				}
			}
			if (outcome.row) this.take_row(row, outcome.row, outcome.saved);
		}
		for (const row of this.sheet.rows) {
			const found = hints[row.record] || [];
			if (JSON.stringify(found) !== JSON.stringify(row.hints)) {
				row.hints = found;
				this.row(row);
			}
		}
	}

	// The server's values, except where the person has typed on.
	take_row(row, fresh, saved) {
		row.was_saved = saved;
		for (const name of Object.keys(fresh.values)) {
			row.saved[name] = fresh.values[name];
			if (!this.pending.has(`${row.record}|${name}`)) row.values[name] = fresh.values[name];
		}
		for (const name of ["locked", "locked_cells", "faults", "hints", "note"]) row[name] = fresh[name];
	}

	async fail({ status, answer }) {
		for (const [key, cell] of this.sent) if (!this.pending.has(key)) this.pending.set(key, cell);
		this.sent.clear();
		const again = { label: __("Try again"), action: () => this.flush() };
		if (!status) {
			this.problem = { ...again, message: __("No connection. Your cells are kept in this tab and saved when it is back.") };
			this.retry();
		} else if (await this.is_logged_out()) {
			this.problem = {
				label: __("Log in again"),
				message: __("You are logged out. Your cells are kept in this tab: log in again here and they are saved."),
				action: () => this.leave(`/login?redirect-to=${encodeURIComponent(window.location.pathname)}`),
			};
		} else if (status === 400 && (answer.exc_type || "").includes("CSRF")) {
			this.problem = {
				label: __("Reload this page"),
				message: __("You logged in again elsewhere. Reload this page: your cells are kept and saved then."),
				action: () => this.leave(window.location.pathname),
			};
		} else if (status >= 500) {
			this.problem = { ...again, message: __("The server did not answer rightly. Your cells are kept; do not close this tab.") };
			this.retry();
		} else {
			this.problem = { ...again, message: this.sentence(answer) };
		}
	}

	is_logged_out() {
		return fetch("/api/method/frappe.auth.get_logged_user", { headers: { Accept: "application/json" } })
			.then((response) => (response.ok ? response.json() : { message: "Guest" }))
			.then((answer) => answer.message !== frappe.session.user)
			.catch(() => false);
	}

	sentence(answer) {
		try {
			const messages = JSON.parse(answer._server_messages).map((text) => JSON.parse(text).message);
			return frappe.utils.strip_html ? messages.map((m) => frappe.utils.strip_html(m)).join(" ") : messages.join(" ");
		} catch {
			return __("Not saved. Your cells are kept; try again or ask the school's administrator.");
		}
	}

	retry() {
		this.wait = Math.min(this.wait * 2, 30000);
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.flush(), this.wait);
	}

	leave(address) {
		this.keep();
		this.leaving = true;
		window.location.href = address;
	}

	keep() {
		const cells = [...this.sent.values(), ...this.pending.values()];
		if (cells.length) sessionStorage.setItem(this.shelf, JSON.stringify(cells));
		else sessionStorage.removeItem(this.shelf);
	}

	// Cells that an earlier visit of this tab could not save; the server still compares them with what it holds.
	restore(grid) {
		const cells = JSON.parse(sessionStorage.getItem(this.shelf) || "[]");
		let restored = 0;
		for (const cell of cells) {
			const row = this.by_record[cell.record];
			if (!row || row.locked || row.values[cell.column] === undefined) continue;
			if (row.saved[cell.column] === cell.new) continue;
			if (row.saved[cell.column] !== cell.old) {
				row.conflicts[cell.column] = { mine: cell.new, theirs: row.saved[cell.column] };
			}
			row.values[cell.column] = cell.new;
			this.pending.set(`${cell.record}|${cell.column}`, cell);
			grid.draw_row(row);
			restored += 1;
		}
		if (restored) {
			frappe.show_alert({ message: __("{0} cells from before are being saved now.", [restored]), indicator: "orange" });
			this.later(300);
		} else {
			this.keep();
		}
	}

	settle(row, column, keep_mine) {
		const { mine, theirs } = row.conflicts[column];
		delete row.conflicts[column];
		row.saved[column] = theirs;
		this.put(row, column, keep_mine ? mine : theirs);
		this.row(row);
	}

	redraw(records) {
		for (const record of records) this.row(this.by_record[record]);
	}
};
