// Class entry: choose one of my sheets, then fill it in with the keyboard.
{% include "hocbaso_app/hocbaso_app/page/hbs_class_entry/saver.js" %}
{% include "hocbaso_app/hocbaso_app/page/hbs_class_entry/grid.js" %}
{% include "hocbaso_app/hocbaso_app/page/hbs_class_entry/detail.js" %}
{% include "hocbaso_app/hocbaso_app/page/hbs_class_entry/spreadsheet.js" %}

frappe.pages["hbs-class-entry"].on_page_load = function (wrapper) {
	const page = frappe.ui.make_app_page({ parent: wrapper, title: __("Class entry"), single_column: true });
	wrapper.hbs_entry = new hocbaso.ClassEntry(page);
};

frappe.pages["hbs-class-entry"].on_page_show = function (wrapper) {
	wrapper.hbs_entry.show(frappe.get_route().slice(1));
};

hocbaso.ClassEntry = class {
	constructor(page) {
		this.page = page;
		this.savers = [];
		this.$body = $('<div class="hbs-entry"></div>').appendTo(page.main);
		page.main.closest(".page-body").addClass("hbs-entry-page");
		window.addEventListener("beforeunload", (event) => {
			if (this.savers.some((saver) => saver.unsaved) && !this.savers.some((saver) => saver.leaving)) {
				event.preventDefault();
				event.returnValue = "";
			}
		});
	}

	show([student_group, sheet]) {
		const wanted = student_group && sheet ? `${student_group}/${sheet}` : "";
		this.savers = this.savers.filter((saver) => saver.unsaved);
		if (wanted && wanted === this.shown && this.savers.includes(this.saver)) {
			this.grid.focus();
			return;
		}
		this.savers.forEach((saver) => saver.flush());
		this.call("my_sheets").then((sheets) => {
			this.sheets = sheets;
			if (wanted) this.open(student_group, sheet);
			else this.choose();
		});
	}

	call(method, args) {
		return frappe.call({ method: `hocbaso_app.api.entry.${method}`, args, type: "GET" }).then((r) => r.message);
	}

	choose() {
		this.shown = "";
		const esc = frappe.utils.escape_html;
		this.page.set_title(__("Class entry"));
		this.page.clear_inner_toolbar();
		if (!this.sheets.length) {
			const text = __("Nothing is yours to enter today. Ask the school's administrator for your assignment.");
			this.$body.html(`<div class="hbs-entry-empty">${text}</div>`);
			return;
		}
		const classes = {};
		for (const row of this.sheets) (classes[row.student_group] = classes[row.student_group] || []).push(row);
		const cards = Object.entries(classes).map(([name, rows]) => {
			const items = rows.map((row) => {
				const done = row.pupils && row.filled >= row.pupils;
				return (
					`<a class="hbs-entry-choice" href="/app/hbs-class-entry/${encodeURIComponent(name)}/${row.sheet}">` +
					`<span>${esc(row.title)}</span><span class="${done ? "done" : ""}">${row.filled}/${row.pupils}</span></a>`
				);
			});
			return `<section><h4>${esc(name)} <small>${esc(rows[0].school_year || "")}</small></h4>${items.join("")}</section>`;
		});
		this.$body.html(
			`<p class="text-muted">${__("Choose what you want to fill in. The number says how many pupils have a value.")}</p>` +
				`<div class="hbs-entry-choices">${cards.join("")}</div>`
		);
	}

	open(student_group, key) {
		this.call("open_sheet", { student_group, sheet: key })
			.then((sheet) => this.begin(sheet))
			.catch(() => this.choose());
	}

	// A sheet that still has unsaved cells keeps its own saver until it is done.
	begin(sheet) {
		this.sheet = sheet;
		this.shown = `${sheet.student_group}/${sheet.key}`;
		this.page.set_title(`${sheet.title} · ${sheet.student_group}`);
		this.draw();
		let grid = null;
		this.saver = new hocbaso.EntrySaver(sheet, {
			changed: () => this.refresh(),
			row: (row) => grid.draw_row(row),
		});
		this.savers.push(this.saver);
		grid = new hocbaso.EntryGrid(this.$body.find(".hbs-entry-scroll"), sheet, this.saver, {
			moved: () => this.detail && this.detail.show(),
		});
		this.grid = grid;
		this.detail = new hocbaso.EntryDetail(this.$body.find(".hbs-entry-detail"), grid, this.saver);
		this.saver.restore(grid);
		this.refresh();
		grid.focus();
	}

	draw() {
		const esc = frappe.utils.escape_html;
		const { student_group, key } = this.sheet;
		const groups = {};
		for (const row of this.sheets) (groups[row.student_group] = groups[row.student_group] || []).push(row);
		const options = Object.entries(groups).map(([name, rows]) => {
			const inner = rows.map((row) => {
				const here = row.student_group === student_group && row.sheet === key ? "selected" : "";
				return `<option value="${esc(`${name}/${row.sheet}`)}" ${here}>${esc(`${name} · ${row.title}`)}</option>`;
			});
			return `<optgroup label="${esc(name)}">${inner.join("")}</optgroup>`;
		});
		const button = (name, label, title) =>
			`<button class="btn btn-default btn-xs" data-do="${name}" title="${esc(title)}">${label}</button>`;
		this.$body.html(
			`<div class="hbs-entry-bar">
				<select class="hbs-entry-sheet form-control input-xs" aria-label="${__("Sheet")}">${options.join("")}</select>
				${button("fill_empty", __("Fill empty cells below"), "Ctrl+D")}
				${button("fill_all", __("Fill all below"), "Ctrl+Shift+D")}
				${button("undo", __("Undo"), "Ctrl+Z")}
				<label class="hbs-entry-move">${__("After typing")}
					<select class="form-control input-xs" data-move>
						<option value="down">${__("go down")}</option>
						<option value="right">${__("go right")}</option>
						<option value="stay">${__("stay")}</option>
					</select>
				</label>
				<span class="hbs-entry-count"></span>
				<span class="hbs-entry-saved" role="status"></span>
			</div>
			<div class="hbs-entry-alert" role="alert" hidden></div>
			<div class="hbs-entry-lock"></div>
			<div class="hbs-entry-scroll"></div>
			<div class="hbs-entry-detail"></div>`
		);
		this.$body.find(".hbs-entry-lock").append(hocbaso.locks.line(this.sheet.lock, student_group));
		this.$body.find(".hbs-entry-sheet").on("change", (event) => {
			const [group, sheet] = event.target.value.split(/\/(?=[^/]*$)/);
			frappe.set_route("hbs-class-entry", group, sheet);
		});
		const actions = {
			fill_empty: () => this.grid.fill_down(false),
			fill_all: () => this.grid.fill_down(true),
			undo: () => this.grid.undo(),
		};
		this.page.clear_inner_toolbar();
		this.page.add_inner_button(__("Download as Excel"), () => hocbaso.entry_download(this.sheet, this.saver));
		this.page.add_inner_button(__("Import from Excel"), () =>
			hocbaso.entry_upload(this.sheet, () => this.open(student_group, key))
		);
		this.page.add_inner_button(__("Keys"), () => hocbaso.entry_help());
		this.$body.on("click", "[data-do]", (event) => actions[event.currentTarget.dataset.do]());
		const $move = this.$body.find("[data-move]");
		$move.val(localStorage.getItem("hbs-entry-move") || "down");
		$move.on("change", () => {
			localStorage.setItem("hbs-entry-move", $move.val());
			this.grid.focus();
		});
	}

	// Counts, saved state and what to do when saving fails.
	refresh() {
		if (!this.detail) return;
		const count = { missing: 0, faults: 0, hints: 0, pupils: 0 };
		for (const row of this.sheet.rows) {
			const own = hocbaso.entry_notes(row);
			count.missing += own.missing.length;
			count.faults += own.faults.length;
			count.hints += row.hints.length;
			count.pupils += own.missing.length || own.faults.length ? 1 : 0;
		}
		const part = (kind, text) => `<span class="${count[kind] ? kind : "missing"}">${text}</span>`;
		const parts = [
			part("missing", __("{0} still empty", [count.missing])),
			part("faults", __("{0} faults", [count.faults])),
			part("hints", __("{0} hints", [count.hints])),
		];
		const whole = count.pupils ? "" : `<span class="done">${__("Complete")}</span>`;
		this.$body.find(".hbs-entry-count").html(whole + parts.join(" · "));
		const saver = this.savers.find((one) => one.problem) || this.saver;
		const unsaved = this.savers.reduce((sum, one) => sum + one.unsaved, 0);
		const state = saver.problem ? "error" : unsaved ? "unsaved" : "saved";
		const words = unsaved ? __("{0} cells not saved yet", [unsaved]) : __("All saved");
		this.$body.find(".hbs-entry-saved").attr("data-state", state).text(words);
		const $alert = this.$body.find(".hbs-entry-alert");
		$alert.prop("hidden", !saver.problem);
		if (saver.problem) {
			$alert.html(
				`<span>${frappe.utils.escape_html(saver.problem.message)}</span> ` +
					`<button class="btn btn-xs btn-primary">${saver.problem.label}</button>`
			);
			$alert.find("button").on("click", saver.problem.action);
		}
		this.detail.show();
	}
};

