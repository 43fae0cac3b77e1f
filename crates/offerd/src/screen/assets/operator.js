// Shows a page anew when something has happened. The page can be read, and loaded again by hand, without it.
"use strict";

const made = document.getElementById("news").dataset.after;
const events = new EventSource(`/operator/events?after=${made}`);

events.addEventListener("changed", async () => {
  const answer = await fetch(location.href, { redirect: "error" }).catch(() => null);
  if (!answer || !answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = document.querySelector("main");
  const open = [...now.querySelectorAll("details")].map((details) => details.open);
  now.replaceWith(page.querySelector("main"));
  document.querySelectorAll("main details").forEach((details, place) => { details.open = open[place] === true; });
});
