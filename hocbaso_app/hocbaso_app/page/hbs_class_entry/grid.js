// The table: keyboard, selection, copy-down, undo, paste. It knows cells, not rules.
hocbaso.EntryGrid = class {
	constructor($root, sheet, saver, { moved }) {
		this.$root = $root;
		this.sheet = sheet;
		this.saver = saver;
		this.moved = moved;
		this.columns = sheet.columns;
		this.rows = sheet.rows;
		this.steps = [];
		this.at = { r: 0, c: Math.max(0, this.columns.findIndex((column) => column.entered)) };
		this.anchor = { ...this.at };
		this.draw();
		this.bind();
	}

	get row() {
		return this.rows[this.at.r];
	}

	get column() {
		return this.columns[this.at.c];
	}

	shown(column, value) {
		if (!value) return "";
		return column.kind === "answer" ? __(value) : value;
	}

	lock_of(row, column) {
		return row.locked || row.locked_cells[column.name] || "";
	}

	draw() {
		const esc = frappe.utils.escape_html;
		const head = this.columns.map(
			(c) => `<th class="k-${c.kind}" title="${esc(c.label)}"><span>${esc(c.label)}</span></th>`
		);
		const body = this.rows.map((row, r) => {
			const cells = this.columns.map((c, i) => `<td class="cell k-${c.kind}" data-r="${r}" data-c="${i}"></td>`);
			return (
				`<tr data-row="${r}"><td class="roll">${r + 1}</td><td class="name"><div></div></td>${cells.join("")}` +
				`<td class="notes"></td><td class="state"></td></tr>`
			);
		});
		this.$root.html(
			`<table class="hbs-entry-table of-${this.sheet.kind}" tabindex="0" role="grid">
				<thead><tr><th class="roll">#</th><th class="name">${__("Pupil")}</th>${head.join("")}
				<th class="notes">${__("Notes")}</th><th class="state"></th></tr></thead>
				<tbody>${body.join("")}</tbody></table>`
		);
		this.table = this.$root.find("table")[0];
		this.cells = this.rows.map((_row, r) => [...this.table.querySelectorAll(`td.cell[data-r="${r}"]`)]);
		this.rows.forEach((row) => this.draw_row(row));
		this.mark();
	}

	draw_row(row) {
		const esc = frappe.utils.escape_html;
		const r = this.rows.indexOf(row);
		const tr = this.table.tBodies[0].rows[r];
		const notes = hocbaso.entry_notes(row);
		tr.classList.toggle("locked", Boolean(row.locked));
		const tag = row.note ? `<small>${esc(row.note)}</small>` : "";
		const back = row.returned_remark ? `<small class="returned">${esc(row.returned_remark)}</small>` : "";
		tr.querySelector("td.name div").innerHTML = esc(row.full_name) + tag + back;
		tr.querySelector("td.name").title = row.pupil_code;
		this.columns.forEach((column, c) => {
			const td = this.cells[r][c];
			const lock = this.lock_of(row, column);
			const state = this.saver.cell_state(row, column.name);
			td.textContent = this.shown(column, row.values[column.name]);
			td.title = row.wrong[column.name] || lock || (column.kind === "text" ? row.values[column.name] : "");
			td.classList.toggle("fixed", Boolean(lock));
			td.dataset.state = state;
			td.classList.toggle("fault", notes.faults.some((fault) => fault.column === column.name));
			td.classList.toggle("hint", row.hints.some((hint) => hint.column === column.name));
		});
		const badge = (kind, number, text) => (number ? `<span class="badge-${kind}" title="${text}">${number}</span>` : "");
		tr.querySelector("td.notes").innerHTML =
			badge("missing", notes.missing.length, __("still empty")) +
			badge("faults", notes.faults.length, __("faults")) +
			badge("hints", row.hints.length, __("hints"));
		const state = this.saver.row_state(row);
		const signs = { unsaved: "●", saving: "…", saved: "✓", wrong: "!", conflict: "⇄" };
		const words = {
			unsaved: __("Not saved yet"),
			saving: __("Being saved"),
			saved: __("Saved"),
			wrong: __("Not saved: see below"),
			conflict: __("Changed by somebody else: see below"),
		};
		const cell = tr.querySelector("td.state");
		cell.dataset.state = row.locked ? "locked" : state;
		cell.textContent = row.locked ? "🔒" : signs[state] || "";
		cell.title = row.locked || words[state] || "";
	}

	bind() {
		this.table.addEventListener("keydown", (event) => this.key(event));
		this.table.addEventListener("mousedown", (event) => {
			const td = event.target.closest("td.cell");
			if (!td || event.target.tagName === "TEXTAREA") return;
			event.preventDefault();
			this.commit();
			this.go(Number(td.dataset.r), Number(td.dataset.c), event.shiftKey);
			this.dragging = true;
		});
		this.table.addEventListener("mouseover", (event) => {
			const td = event.target.closest("td.cell");
			if (td && this.dragging && event.buttons === 1) this.go(Number(td.dataset.r), Number(td.dataset.c), true);
			else this.dragging = this.dragging && event.buttons === 1;
		});
		this.table.addEventListener("dblclick", (event) => event.target.closest("td.cell") && this.edit());
		this.table.addEventListener("copy", (event) => this.copy(event));
		this.table.addEventListener("paste", (event) => this.paste(event));
	}

	focus() {
		if (!this.editor) this.table.focus({ preventScroll: true });
		this.mark();
		this.moved();
	}

	go(r, c, extend = false) {
		this.at = {
			r: Math.min(Math.max(r, 0), this.rows.length - 1),
			c: Math.min(Math.max(c, 0), this.columns.length - 1),
		};
		if (!extend) this.anchor = { ...this.at };
		this.focus();
		const td = this.cells[this.at.r][this.at.c];
		td.scrollIntoView({ block: "nearest", inline: "nearest" });
	}

	range() {
		const [r1, r2] = [this.at.r, this.anchor.r].sort((a, b) => a - b);
		const [c1, c2] = [this.at.c, this.anchor.c].sort((a, b) => a - b);
		return { r1, r2, c1, c2, many: r1 !== r2 || c1 !== c2 };
	}

	mark() {
		this.table.querySelectorAll(".at, .picked, .here").forEach((e) => e.classList.remove("at", "picked", "here"));
		const { r1, r2, c1, c2, many } = this.range();
		if (many) for (let r = r1; r <= r2; r++) for (let c = c1; c <= c2; c++) this.cells[r][c].classList.add("picked");
		this.cells[this.at.r][this.at.c].classList.add("at");
		this.table.tBodies[0].rows[this.at.r].classList.add("here");
	}

	step(forward = true) {
		const way = localStorage.getItem("hbs-entry-move") || "down";
		if (way === "down") this.go(this.at.r + (forward ? 1 : -1), this.at.c);
		else if (way === "right") this.next(forward);
		else this.focus();
	}

	// The next entered cell, on to the next pupil at the end of a row.
	next(forward = true) {
		let { r, c } = this.at;
		do {
			c += forward ? 1 : -1;
			if (c >= this.columns.length || c < 0) {
				r += forward ? 1 : -1;
				c = forward ? 0 : this.columns.length - 1;
			}
			if (r < 0 || r >= this.rows.length) return;
		} while (!this.columns[c].entered);
		this.go(r, c);
	}

	key(event) {
		if (this.editor) {
			this.key_in_editor(event);
			return;
		}
		const { key, shiftKey } = event;
		const command = event.ctrlKey || event.metaKey;
		const { r, c } = this.at;
		const moves = { ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1] };
		moves.Home = [command ? 0 : r, 0];
		moves.End = [command ? this.rows.length - 1 : r, this.columns.length - 1];
		moves.PageUp = [r - 10, c];
		moves.PageDown = [r + 10, c];
		const commands = { d: () => this.fill_down(shiftKey), z: () => this.undo() };
		if (event.isComposing || event.altKey) return;
		if (moves[key]) this.go(...moves[key], shiftKey);
		else if (key === "Enter") this.go(r + (shiftKey ? -1 : 1), c);
		else if (key === "Tab") this.next(!shiftKey);
		else if (key === "F2") this.edit();
		else if (key === "F1") hocbaso.entry_help();
		else if (key === "Delete") this.empty();
		else if (key === "Escape") this.go(r, c);
		else if (command && commands[key.toLowerCase()]) commands[key.toLowerCase()]();
		else if (!command && [...key].length === 1) {
			if (this.column.kind === "text") {
				// The letter itself goes into the editor, so that Vietnamese typing tools work from the first key on.
				if (this.edit()) event.stopPropagation();
				else event.preventDefault();
				return;
			}
			this.letter(key);
		} else return;
		event.preventDefault();
		event.stopPropagation();
	}

	letter(key) {
		const typed = key.toLowerCase();
		const before = this.last || {};
		this.last = { key: typed, time: Date.now() };
		// A Telex typing tool turns "dd" into "đ": the first d has already set the level.
		if (typed === "đ" && before.key === "d" && this.last.time - before.time < 1500) return;
		if (this.told_lock()) return;
		const column = this.column;
		if (column.kind === "mark" && typed === "0" && before.key === "1" && before.cell === this.cells[this.at.r][this.at.c]) {
			this.put([{ r: this.at.r, c: this.at.c, value: "10" }]);
			this.step();
			return;
		}
		const value = this.value_of(column, typed);
		if (value === undefined) {
			const options = column.options.map((option) => this.shown(column, option)).join(", ");
			frappe.show_alert({ message: __("{0}: type one of {1}.", [column.label, options]), indicator: "orange" }, 3);
			return;
		}
		this.last.cell = this.cells[this.at.r][this.at.c];
		this.put([{ r: this.at.r, c: this.at.c, value }]);
		if (!(column.kind === "mark" && value === "1")) this.step();
	}

	// What a typed or pasted text means in a column; undefined when it means nothing.
	value_of(column, text) {
		const typed = String(text).normalize("NFC").trim();
		if (column.kind === "text") return typed.replace(/\r\n?/g, "\n");
		if (!typed) return "";
		const low = typed.toLowerCase().replace(/^(\d+)[.,]0+$/, "$1");
		const exact = column.options.find((o) => o.toLowerCase() === low || __(o).toLowerCase() === low);
		if (exact) return exact;
		if (low === "d" && column.options.includes("Đ")) return "Đ";
		const answers = { c: "Yes", y: "Yes", 1: "Yes", x: "Yes", k: "No", n: "No", 0: "No" };
		return column.kind === "answer" ? answers[low] : undefined;
	}

	told_lock() {
		const reason = this.lock_of(this.row, this.column);
		if (reason) frappe.show_alert({ message: frappe.utils.escape_html(reason), indicator: "orange" }, 5);
		return Boolean(reason);
	}

	// One step that can be undone; fixed cells are passed over. Gives how many cells changed.
	put(cells, undoing = false) {
		const step = [];
		for (const { r, c, value } of cells) {
			const row = this.rows[r];
			const column = this.columns[c];
			const before = row.values[column.name];
			if (this.lock_of(row, column) || before === value) continue;
			step.push({ r, c, value: before });
			this.saver.put(row, column.name, value);
		}
		if (step.length && !undoing) this.steps.push(step);
		new Set(step.map(({ r }) => r)).forEach((r) => this.draw_row(this.rows[r]));
		this.moved();
		return step.length;
	}

	undo() {
		const step = this.steps.pop();
		if (!step) {
			frappe.show_alert({ message: __("Nothing to undo."), indicator: "gray" }, 3);
			return;
		}
		this.put(step, true);
		this.go(step[0].r, step[0].c);
	}

	empty() {
		if (this.told_lock()) return;
		const { r1, r2, c1, c2 } = this.range();
		const cells = [];
		for (let r = r1; r <= r2; r++) for (let c = c1; c <= c2; c++) cells.push({ r, c, value: "" });
		this.put(cells);
	}

	// The selected block, or from here to the last pupil; `all` also writes over what stands there.
	fill_down(all) {
		const { r1, r2, c1, c2, many } = this.range();
		const last = many && r2 > r1 ? r2 : this.rows.length - 1;
		const cells = [];
		let over = 0;
		for (let c = c1; c <= c2; c++) {
			const name = this.columns[c].name;
			const value = this.rows[r1].values[name];
			if (!value) continue;
			for (let r = r1 + 1; r <= last; r++) {
				const old = this.rows[r].values[name];
				if (old && (!all || old === value)) continue;
				over += old && !this.lock_of(this.rows[r], this.columns[c]) ? 1 : 0;
				cells.push({ r, c, value });
			}
		}
		if (!cells.length) {
			frappe.show_alert({ message: __("There is nothing to copy or no cell to fill below."), indicator: "gray" }, 4);
			return;
		}
		const done = () => {
			const count = this.put(cells);
			frappe.show_alert({ message: __("{0} cells filled. Ctrl+Z undoes it.", [count]), indicator: "blue" }, 4);
			this.focus();
		};
		if (over) frappe.confirm(__("Write over {0} cells that already have a value?", [over]), done, () => this.focus());
		else done();
	}

	copy(event) {
		if (this.editor) return;
		const { r1, r2, c1, c2 } = this.range();
		const quote = (text) => (/[\t\n"]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
		const lines = [];
		for (let r = r1; r <= r2; r++) {
			const row = this.columns.slice(c1, c2 + 1).map((column) => quote(this.shown(column, this.rows[r].values[column.name])));
			lines.push(row.join("\t"));
		}
		event.clipboardData.setData("text/plain", lines.join("\n"));
		event.preventDefault();
	}

	paste(event) {
		if (this.editor) return;
		event.preventDefault();
		const block = hocbaso.parse_block(event.clipboardData.getData("text/plain"));
		const { r1, c1, r2 } = this.range();
		const one = block.length === 1 && r2 > r1;
		const cells = [];
		let bad = 0;
		for (let i = 0; i < (one ? r2 - r1 + 1 : block.length); i++) {
			const line = block[one ? 0 : i];
			line.forEach((text, j) => {
				const [r, c] = [r1 + i, c1 + j];
				if (r >= this.rows.length || c >= this.columns.length) {
					bad += text.trim() ? 1 : 0;
					return;
				}
				const value = this.value_of(this.columns[c], text);
				const fixed = this.lock_of(this.rows[r], this.columns[c]);
				if (value === undefined || (fixed && value !== this.rows[r].values[this.columns[c].name])) bad += 1;
				else cells.push({ r, c, value });
			});
		}
		const count = this.put(cells);
		const message = bad
			? __("{0} cells pasted, {1} could not be used (wrong value or fixed cell).", [count, bad])
			: __("{0} cells pasted. Ctrl+Z undoes it.", [count]);
		frappe.show_alert({ message, indicator: bad ? "orange" : "blue" }, 6);
	}

	// An editor over a remark; other cells change to their next value. False when the cell is fixed.
	edit(text) {
		if (this.told_lock()) return false;
		const { row, column } = this;
		if (column.kind !== "text") {
			const options = ["", ...column.options];
			const value = options[(options.indexOf(row.values[column.name]) + 1) % options.length];
			this.put([{ r: this.at.r, c: this.at.c, value }]);
			return true;
		}
		const td = this.cells[this.at.r][this.at.c];
		const area = document.createElement("textarea");
		const counter = document.createElement("span");
		counter.className = "hbs-entry-length";
		area.value = text === undefined ? row.values[column.name] : text;
		area.setAttribute("aria-label", `${column.label}, ${row.full_name}`);
		const frame = document.createElement("div");
		frame.className = "hbs-entry-editor";
		frame.classList.toggle("to-left", td.offsetLeft + 340 > this.table.offsetWidth);
		frame.append(area, counter);
		this.editor = { area, frame, at: { ...this.at } };
		td.classList.add("editing");
		td.append(frame);
		const grow = () => {
			const length = area.value.normalize("NFC").trim().length;
			counter.textContent = column.limit ? `${length}/${column.limit}` : length;
			counter.classList.toggle("over", Boolean(column.limit && length > column.limit));
			area.style.height = "auto";
			area.style.height = `${Math.max(area.scrollHeight + 2, 56)}px`;
		};
		area.addEventListener("input", grow);
		area.addEventListener("blur", () => this.commit());
		grow();
		area.focus();
		const open = area.value.search(/\[/);
		if (text !== undefined && open >= 0) area.setSelectionRange(open, area.value.indexOf("]", open) + 1);
		else area.setSelectionRange(area.value.length, area.value.length);
		return true;
	}

	key_in_editor(event) {
		event.stopPropagation();
		if (event.isComposing) return;
		if (event.key === "Escape") this.close_editor();
		else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
			this.commit();
			this.go(this.at.r + 1, this.at.c);
		} else if (event.key === "Tab") {
			this.commit();
			this.next(!event.shiftKey);
		} else return;
		event.preventDefault();
		this.focus();
	}

	commit() {
		if (!this.editor) return;
		const { area, at } = this.editor;
		const value = this.value_of(this.columns[at.c], area.value);
		this.close_editor();
		this.put([{ ...at, value }]);
	}

	close_editor() {
		const { frame, at } = this.editor;
		this.editor = null;
		frame.remove();
		this.cells[at.r][at.c].classList.remove("editing");
	}
};

// A block as spreadsheets put it on the clipboard: tabs, line ends, quoted cells.
hocbaso.parse_block = function (text) {
	const rows = [[""]];
	let quoted = false;
	const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
	for (let i = 0; i < source.length; i++) {
		const char = source[i];
		const row = rows[rows.length - 1];
		if (quoted) {
			if (char === '"' && source[i + 1] === '"') row[row.length - 1] += source[++i];
			else if (char === '"') quoted = false;
			else row[row.length - 1] += char;
		} else if (char === '"' && row[row.length - 1] === "") quoted = true;
		else if (char === "\t") row.push("");
		else if (char === "\n") rows.push([""]);
		else row[row.length - 1] += char;
	}
	return rows;
};
