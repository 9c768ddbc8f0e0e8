// The record's page is as long as it is: no scrolling inside scrolling on a phone; one tap leads to each of its parts.
document.querySelectorAll("iframe.hbs-page").forEach((frame) => {
	const parts = document.querySelector(".hbs-parts");
	const page = () => frame.contentDocument && frame.contentDocument.documentElement;

	const fit = () => {
		if (page()) frame.style.height = `${page().scrollHeight}px`;
	};

	const list_parts = () => {
		parts.replaceChildren();
		frame.contentDocument.querySelectorAll("[data-title]").forEach((part) => {
			const button = document.createElement("button");
			button.className = "btn btn-default btn-sm";
			button.textContent = part.dataset.title.split(" – ").pop();
			button.addEventListener("click", () => {
				const top = frame.getBoundingClientRect().top + part.getBoundingClientRect().top;
				window.scrollTo({ top: window.scrollY + top, behavior: "smooth" });
			});
			parts.append(button);
		});
	};

	const show = () => {
		if (!page()) return;
		fit();
		list_parts();
	};
	frame.addEventListener("load", show);
	window.addEventListener("resize", fit);
	show();
});
