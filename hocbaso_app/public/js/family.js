// The record's page is as long as it is: no scrolling inside scrolling on a phone.
document.querySelectorAll("iframe.hbs-page").forEach((frame) => {
	const fit = () => {
		const page = frame.contentDocument && frame.contentDocument.documentElement;
		if (page) frame.style.height = `${page.scrollHeight}px`;
	};
	frame.addEventListener("load", fit);
	window.addEventListener("resize", fit);
	fit();
});
