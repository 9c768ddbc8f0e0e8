// Shared by the enrolment page, the certificate's form and the readiness page: answered questions as a list.
hocbaso.show_checks = function (checks) {
	const list = $('<ul class="hbs-checks" style="list-style: none; padding: 0; margin: .6rem 0">');
	checks.forEach(({ title, ok, sentence }) => {
		const [colour, sign] = ok === true ? ["green", "✓"] : ok === false ? ["red", "✗"] : ["orange", "?"];
		const words = $("<div>").append($("<b>").text(`${title}: `), document.createTextNode(sentence));
		if (ok === false) words.css("color", "var(--red-600, #b52a2a)");
		$('<li style="display: flex; gap: .6rem; padding: .4rem 0; border-bottom: 1px solid var(--border-color)">')
			.append($(`<b style="flex: none; width: 1.4rem; text-align: center; color: var(--${colour}-600)">`).text(sign), words)
			.appendTo(list);
	});
	return list;
};
