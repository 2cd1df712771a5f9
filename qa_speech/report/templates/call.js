"use strict";
(() => {
  const body = document.body;
  const duration = Number(body.dataset.duration);
  const audio = document.getElementById("audio");
  const lanes = document.getElementById("lanes");
  const scroll = document.getElementById("scroll");
  const head = document.getElementById("head");
  const ticks = document.getElementById("ticks");
  const clock = document.getElementById("now");
  const play = document.getElementById("play");
  const lines = document.getElementById("lines");
  const articles = [...lines.querySelectorAll("article")];
  const articleStarts = articles.map((line) => Number(line.dataset.start));
  const proofs = [...document.querySelectorAll("[data-ev]")];
  const against = ".alarms .rang, .criterion.fail, .criterion.partial, .criterion.pending";
  const place = (proof) => Number(proof.dataset.t ?? proof.dataset.line ?? Infinity);
  // N and P go through what cost points or waits for a person, in the order of the call.
  const walked = proofs.filter((proof) => proof.closest(against)).sort((one, two) => place(one) - place(two));
  let silentTime = 0;
  let current = null;
  let pointed = null;
  let words = [];
  let starts = [];
  let lit = null;
  let zoom = 1;
  let chosen = -1;
  let handsOff = 0;

  const now = () => (audio ? audio.currentTime : silentTime);
  const two = (number) => String(number).padStart(2, "0");
  const text = (seconds) => {
    const whole = Math.floor(seconds);
    const hours = Math.floor(whole / 3600);
    const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  };
  const last = (sorted, value) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  function seek(seconds, start) {
    const at = Math.min(Math.max(0, seconds), duration || seconds);
    if (audio) {
      audio.currentTime = at;
      if (start) audio.play().catch(() => {});
    } else silentTime = at;
    paint(at);
    show(at);
  }

  function paint(at) {
    if (!lanes) return;
    // Sixty times a second, but drawn only where it can be seen: whatever changes here has the lanes drawn anew.
    const place = `${((100 * at) / duration).toFixed(2 + Math.ceil(Math.log10(zoom)))}%`;
    if (head.getAttribute("x1") !== place) {
      head.setAttribute("x1", place);
      head.setAttribute("x2", place);
    }
    const said = text(at);
    if (clock.textContent !== said || !lanes.hasAttribute("aria-valuetext")) {
      lanes.setAttribute("aria-valuenow", Math.round(at));
      lanes.setAttribute("aria-valuetext", said);
      clock.textContent = said;
    }
    const line = articles[last(articleStarts, at + 0.01)] || null;
    if (line !== current) {
      if (current) current.classList.remove("now");
      if (line) line.classList.add("now");
      join(current, pointed);
      current = line;
      divide(line);
      words = line ? [...line.querySelectorAll("i[data-t]:not([data-words])")] : [];
      starts = words.map((word) => Number(word.dataset.t));
      if (line && audio && !audio.paused) follow(line);
    }
    const word = words[last(starts, at + 0.02)] || null;
    if (word !== lit) {
      if (lit) lit.classList.remove("now");
      if (word) word.classList.add("now");
      lit = word;
    }
  }

  // The words of a line are elements of their own only while it is heard or pointed at: a long call has thirty thousand.
  function divide(line) {
    for (const run of line ? line.querySelectorAll("i[data-words]") : []) {
      if (run.firstElementChild) continue;
      const letters = [...run.textContent];
      let at = 0;
      run.replaceChildren(...run.dataset.words.split(" ").map((said) => {
        const [after, length = 1] = said.split(":").map(Number);
        const word = document.createElement("i");
        word.dataset.t = (Number(run.dataset.t) + after / 100).toFixed(2);
        word.textContent = letters.slice(at, at + length).join("");
        at += length;
        return word;
      }));
    }
  }

  function join(line, kept) {
    if (!line || line === kept) return;
    for (const run of line.querySelectorAll("i[data-words]")) run.textContent = run.textContent;
  }

  lines.addEventListener("pointerover", (event) => {
    const line = event.target.closest("article");
    if (event.buttons || line === pointed) return;
    join(pointed, current);
    pointed = line;
    divide(line);
  });

  // Keeps the place in view inside its own box only, and never fights a hand that scrolls.
  function follow(line) {
    if (lines.scrollHeight <= lines.clientHeight + 1 || Date.now() - handsOff < 4000) return;
    lines.scrollTo({ top: line.offsetTop - lines.offsetTop - lines.clientHeight / 3, behavior: "smooth" });
  }

  // Brings a line into view, in its own box or, where that has none of its own, on the page.
  function bring(line) {
    if (lines.scrollHeight > lines.clientHeight + 1) {
      lines.scrollTo({ top: line.offsetTop - lines.offsetTop - lines.clientHeight / 3 });
    } else line.scrollIntoView({ block: "center" });
  }

  function show(at) {
    if (!scroll || zoom === 1) return;
    const x = (at / duration) * lanes.clientWidth;
    if (x < scroll.scrollLeft + 40 || x > scroll.scrollLeft + scroll.clientWidth - 40) {
      scroll.scrollLeft = x - scroll.clientWidth / 3;
    }
  }

  function setZoom(next) {
    if (!lanes) return;
    zoom = Math.min(Math.max(1, next), Math.max(1, duration / 10));
    const at = now();
    lanes.style.width = `${100 * zoom}%`;
    drawTicks();
    scroll.scrollLeft = (at / duration) * lanes.clientWidth - scroll.clientWidth / 2;
  }

  function drawTicks() {
    const most = lanes.clientWidth / 72;
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    const step = steps.find((size) => duration / size < most) || 3600;
    ticks.replaceChildren();
    for (let at = 0; at <= duration; at += step) {
      const x = `${(100 * at) / duration}%`;
      const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      for (const [name, value] of [["x1", x], ["x2", x], ["y1", "0"], ["y2", "100%"]]) line.setAttribute(name, value);
      const label = document.createElementNS("http://www.w3.org/2000/svg", "text");
      for (const [name, value] of [["x", x], ["dx", "4"], ["y", "12"]]) label.setAttribute(name, value);
      label.textContent = text(at);
      if (at + step * 0.6 > duration && at) label.textContent = "";
      ticks.append(line, label);
    }
  }

  function choose(index) {
    if (!walked.length) return;
    const proof = walked[(index + walked.length) % walked.length];
    proof.scrollIntoView({ block: "nearest" });
    proof.focus({ preventScroll: true });
    open(proof);
  }

  function open(proof) {
    proofs.forEach((other) => other.classList.toggle("now", other === proof));
    chosen = walked.indexOf(proof);
    const line = proof.dataset.line === undefined ? null : articles[Number(proof.dataset.line)];
    if (line) {
      articles.forEach((other) => other.classList.toggle("asked", other === line));
      handsOff = 0;
      if (lines.scrollHeight > lines.clientHeight + 1 || proof.dataset.t === undefined) bring(line);
    }
    if (proof.dataset.t !== undefined) seek(Number(proof.dataset.t), true);
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-ev], [data-t], [data-step]");
    if (!target) return;
    if (target.dataset.ev !== undefined) open(target);
    else if (target.dataset.step) seek(now() + Number(target.dataset.step), false);
    else seek(Number(target.dataset.t), true);
    if (target.href) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input, textarea")) return;
    const control = event.target.closest("button, a, summary");
    if (event.key === " ") {
      if (!audio || (control && control !== play && control.dataset.t === undefined)) return;
      toggle();
    } else if (event.key === "ArrowLeft") seek(now() - 5, false);
    else if (event.key === "ArrowRight") seek(now() + 5, false);
    else if (event.key === "n" || event.key === "N") choose(chosen + 1);
    else if (event.key === "p" || event.key === "P") choose(chosen < 0 ? -1 : chosen - 1);
    else return;
    event.preventDefault();
  });

  function toggle() {
    if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  }

  const next = document.getElementById("next");
  if (next) {
    next.addEventListener("click", () => choose(chosen + 1));
    document.getElementById("previous").addEventListener("click", () => choose(chosen < 0 ? -1 : chosen - 1));
    next.parentElement.hidden = !walked.length;
    document.getElementById("in").addEventListener("click", () => setZoom(zoom * 2));
    document.getElementById("out").addEventListener("click", () => setZoom(zoom / 2));
    let held = false;
    const drag = (event) => {
      const box = lanes.getBoundingClientRect();
      seek(((event.clientX - box.left) / box.width) * duration, false);
    };
    lanes.addEventListener("pointerdown", (event) => {
      if (event.button || event.target.closest("[data-t]") || event.pointerType === "touch") return;
      held = true;
      lanes.setPointerCapture(event.pointerId);
      drag(event);
    });
    lanes.addEventListener("pointermove", (event) => held && drag(event));
    for (const name of ["pointerup", "pointercancel"]) lanes.addEventListener(name, () => (held = false));
    lanes.addEventListener("click", (event) => {
      if (!event.target.closest("[data-t]") && event.pointerType === "touch") drag(event);
    });
    scroll.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      setZoom(zoom * (event.deltaY < 0 ? 1.25 : 0.8));
    }, { passive: false });
    const player = document.querySelector(".player");
    const fit = () => {
      document.documentElement.style.setProperty("--stick", `${player.offsetHeight}px`);
      drawTicks();
    };
    addEventListener("resize", fit);
    fit();
  }
  for (const name of ["wheel", "touchmove", "pointerdown"]) {
    lines.addEventListener(name, () => (handsOff = Date.now()), { passive: true });
  }

  if (audio) {
    const state = () => {
      play.classList.toggle("playing", !audio.paused);
      play.setAttribute("aria-label", audio.paused ? body.dataset.play : body.dataset.pause);
    };
    play.addEventListener("click", toggle);
    document.getElementById("speed").addEventListener("change", (event) => {
      audio.playbackRate = Number(event.target.value);
    });
    for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, state);
    audio.addEventListener("error", () => (document.getElementById("gone").hidden = false));
    audio.addEventListener("seeked", () => paint(audio.currentTime));
    const frame = () => {
      if (audio.paused) return;
      paint(audio.currentTime);
      show(audio.currentTime);
      requestAnimationFrame(frame);
    };
    audio.addEventListener("play", () => requestAnimationFrame(frame));
  }
  window.callPage = { seek, now, open, setZoom: (factor) => setZoom(zoom * factor) };
  // An address leads to a second (#t=12.5), a line (#u3) or a criterion (#c-greeting); `from` is what the index was asked for.
  const address = () => new URLSearchParams(location.hash.slice(1));
  const crumb = document.querySelector(".crumb a");
  const from = address().get("from");
  if (crumb && from) crumb.hash = from;
  function arrive() {
    const wanted = address().get("t") || "";
    if (!/^\d+(\.\d+)?$/.test(wanted)) return false;
    seek(Number(wanted), false);
    if (current) bring(current);
    return true;
  }
  addEventListener("hashchange", arrive);
  if (!arrive() && lanes) paint(0);
})();
