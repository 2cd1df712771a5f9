"use strict";
// The page of a call at the desk: the waveform, keys, seconds by dragging, drafts that are kept with every key.
document.addEventListener("DOMContentLoaded", () => {
  const body = document.body;
  const page = window.callPage;
  const audio = document.getElementById("audio");
  const lanes = document.getElementById("lanes");
  const wave = document.getElementById("wave");
  const duration = Number(body.dataset.duration);
  const items = [...document.querySelectorAll("#sheet li.criterion")];
  const submit = () => document.getElementById("submit");
  const SPEEDS = ["0.75", "1", "1.25", "1.5", "2"];
  let current = -1;
  let proofAt = -1;
  let loop = null;
  let stretch = null;

  // -- the waveform: from peaks that the server made of its own decoded samples

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  async function peaks() {
    const answer = await fetch(body.dataset.peaks);
    if (!answer.ok) return null;
    const count = Number(answer.headers.get("x-channels"));
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const each = bytes.length / count;
    const rows = [];
    let loudest = 12;
    for (let row = 0; row < count; row += 1) {
      const values = new Float32Array(each);
      for (let index = 0; index < each; index += 1) {
        const value = bytes[row * each + index];
        values[index] = value / 127;
        if (value > loudest) loudest = value;
      }
      rows.push(values);
    }
    return { rows, loudest: loudest / 127, ready: Number(answer.headers.get("x-ready")) };
  }

  let drawn = null;

  function draw(found) {
    const order = found.rows.length === 2 && body.dataset.swapped ? [1, 0] : [0, 1];
    const rows = found.rows.length === 2 ? order.map((index) => found.rows[index]) : found.rows;
    const names = [...document.querySelectorAll(".names span")].map((span) => span.className.split(" ")[0]);
    if (drawn) drawn.destroy();
    drawn = window.WaveSurfer.create({
      container: wave,
      peaks: rows,
      duration,
      height: 34,
      interact: false,
      cursorWidth: 0,
      hideScrollbar: true,
      maxPeak: found.loudest,
      cspNonce: body.dataset.nonce,
      splitChannels: rows.map((_, index) => ({ height: 34, waveColor: colour(`--${names[index] || "unknown"}`), progressColor: colour(`--${names[index] || "unknown"}`) })),
    });
    wave.dataset.ready = found.ready;
    wave.dataset.channels = rows.length;
  }

  // While the server decodes, what is there is drawn, and the rest is asked for ever more seldom.
  async function wavesurfer(pause = 700) {
    if (!body.dataset.peaks || !wave || !window.WaveSurfer) return;
    const found = await peaks().catch(() => null);
    if (!found) return;
    draw(found);
    if (found.ready < 1) setTimeout(() => wavesurfer(1.7 * pause), pause);
  }

  // -- which criterion, and what of it is heard

  const form = () => (current < 0 ? null : items[current].querySelector("form.marking"));
  const proofsOf = (item) => [...item.querySelectorAll(".proofs [data-ev]")];
  const isStop = (item) => item.matches(".fail, .partial, .pending, .manual, .not_measured, .undone") || item.querySelector(".chip.review, .history");

  function select(index) {
    if (!items.length) return;
    current = Math.max(0, Math.min(items.length - 1, index));
    proofAt = -1;
    items.forEach((item, number) => item.classList.toggle("current", number === current));
    items[current].scrollIntoView({ block: "nearest" });
  }

  function jump(step) {
    if (current >= 0) {
      const proofs = proofsOf(items[current]);
      const next = proofAt + step;
      if (isStop(items[current]) && next >= 0 && next < proofs.length) return hear(next);
    }
    for (let index = current + step; index >= 0 && index < items.length; index += step) {
      if (!isStop(items[index])) continue;
      select(index);
      const count = proofsOf(items[index]).length;
      if (count) hear(step > 0 ? 0 : count - 1);
      return undefined;
    }
    return undefined;
  }

  function hear(index) {
    proofAt = index;
    const proof = proofsOf(items[current])[index];
    loop = loop && span(proof);
    page.open(proof);
  }

  const span = (proof) => (proof && proof.dataset.t !== undefined ? { start: Number(proof.dataset.t), end: Math.max(Number(proof.dataset.t) + 0.5, Number(proof.dataset.until) + 0.3) } : null);

  function toggleLoop() {
    const proof = current < 0 ? null : proofsOf(items[current])[Math.max(0, proofAt)];
    loop = loop ? null : span(proof);
    body.classList.toggle("looping", Boolean(loop));
    if (loop) page.seek(loop.start, true);
  }

  // -- judging: a key is a click, and a click is kept

  const isDecided = (item) => {
    const chosen = item.querySelector('form.marking input[name="outcome"]:checked');
    return Boolean(chosen);
  };

  function decide(value) {
    const radio = form() && form().querySelector(`input[name="outcome"][value="${value}"]`);
    if (!radio) return;
    if (!radio.checked) radio.click();
    if (value === "partial") return;
    if (needsReason(form())) form().elements.reason.focus();
    else advance();
  }

  // The card wants to know why a criterion failed: whoever says so is asked at once.
  function needsReason(target) {
    const said = target.elements.outcome.value;
    const failed = said === "fail" || (said === "agree" && target.dataset.reference === "fail");
    return failed && target.dataset.why !== undefined && !target.elements.reason.value.trim();
  }

  function advance() {
    const open = items.map((item, index) => index).filter((index) => items[index].querySelector("form.marking") && !isDecided(items[index]));
    const next = open.find((index) => index > current) ?? open[0];
    if (next !== undefined) select(next);
  }

  function agreeWithTheRest() {
    for (const item of items) {
      const open = item.querySelector("form.marking:not([data-doubt])");
      const radio = open && !isDecided(item) && open.querySelector('input[value="agree"]');
      if (radio) radio.click();
    }
    select(Math.max(0, items.findIndex((item) => item.querySelector("form.marking") && !isDecided(item))));
  }

  const unsaved = new Set();
  let underway = 0;

  function send() {
    const button = submit();
    if (!button) return;
    if (underway || unsaved.size) setTimeout(send, 60);
    else button.click();
  }

  document.addEventListener("htmx:before:request", (event) => {
    if (event.target.matches("form.marking")) underway += 1;
  });
  document.addEventListener("htmx:finally:request", (event) => {
    if (event.target.matches("form.marking")) underway -= 1;
  });
  document.addEventListener("htmx:error", (event) => {
    const lost = event.target;
    if (!lost.matches("form.marking")) return;
    unsaved.add(lost);
    lost.querySelector(".state").textContent = body.dataset.lost;
    setTimeout(() => lost.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })), 1500);
  });
  document.addEventListener("htmx:after:request", (event) => {
    if (event.target.matches("form.marking")) unsaved.delete(event.target);
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved.size) event.preventDefault();
  });

  // -- seconds by dragging, attached to the criterion that is chosen

  function attached(target, text) {
    target.elements.seconds.value = text;
    showAttached(target);
    target.dispatchEvent(new Event("change", { bubbles: true }));
  }

  const clock = (seconds) => `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  function showAttached(target) {
    const list = target.querySelector(".attached");
    list.replaceChildren();
    for (const part of target.elements.seconds.value.split(" ").filter(Boolean)) {
      const [start, end] = part.split("-").map(Number);
      const button = document.createElement("button");
      button.type = "button";
      button.className = "proof";
      button.dataset.t = start;
      button.textContent = `▸ ${clock(start)}–${clock(end)}`;
      const drop = document.createElement("button");
      drop.type = "button";
      drop.className = "plain";
      drop.textContent = "×";
      drop.addEventListener("click", () => attached(target, target.elements.seconds.value.split(" ").filter((one) => one !== part).join(" ")));
      list.append(button, drop);
    }
    list.hidden = !list.childElementCount;
  }

  document.querySelectorAll("form.marking").forEach(showAttached);

  if (lanes) {
    const second = (event) => {
      const box = lanes.getBoundingClientRect();
      return Math.min(duration, Math.max(0, ((event.clientX - box.left) / box.width) * duration));
    };
    const NS = "http://www.w3.org/2000/svg";
    const shade = document.createElementNS(NS, "rect");
    shade.setAttribute("id", "stretch");
    shade.setAttribute("y", "18");
    shade.setAttribute("height", "100%");
    lanes.insertBefore(shade, document.getElementById("head"));
    lanes.addEventListener("pointerdown", (event) => {
      if (event.button || event.pointerType === "touch" || event.target.closest("[data-t]")) return;
      stretch = { from: second(event), to: second(event), x: event.clientX };
    }, true);
    lanes.addEventListener("pointermove", (event) => {
      if (!stretch) return;
      stretch.to = second(event);
      if (Math.abs(event.clientX - stretch.x) < 4) return;
      event.stopImmediatePropagation();
      const [start, end] = [Math.min(stretch.from, stretch.to), Math.max(stretch.from, stretch.to)];
      shade.setAttribute("x", `${(100 * start) / duration}%`);
      shade.setAttribute("width", `${(100 * (end - start)) / duration}%`);
    }, true);
    lanes.addEventListener("pointerup", (event) => {
      const made = stretch;
      stretch = null;
      shade.setAttribute("width", "0");
      if (!made || Math.abs(event.clientX - made.x) < 4 || !form()) return;
      const [start, end] = [Math.min(made.from, made.to), Math.max(made.from, made.to)];
      const kept = form().elements.seconds.value;
      attached(form(), `${kept} ${start.toFixed(2)}-${end.toFixed(2)}`.trim());
    }, true);
  }

  // -- keys

  function speed(step) {
    const select = document.getElementById("speed");
    if (!select) return;
    const index = Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(select.value) + step));
    select.value = SPEEDS[index];
    select.dispatchEvent(new Event("change"));
  }

  function channel(index, alone) {
    if (!audio || wave.dataset.channels === "1") return;
    const of = body.dataset.swapped ? 1 - index : index;
    const heard = alone ? window.deskChannels.solo(audio, of) : window.deskChannels.toggle(audio, of);
    const shown = body.dataset.swapped ? [heard[1], heard[0]] : heard;
    document.querySelectorAll(".names span").forEach((name, number) => name.classList.toggle("muted", shown[number] === false));
  }

  const OUTCOMES = { a: "agree", 1: "pass", 2: "partial", 3: "fail", 0: "not_applicable" };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=radio]), textarea, select");
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key; // Caps Lock changes nothing
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      if (typing) typing.blur();
      send();
    } else if (typing) {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      if (!typing.form || !typing.form.classList.contains("marking")) return;
      typing.blur();
      if (event.key === "Enter" && typing.name === "reason" && isDecided(items[current])) advance();
    } else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (key === "j") jump(1);
    else if (key === "k") jump(-1);
    else if (event.key === "ArrowDown") select(current + 1);
    else if (event.key === "ArrowUp") select(current - 1);
    else if (key === "a" && event.shiftKey) agreeWithTheRest();
    else if (key in OUTCOMES) {
      if (current < 0) select(0);
      decide(OUTCOMES[key]);
    } else if (key === "r") {
      if (!form()) return;
      form().elements.reason.focus();
    } else if (key === "l") toggleLoop();
    else if (event.key === ",") speed(-1);
    else if (event.key === ".") speed(1);
    else if (key === "z") channel(0, event.shiftKey);
    else if (key === "x") channel(1, event.shiftKey);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  document.addEventListener("click", (event) => {
    const item = event.target.closest("li.criterion");
    if (item && items.indexOf(item) !== current) select(items.indexOf(item));
    if (event.target.closest("#agree-all")) agreeWithTheRest();
  });

  if (audio) {
    audio.preservesPitch = true;
    audio.addEventListener("timeupdate", () => {
      if (loop && audio.currentTime > loop.end) page.seek(loop.start, true);
    });
  }
  wavesurfer();
});
