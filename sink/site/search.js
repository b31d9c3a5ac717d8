/* The search page: reads the lists of titles, newest first, until there are enough stories to show.
 * Nothing that was fetched becomes markup: it goes into the page as text. */
"use strict";
(() => {
	const ENOUGH = 40;
	const form = document.getElementById("search");
	const field = document.getElementById("q");
	const status = document.getElementById("status");
	const results = document.getElementById("results");
	const further = document.getElementById("further");
	const root = form.dataset.root;
	let parts = null; // the lists' names, newest first
	let search = 0;   // the number of the present search: an older one gives up
	let next = 0;     // the first part that was not searched

	const plain = (text) =>
		text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

	const load = async (name) => {
		const answer = await fetch(`${root}search/${name}.json`);
		if (answer.status === 404)
			return []; // listed, but not printed yet
		if (!answer.ok)
			throw new Error(`${name}: ${answer.status}`);
		return answer.json();
	};

	const show = ([title, url, source, day]) => {
		const item = document.createElement("li");
		const link = document.createElement("a");
		const note = document.createElement("p");

		if (!/^https?:\/\//.test(url))
			return;
		link.href = url;
		link.rel = "noopener";
		link.dir = "auto";
		link.textContent = title;
		note.className = "byline";
		note.textContent = `${source} · ${day}`;
		item.append(link, note);
		results.append(item);
	};

	const say = (part) => {
		const count = results.childElementCount;
		const stories = count === 1 ? "1 story" : `${count || "No"} stories`;

		status.textContent = part
			? `${stories}, searched back to ${part.slice(0, 7)}.`
			: `${stories}.`;
	};

	const go = async () => {
		const mine = ++search;
		const words = plain(field.value).split(/\s+/u).filter(Boolean);
		const goal = results.childElementCount + ENOUGH;

		further.hidden = true;
		if (words.length === 0) {
			status.textContent = "";
			return;
		}
		try {
			parts ??= await load("parts");
			while (next < parts.length && results.childElementCount < goal) {
				const part = parts[next];
				const rows = await load(part);

				if (mine !== search)
					return;
				next++;
				rows.filter((row) => {
					const text = plain(row.slice(0, 1).concat(row.slice(2)).join(" "));
					return words.every((word) => text.includes(word));
				}).forEach(show);
				say(next < parts.length ? part : null);
			}
			say(next < parts.length ? parts[next - 1] : null);
			further.hidden = next >= parts.length;
		} catch (error) {
			if (mine === search)
				status.textContent = location.protocol === "file:"
					? "Searching needs the site to be served by a web server."
					: `The search did not work: ${error.message}`;
		}
	};

	const begin = () => {
		search++;
		next = 0;
		results.replaceChildren();
		return go();
	};

	let pause = 0;
	field.addEventListener("input", () => {
		clearTimeout(pause);
		pause = setTimeout(begin, 250);
	});
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		clearTimeout(pause);
		history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
		begin();
	});
	further.addEventListener("click", go);
	form.hidden = false;
	field.value = new URLSearchParams(location.search).get("q") ?? "";
	if (field.value)
		begin();
})();
