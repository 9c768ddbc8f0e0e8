// Below the table: what the rules and hints say about the pupil at hand, conflicts, remarks to begin with.
hocbaso.EntryDetail = class {
	constructor($root, grid, saver) {
		this.$root = $root;
		this.grid = grid;
		this.saver = saver;
		$root.on("mousedown", "button", (event) => event.preventDefault());
		$root.on("click", "[data-settle]", (event) => {
			const { column, settle } = event.currentTarget.dataset;
			saver.settle(grid.row, column, settle === "mine");
			grid.focus();
		});
		$root.on("click", "[data-suggest]", (event) => grid.edit(event.currentTarget.dataset.suggest));
	}

	show() {
		const esc = frappe.utils.escape_html;
		const { row, column } = this.grid;
		const line = (kind, text) => `<li class="${kind}">${text}</li>`;
		const notes = hocbaso.entry_notes(row);
		const label = (name) => {
			const found = this.grid.columns.find((c) => c.name === name);
			return found ? found.label : "";
		};
		const items = [
			...Object.entries(row.conflicts).map(([name, found]) => line("conflict", this.conflict(name, found, label(name)))),
			...Object.entries(row.wrong).map(([name, text]) =>
				line("wrong", esc(text.startsWith(label(name)) ? text : `${label(name)}: ${text}`))
			),
			...notes.faults.map((fault) => line("faults", esc(fault.message))),
			...row.hints.map((hint) => line("hints", esc(hint.message))),
			...this.missing(notes.missing, label).map((text) => line("missing", esc(text))),
		];
		const lock = this.grid.lock_of(row, column);
		if (lock) items.unshift(line("fixed", esc(lock)));
		const nothing = line("done", __("Nothing to note."));
		this.$root.html(
			`<div class="hbs-entry-who"><b>${esc(row.full_name)}</b> <span>${esc(column.label)}</span></div>` +
				`<ul>${items.join("") || nothing}</ul>${lock ? "" : this.suggestions(row, column)}`
		);
	}

	// Sentences for a few, names only for many.
	missing(faults, label) {
		if (faults.length <= 3) return faults.map((fault) => fault.message);
		return [`${__("Still empty")}: ${faults.map((fault) => label(fault.column)).join(", ")}.`];
	}

	conflict(name, { mine, theirs, by }, label) {
		const esc = frappe.utils.escape_html;
		const column = this.grid.columns.find((c) => c.name === name);
		const shown = (value) => esc(this.grid.shown(column, value) || __("empty"));
		const who = by ? __("{0} changed this cell meanwhile.", [esc(by)]) : __("This cell was changed meanwhile.");
		return (
			`${esc(label)}: ${who} ` +
			`<button class="btn btn-xs btn-default" data-settle="theirs" data-column="${name}">${__("Take theirs")}: ${shown(theirs)}</button> ` +
			`<button class="btn btn-xs btn-default" data-settle="mine" data-column="${name}">${__("Keep mine")}: ${shown(mine)}</button>`
		);
	}

	// For the level at hand; among several levels of a group the most frequent.
	suggestions(row, column) {
		const shelf = (this.grid.sheet.suggestions || {})[column.name];
		if (!shelf) return "";
		const by = { homeroom_remark: "overall_result", completion_text: "grade_completed" }[column.name];
		const beside = this.grid.columns.filter((c) => (by ? c.name === by : c.kind === "level" && c.group === column.group));
		const levels = beside.map((c) => row.values[c.name]).filter((level) => shelf[level]);
		const count = (level) => levels.filter((other) => other === level).length;
		const level = levels.sort((a, b) => count(b) - count(a))[0];
		if (!level || row.values[column.name]) return "";
		const given = row.full_name.trim().split(/\s+/).pop();
		const esc = frappe.utils.escape_html;
		const buttons = shelf[level].map((text) => {
			const filled = esc(text.replaceAll("{name}", given));
			return `<button class="btn btn-xs btn-default" data-suggest="${filled}">${filled}</button>`;
		});
		return `<div class="hbs-entry-suggest"><span>${__("Begin with (then write your own):")}</span> ${buttons.join(" ")}</div>`;
	}
};
