// Leave at once: the page turns blank, the conversation is erased, a neutral site takes this page's place.
// And the question typed on another page, sent once the chat is open.
"use strict";
(() => {
  const way = document.querySelector("[data-quit]");
  const SHIFTS = 3, WITHIN_MS = 5000;
  let pressed = [];

  function leave() {
    document.title = way.dataset.title;
    document.documentElement.hidden = true;
    try {
      const kept = JSON.parse(sessionStorage.getItem("proche") || "null");
      sessionStorage.clear();
      if (kept) {
        fetch(`/api/v1/conversations/${kept.id}`, { method: "DELETE", keepalive: true, headers: { Authorization: `Bearer ${kept.token}` } }).catch(() => {});
      }
      fetch("/chat/quitter", { method: "POST", keepalive: true, redirect: "manual" }).catch(() => {});
    } catch { /* storage closed, network away: leave all the same */ }
    location.replace(way.dataset.quit);
  }

  way.addEventListener("click", (event) => { event.preventDefault(); leave(); });
  addEventListener("keydown", (event) => {
    if (event.key !== "Shift") { pressed = []; return; }
    if (event.repeat) return;
    pressed = [...pressed.filter((at) => event.timeStamp - at < WITHIN_MS), event.timeStamp];
    if (pressed.length >= SHIFTS) leave();
  });

  for (const form of document.querySelectorAll("form[data-ask]")) {
    form.addEventListener("submit", (event) => {
      const text = form.elements.text.value.trim();
      if (!text) return;
      try { sessionStorage.setItem("proche-question", text); } catch { return; }
      event.preventDefault();
      location.assign("/chat");
    });
  }
})();
