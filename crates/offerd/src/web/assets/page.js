// Follows the page's events, and copies codes. The page can be read without it.
"use strict";

const live = document.getElementById("live");

function armCopying(root) {
  if (!navigator.clipboard) return; // only on pages that came over https or from this machine
  for (const button of root.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select the text below";
      }
    });
  }
}

function show(now) {
  if (live.dataset.state === now.state) return;
  live.dataset.state = now.state;
  document.getElementById("status").textContent = now.sentence;
  const piece = document.getElementById("piece");
  piece.innerHTML = now.html; // made by our server, other people's texts escaped
  armCopying(piece);
}

function follow() {
  const events = new EventSource(live.dataset.events);
  events.addEventListener("live", (event) => {
    const now = JSON.parse(event.data);
    show(now);
    if (now.ended) events.close();
  });
  events.addEventListener("error", () => {
    // The browser tries again by itself, unless the server said no.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10000);
  });
}

armCopying(document);
if (live && live.dataset.events) follow();
