"use strict";
(() => {
  const table = document.getElementById("runs");
  if (!table) return;
  const data = JSON.parse(document.getElementById("rows").textContent);
  const words = JSON.parse(document.getElementById("words").textContent);
  const fill = (key, values) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const BLOCK = 50;
  const MOST_PRINTED = 1000;
  const SHOWN_REASONS = 3;
  const shared = (place) => data.texts[place];

  // -- rows: what the page carries, as objects

  const SHARED = ["agent", "team", "queue", "band", "why", "judged"];
  const calls = data.rows.map((packed, place) => {
    const row = Object.fromEntries(data.fields.map((field, index) => [field, packed[index]]));
    for (const field of SHARED) row[field] = shared(row[field]);
    row.warnings = row.warnings.map(shared);
    row.alarms = row.alarms.map(shared);
    row.lost = row.lost.map((at) => ({ title: shared(at < 0 ? -1 - at : at), pending: at < 0 }));
    row.place = place;
    row.text = [row.id, row.agent, row.team, row.queue, row.band, row.why, row.sentence, ...row.warnings, ...row.alarms,
      ...row.lost.map((one) => one.title)].join(" ").toLowerCase();
    return row;
  });
  const clock = (seconds) => {
    if (seconds === null) return "–";
    const two = (number) => String(number).padStart(2, "0");
    const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`;
  };
  const known = (field) => calls.some((row) => row[field] !== "" && row[field] !== null);
  const COLUMNS = ["id", "agent", "team", "queue", "started", "seconds", "total", "band", "pending", "lost"]
    .filter((field) => !["agent", "team", "queue", "started"].includes(field) || known(field));
  const NUMBERS = ["seconds", "total", "pending"];
  const key = {
    id: (row) => row.id, agent: (row) => row.agent, team: (row) => row.team, queue: (row) => row.queue,
    started: (row) => row.started, seconds: (row) => row.seconds, total: (row) => row.total, band: (row) => row.band,
    pending: (row) => row.pending || null, lost: (row) => row.alarms[0] || (row.lost[0] || {}).title || row.why,
  };

  // -- state: what is asked for stands in the address, so that Back and a bookmark bring it back

  const NAMES = ["q", "agent", "team", "queue", "band", "lost", "state", "hour", "points", "sort", "down"];
  const read = () => {
    const found = new URLSearchParams(location.hash.slice(1));
    return Object.fromEntries(NAMES.map((name) => [name, found.get(name) ?? ""]));
  };
  let asked = read();
  const address = () => {
    const kept = new URLSearchParams(NAMES.filter((name) => asked[name] !== "").map((name) => [name, asked[name]]));
    return String(kept);
  };
  function ask(changes, quietly) {
    Object.assign(asked, changes);
    const here = `#${address()}`;
    if (quietly) history.replaceState(null, "", here);
    else if (here !== (location.hash || "#")) history.pushState(null, "", here);
    draw();
  }
  const restore = () => { asked = read(); draw(); };
  addEventListener("popstate", restore);
  addEventListener("hashchange", restore);

  // -- which rows, in which order

  const STATES = {
    alarm: (row) => row.alarms.length > 0, pending: (row) => row.pending > 0, untotalled: (row) => row.total === null,
  };
  function fits(row) {
    for (const field of ["agent", "team", "queue", "band"]) {
      if (asked[field] !== "" && row[field] !== (asked[field] === "–" ? "" : asked[field])) return false;
    }
    if (asked.q && !asked.q.toLowerCase().split(/\s+/).every((part) => row.text.includes(part))) return false;
    if (asked.lost && !row.lost.some((one) => one.title === asked.lost)) return false;
    if (STATES[asked.state] && !STATES[asked.state](row)) return false;
    if (asked.hour !== "" && row.hour !== Number(asked.hour)) return false;
    if (asked.points) {
      const [low, high] = asked.points.split("-").map(Number);
      if (row.total === null || row.total < low || (row.total >= high && high < 100)) return false;
    }
    return true;
  }
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  function ordered(rows) {
    const of = key[asked.sort];
    if (!of) return rows;
    const way = asked.down ? -1 : 1;
    const numeric = NUMBERS.includes(asked.sort);
    return rows.map((row) => [of(row), row]).sort(([one, first], [other, second]) => {
      const empty = (one === null || one === "") - (other === null || other === "");
      if (empty) return empty; // what is missing comes last, whichever way
      if (one === other) return first.place - second.place;
      return way * (numeric ? one - other : collator.compare(one, other)) || first.place - second.place;
    }).map(([, row]) => row);
  }

  // -- drawing

  function element(name, className, ...inside) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...inside.filter((one) => one !== ""));
    return made;
  }
  function cell(field, row) {
    const made = element("td", NUMBERS.includes(field) ? `num at-${field}` : `at-${field}`);
    made.dataset.name = words[field];
    if (field === "id") made.append(title(row));
    else if (field === "seconds") made.append(clock(row.seconds));
    else if (field === "total") made.append(...total(row));
    else if (field === "band") made.append(band(row));
    else if (field === "pending") made.append(row.pending ? String(row.pending) : "");
    else if (field === "lost") made.append(reasons(row));
    else made.append(row[field] || "–");
    return made;
  }
  function title(row) {
    if (!row.link) {
      const plain = element("span", "unlinked", row.id);
      plain.tabIndex = 0;
      plain.title = words.no_page;
      return plain;
    }
    const link = element("a", "", row.id);
    const state = address();
    link.href = state ? `${row.link}#from=${encodeURIComponent(state)}` : row.link;
    return link;
  }
  function total(row) {
    const found = [element("b", "", row.total === null ? "–" : String(row.total))];
    if (row.confirmed) found.push(element("small", "", fill("confirmed", { n: row.confirmed })));
    if (row.covered !== null && row.covered < 100) {
      const note = element("small", "", fill("covered", { n: row.covered }));
      note.title = row.judged;
      found.push(note);
    }
    return found;
  }
  function band(row) {
    if (!row.band) return "–";
    const tone = { true: "good", false: "bad" }[row.passed] || "";
    return element("span", tone, element("span", "band", row.band));
  }
  function reasons(row) {
    const list = element("ul", "");
    for (const text of row.alarms) list.append(element("li", "", element("span", "chip fatal", `${words.alarm} · ${text}`)));
    if (row.why) list.append(element("li", "", row.why));
    const [first, ...rest] = row.lost;
    if (first) {
      const line = element("li", "", element("b", "", first.title), " ");
      if (first.pending) line.append(element("span", "chip review", words.review), " ");
      line.append(row.sentence);
      list.append(line);
    }
    if (rest.length) {
      const named = rest.slice(0, SHOWN_REASONS).map((one) => one.title).join(document.documentElement.lang === "en" ? ", " : "、");
      const more = rest.length > SHOWN_REASONS ? ` ${fill("and_more", { n: rest.length })}` : "";
      list.append(element("li", "also", fill("also", { list: named + more })));
    }
    for (const text of row.warnings) list.append(element("li", "", element("span", "chip review", text)));
    return list;
  }

  // Fifty rows are a block. A block is drawn when it comes near the window and let go when it is far from it; until then one
  // empty row has its height, so that the scroll bar tells the truth.
  let shown = [];
  let blocks = [];
  let printing = false;
  let usual = 46;
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) drawn(entry.target);
      else if (!printing) undrawn(entry.target);
    }
  }, { rootMargin: "1200px 0px" });
  function drawn(block) {
    if (block.filled) return;
    block.filled = true;
    const rows = shown.slice(block.first, block.first + BLOCK);
    block.replaceChildren(...rows.map((row) => element("tr", row.alarms.length ? "rang" : "", ...COLUMNS.map((field) => cell(field, row)))));
    block.height = block.offsetHeight;
  }
  function undrawn(block) {
    if (block.filled && block.contains(document.activeElement)) return;
    if (block.filled) block.height = block.offsetHeight || block.height;
    block.filled = false;
    const space = element("td", "");
    space.colSpan = COLUMNS.length;
    space.style.height = `${block.height}px`;
    block.replaceChildren(element("tr", "space", space));
  }
  function lay() {
    watcher.disconnect();
    blocks.forEach((block) => block.remove());
    blocks = [];
    for (let first = 0; first < shown.length; first += BLOCK) {
      const block = element("tbody", "");
      block.first = first;
      block.height = usual * Math.min(BLOCK, shown.length - first);
      blocks.push(block);
    }
    if (blocks.length) {
      table.append(blocks[0]);
      drawn(blocks[0]);
      usual = Math.max(20, blocks[0].offsetHeight / Math.min(BLOCK, shown.length));
      for (const block of blocks.slice(1)) {
        block.height = usual * Math.min(BLOCK, shown.length - block.first);
        undrawn(block);
      }
      table.append(...blocks.slice(1));
    }
    blocks.forEach((block) => watcher.observe(block));
  }
  function draw() {
    const filtered = calls.filter(fits);
    shown = ordered(filtered);
    lay();
    head();
    tools();
    const all = calls.length.toLocaleString("en");
    const some = filtered.length < calls.length;
    document.getElementById("count").textContent = fill(some ? "shown" : "shown_all", { all, n: filtered.length.toLocaleString("en") });
    const rest = document.getElementById("rest");
    rest.hidden = shown.length > 0;
    rest.textContent = words.nothing;
    for (const button of document.querySelectorAll("[data-set]")) {
      const [name, value] = setting(button);
      button.setAttribute("aria-pressed", String(asked[name] === value));
    }
  }

  // -- the head: the whole cell sorts

  const row = table.tHead.insertRow();
  for (const field of COLUMNS) {
    const button = element("button", "", words[field]);
    button.type = "button";
    button.addEventListener("click", () => sort(field));
    const made = element("th", NUMBERS.includes(field) ? `num at-${field}` : `at-${field}`, button);
    made.scope = "col";
    made.dataset.field = field;
    row.append(made);
  }
  // A first click shows what one looks for: the lowest total, but the most that waits for a person, the longest call.
  const FIRST_DOWN = ["pending", "seconds"];
  function sort(field) {
    if (asked.sort !== field) ask({ sort: field, down: FIRST_DOWN.includes(field) ? "1" : "" });
    else ask({ down: asked.down ? "" : "1" });
  }
  function head() {
    for (const made of row.cells) {
      if (made.dataset.field === asked.sort) made.setAttribute("aria-sort", asked.down ? "descending" : "ascending");
      else made.removeAttribute("aria-sort");
    }
  }

  // -- the tools: one filter for each column that has values, and what else is asked for as chips

  const bar = document.getElementById("tools");
  const search = element("input", "");
  search.type = "search";
  search.id = "search";
  search.placeholder = words.search;
  search.setAttribute("aria-label", words.search);
  search.addEventListener("input", () => ask({ q: search.value.trim() }, true));
  bar.append(search);
  const selects = {};
  function choice(name, label, options) {
    const select = element("select", "");
    select.id = `by-${name}`;
    select.setAttribute("aria-label", label);
    select.append(new Option(`${label}：${words.all}`, ""), ...options.map(([value, text]) => new Option(text, value)));
    select.addEventListener("change", () => ask({ [name]: select.value }));
    selects[name] = select;
    bar.append(select);
  }
  function counted(field) {
    const counts = new Map();
    for (const one of calls) counts.set(one[field], (counts.get(one[field]) || 0) + 1);
    return [...counts].sort(([one], [other]) => (one === "") - (other === "") || collator.compare(one, other))
      .map(([value, count]) => [value === "" ? "–" : value, `${value === "" ? words.none : value} (${count})`]);
  }
  for (const field of ["agent", "team", "queue", "band"]) if (known(field)) choice(field, words[field], counted(field));
  const lost = new Map();
  for (const one of calls) for (const { title: name } of one.lost) lost.set(name, (lost.get(name) || 0) + 1);
  if (lost.size) choice("lost", words.lost_filter, [...lost].sort(([, one], [, other]) => other - one).map(([name, count]) => [name, `${name} (${count})`]));
  const states = Object.keys(STATES).map((name) => [name, calls.filter(STATES[name]).length]).filter(([, count]) => count);
  if (states.length) choice("state", words.state, states.map(([name, count]) => [name, `${words[`state_${name}`]} (${count})`]));
  const order = element("select", "order");
  order.id = "order";
  order.setAttribute("aria-label", words.order);
  order.append(new Option(words.worst, ""));
  for (const field of COLUMNS) for (const down of ["", "1"]) {
    order.append(new Option(`${words[field]} ${words[down ? "descending" : "ascending"]}`, `${field} ${down}`));
  }
  order.addEventListener("change", () => {
    const [field, down = ""] = order.value.split(" ");
    ask({ sort: field, down });
  });
  bar.append(order);
  const chips = element("span", "asked");
  bar.append(chips);
  function tools() {
    if (document.activeElement !== search) search.value = asked.q;
    for (const [name, select] of Object.entries(selects)) select.value = asked[name];
    order.value = asked.sort ? `${asked.sort} ${asked.down}` : "";
    chips.replaceChildren();
    const [low, high] = asked.points.split("-");
    if (asked.points) chips.append(chip(fill("points", { low, high }), { points: "" }));
    if (asked.hour !== "") chips.append(chip(fill("hour", { n: asked.hour }), { hour: "" }));
    if (address()) chips.append(chip(words.clear, Object.fromEntries(NAMES.map((name) => [name, ""])), "all"));
  }
  function chip(text, changes, className = "") {
    const made = element("button", `drop ${className}`, text);
    made.type = "button";
    made.addEventListener("click", () => ask(changes));
    return made;
  }
  const setting = (button) => {
    const [name, value] = button.dataset.set.split("=");
    return [name, decodeURIComponent(value)];
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set], [data-to]");
    if (!button) return;
    if (button.dataset.to) {
      document.getElementById(button.dataset.to).scrollIntoView();
      return;
    }
    const [name, value] = setting(button);
    ask({ [name]: asked[name] === value ? "" : value });
    document.getElementById("list").scrollIntoView({ block: "start" });
  });

  // -- by keyboard: / searches, arrows go from call to call

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inField = event.target.closest("select, input");
    if (event.key === "/" && !inField) {
      search.focus();
      search.select();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      ask({ q: "" }, true);
    } else if (event.key === "ArrowDown" && (!inField || event.target === search)) step(1);
    else if (event.key === "ArrowUp" && !inField) step(-1);
    else return;
    event.preventDefault();
  });
  function step(by) {
    const here = document.activeElement.closest("#runs tbody tr");
    if (!here) {
      const first = blocks[0] && blocks[0].querySelector("td.at-id > *");
      if (by > 0 && first) point(first);
      return;
    }
    let next = by > 0 ? here.nextElementSibling : here.previousElementSibling;
    if (!next) {
      const block = blocks[blocks.indexOf(here.parentElement) + by];
      if (!block) {
        if (by < 0) search.focus();
        return;
      }
      drawn(block);
      next = by > 0 ? block.firstElementChild : block.lastElementChild;
    }
    point(next.querySelector("td.at-id > *"));
  }
  function point(place) {
    place.focus({ preventScroll: true });
    place.closest("tr").scrollIntoView({ block: "nearest" });
  }

  // -- coming back from a call: the row that was opened is in view again

  table.addEventListener("click", (event) => {
    const link = event.target.closest("td.at-id a");
    if (link) history.replaceState({ opened: link.textContent }, "", location.href);
  });
  function comeBack() {
    const opened = history.state && history.state.opened;
    const place = opened ? shown.findIndex((one) => one.id === opened) : -1;
    if (place < 0) return;
    const block = blocks[Math.floor(place / BLOCK)];
    drawn(block);
    const link = block.rows[place % BLOCK].querySelector("td.at-id > *");
    link.focus({ preventScroll: true });
    link.closest("tr").scrollIntoView({ block: "center" });
  }

  // -- on paper: all that is filtered, up to a thousand

  addEventListener("beforeprint", () => {
    printing = true;
    blocks.forEach((block) => (block.first < MOST_PRINTED ? drawn(block) : (block.hidden = true)));
    const rest = document.getElementById("rest");
    if (shown.length <= MOST_PRINTED) return;
    rest.hidden = false;
    rest.textContent = fill("not_printed", { n: MOST_PRINTED, rest: shown.length - MOST_PRINTED });
  });
  addEventListener("afterprint", () => {
    printing = false;
    blocks.forEach((block) => (block.hidden = false));
    document.getElementById("rest").hidden = shown.length > 0;
  });

  draw();
  comeBack();
})();
