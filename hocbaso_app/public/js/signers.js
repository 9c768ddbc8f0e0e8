// Shared by the enrolment page, the certificate's form and the readiness page: answered questions as a list.
hocbaso.show_checks = function (checks) {
	const list = $('<ul class="hbs-checks">');
	checks.forEach(({ title, ok, sentence }) => {
		const [kind, sign] = ok === true ? ["yes", "✓"] : ok === false ? ["no", "✗"] : ["open", "?"];
		const words = $('<div class="words">').append($("<b>").text(`${title}: `), document.createTextNode(sentence));
		$(`<li class="${kind}">`).append($('<span class="sign">').text(sign), words).appendTo(list);
	});
	return list;
};
