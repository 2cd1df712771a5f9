"use strict";
// Keys on every page of the desk but that of a call: rows by j and k, links by the key they name; forms told when they fail.
(() => {
  const rows = () => [...document.querySelectorAll("table.rows tbody tr[data-href]")];
  let chosen = -1;

  function choose(index) {
    const all = rows();
    if (!all.length) return;
    chosen = Math.max(0, Math.min(all.length - 1, index));
    all.forEach((row, number) => row.classList.toggle("chosen", number === chosen));
    const link = all[chosen].querySelector("a");
    if (link) link.focus({ preventScroll: true });
    all[chosen].scrollIntoView({ block: "nearest" });
    look(all[chosen]);
  }

  // Whatever is pointed at or chosen is read by the server before it is opened.
  let ahead = "";
  function look(row) {
    const call = row && /^\/calls\/[0-9a-f]+/.exec(row.dataset.href || "");
    if (!call || call[0] === ahead) return;
    ahead = call[0];
    fetch(`${ahead}/ahead`).catch(() => {});
  }

  document.addEventListener("pointerover", (event) => look(event.target.closest("tr[data-href]")));

  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, select, label")) location.assign(row.dataset.href);
  });

  document.addEventListener("keydown", (event) => {
    if (document.body.classList.contains("call")) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "j" || event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "k" || event.key === "ArrowUp") choose(chosen - 1);
    else {
      const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (!named || (event.key === "Enter" && event.target.closest("a, button, summary"))) return;
      if (named.matches("input")) named.focus();
      else named.click();
    }
    event.preventDefault();
  });

  // The server could not be reached: whoever sent the form is told beside it.
  document.addEventListener("htmx:error", (event) => {
    const form = event.target.closest && event.target.closest("form");
    if (!form || form.classList.contains("marking")) return;
    const place = form.querySelector("[id$=problem]") || form.nextElementSibling;
    if (place) place.textContent = document.documentElement.lang === "en" ? "cannot be reached; please try again" : "连不上服务器，请稍后再试";
  });
})();
