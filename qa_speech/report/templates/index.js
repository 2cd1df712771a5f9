"use strict";
(() => {
  const table = document.getElementById("runs");
  if (!table) return;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];
  const search = document.getElementById("search");
  const band = document.getElementById("band");

  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.key;
      const numeric = head.classList.contains("num");
      const compare = (one, two) => (numeric ? Number(key(one)) - Number(key(two)) : key(one).localeCompare(key(two), document.documentElement.lang));
      rows.sort((one, two) => (down ? -compare(one, two) : compare(one, two)));
      body.append(...rows);
    });
  });

  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    for (const row of rows) {
      row.hidden = Boolean((band && band.value && row.dataset.band !== band.value) || (wanted && !row.textContent.toLowerCase().includes(wanted)));
    }
  };
  search.addEventListener("input", filter);
  if (band) band.addEventListener("change", filter);
})();
