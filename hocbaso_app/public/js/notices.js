// A bar above every page of the desk while somebody has notices to read or tasks to do. Numbers are the server's.
(() => {
	const EVERY = 5 * 60 * 1000;

	hocbaso.show_notices = () => {
		const staff = frappe.user_roles.some((role) => role.startsWith("HBS "));
		if (!staff || frappe.session.user === "Guest") return;
		frappe.xcall("hocbaso_app.api.notices.waiting", {}, "GET").then(({ unread, tasks, late }) => {
			document.querySelector(".hbs-notices")?.remove();
			const parts = [];
			if (unread) parts.push(__("{0} unread notices", [unread]));
			if (tasks) parts.push(late ? __("{0} tasks to do, {1} of them late", [tasks, late]) : __("{0} tasks to do", [tasks]));
			if (!parts.length) return;
			const bar = document.createElement("a");
			bar.className = "hbs-notices";
			bar.href = '/app/hbs-notice-receipt?status=["in",["Unread","Has Read"]]';
			bar.setAttribute("role", "status");
			const colours = late || unread ? "background:#fee2e2;color:#991b1b" : "background:#fef3c7;color:#92400e";
			bar.style.cssText = `display:block;padding:8px 16px;text-align:center;font-weight:500;${colours}`;
			bar.textContent = `${parts.join(" · ")} → ${__("Open the list")}`;
			bar.addEventListener("click", (event) => {
				event.preventDefault();
				frappe.set_route("List", "HBS Notice Receipt", "List", { status: ["in", ["Unread", "Has Read"]] });
			});
			document.getElementById("body")?.before(bar);
		});
	};

	$(document).on("app_ready", () => {
		hocbaso.show_notices();
		setInterval(() => document.visibilityState === "visible" && hocbaso.show_notices(), EVERY);
	});
})();