// Rule messages of a row: what is still empty, and what is wrong.
hocbaso.entry_notes = function (row) {
	const missing = row.faults.filter((fault) => fault.code.endsWith("_MISSING"));
	return { missing, faults: row.faults.filter((fault) => !missing.includes(fault)) };
};

hocbaso.entry_help = function () {
	const keys = [
		["↑ ↓ ← → Tab", __("Move. With Shift and arrows: select several cells.")],
		["T H C M, T Đ C", __("Set the level; “d” once is enough for Đ.")],
		["0–10", __("Set the mark; 1 then 0 makes 10.")],
		["C, K", __("Yes, no.")],
		["Enter", __("Go down; in a remark: write it and go down. Shift+Enter: new line.")],
		["F2", __("Edit the remark. Typing a letter does the same.")],
		["Delete", __("Empty the cell.")],
		["Ctrl+D", __("Copy the cell to the empty cells below. With Shift: to all cells below.")],
		["Ctrl+C, Ctrl+V", __("Copy, paste a block from a spreadsheet.")],
		["Ctrl+Z", __("Undo the last step.")],
	];
	const rows = keys.map(([key, text]) => `<tr><td class="text-nowrap"><kbd>${key}</kbd></td><td>${text}</td></tr>`);
	frappe.msgprint({ title: __("Keys"), message: `<table class="table table-sm">${rows.join("")}</table>` });
};
