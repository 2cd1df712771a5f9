"use strict";
(() => {
  const audio = document.getElementById("audio");
  if (!audio) return;
  const body = document.body;
  const find = (id) => document.getElementById(id);
  const all = [...document.querySelectorAll(".clip")];
  const notes = [...document.querySelectorAll("textarea")];
  const play = find("play");
  const played = find("played");
  const found = find("found");
  const store = `qa_speech.clips.${body.dataset.key}`;
  let current = null;
  let said = null;

  const shown = () => all.filter((clip) => !clip.hidden);
  const two = (number) => String(number).padStart(2, "0");
  const text = (seconds) => `${two(Math.floor(seconds / 60))}:${two(Math.floor(seconds) % 60)}`;
  const length = () => (Number.isFinite(audio.duration) && audio.duration) || Number(current.dataset.length);

  function choose(clip, start) {
    if (!clip) return;
    if (clip !== current) {
      if (current) current.classList.remove("now");
      current = clip;
      clip.classList.add("now");
      audio.pause();
      find("name").textContent = clip.dataset.name;
      find("gone").hidden = true;
      if (clip.dataset.audio) audio.src = clip.dataset.audio;
      else audio.removeAttribute("src");
      audio.playbackRate = Number(find("speed").value);
      const whole = Number(clip.dataset.length);
      const from = Math.max(0, Number(clip.dataset.from));
      const to = Math.min(whole, Number(clip.dataset.to));
      found.style.left = `${(100 * from) / whole}%`;
      found.style.width = `${(100 * Math.max(0, to - from)) / whole}%`;
      found.hidden = !clip.dataset.audio;
      paint();
    }
    clip.scrollIntoView({ block: "nearest" });
    if (start && clip.dataset.audio) audio.play().catch(() => {});
  }

  function step(by, start) {
    const list = shown();
    const at = list.indexOf(current);
    choose(list[at < 0 ? 0 : Math.min(Math.max(at + by, 0), list.length - 1)], start);
  }

  function toggle() {
    if (!current) choose(shown()[0], true);
    else if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  }

  function paint() {
    const at = audio.currentTime || 0;
    find("clock").textContent = text(at);
    played.style.width = current ? `${(100 * at) / length()}%` : "0";
    const lines = current ? [...current.querySelectorAll("li")] : [];
    const line = lines.filter((item) => Number(item.dataset.at) <= at + 0.05).pop() || null;
    const lit = audio.paused && !at ? null : line;
    if (lit !== said) {
      if (said) said.classList.remove("said");
      if (lit) lit.classList.add("said");
      said = lit;
    }
  }

  function state() {
    const on = !audio.paused;
    play.classList.toggle("playing", on);
    play.setAttribute("aria-label", on ? body.dataset.pause : body.dataset.play);
    for (const clip of all) {
      const button = clip.querySelector(".start");
      if (button) button.classList.toggle("playing", on && clip === current);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".start");
    const line = event.target.closest("li[data-at]");
    const clip = event.target.closest(".clip");
    if (button) {
      if (clip === current) toggle();
      else choose(clip, true);
    } else if (line) {
      choose(clip, true);
      audio.currentTime = Number(line.dataset.at);
    } else if (clip && !event.target.closest("textarea, label")) choose(clip, false);
  });
  play.addEventListener("click", toggle);
  find("previous").addEventListener("click", () => step(-1, true));
  find("next").addEventListener("click", () => step(1, true));
  find("speed").addEventListener("change", () => (audio.playbackRate = Number(find("speed").value)));
  find("track").addEventListener("click", (event) => {
    if (!current) return;
    const box = find("track").getBoundingClientRect();
    audio.currentTime = ((event.clientX - box.left) / box.width) * length();
  });
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, state);
  for (const name of ["timeupdate", "seeked"]) audio.addEventListener(name, paint);
  audio.addEventListener("error", () => (find("gone").hidden = !audio.getAttribute("src")));
  audio.addEventListener("ended", () => {
    const list = shown();
    if (find("through").checked) choose(list.slice(list.indexOf(current) + 1).find((clip) => clip.dataset.audio), true);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.target.closest("select, input")) return;
    if (event.key === " ") {
      if (event.target.closest("button") && event.target !== play) return;
      toggle();
    } else if (event.key === "ArrowDown" || event.key === "n") step(1, !audio.paused);
    else if (event.key === "ArrowUp" || event.key === "p") step(-1, !audio.paused);
    else if (event.key === "ArrowLeft") audio.currentTime = Math.max(0, audio.currentTime - 3);
    else if (event.key === "ArrowRight") audio.currentTime += 3;
    else if (event.key === "e" && current) current.querySelector("textarea").focus();
    else return;
    event.preventDefault();
  });

  const pick = () => {
    const criterion = find("criterion").value;
    const side = find("side") ? find("side").value : "";
    for (const clip of all) clip.hidden = Boolean((criterion && clip.dataset.criterion !== criterion) || (side && clip.dataset.side !== side));
    if (find("apart")) find("apart").hidden = !shown().some((clip) => !clip.dataset.audio);
  };
  for (const id of ["criterion", "side"]) if (find(id)) find(id).addEventListener("change", pick);

  // A browser may refuse storage to pages opened from disk: notes then live as long as the page. What was typed over an
  // earlier text gives way where the page brings a newer one.
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(store)) || {};
  } catch {
    kept = {};
  }
  const unsaved = () => {
    const count = notes.filter((note) => note.value !== note.defaultValue).length;
    find("unsaved").textContent = count ? ` · ${count} ${find("export").dataset.unsaved}` : "";
  };
  for (const note of notes) {
    const typed = kept[note.dataset.note];
    if (typed && typed.over === note.defaultValue) note.value = typed.text;
    note.addEventListener("input", () => {
      kept[note.dataset.note] = { text: note.value, over: note.defaultValue };
      unsaved();
      try {
        localStorage.setItem(store, JSON.stringify(kept));
      } catch {
        return;
      }
    });
  }
  unsaved();
  find("export").addEventListener("click", () => {
    const safe = (value) => `"${(/^[\s\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;
    const rows = notes.filter((note) => note.value.trim()).map((note) => {
      const clip = note.closest(".clip").dataset;
      return [note.dataset.note, clip.call, clip.criterion, clip.at, note.value].map(safe).join(",");
    });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`\ufeffnumber,call,criterion,at_s,note\r\n${rows.join("\r\n")}\r\n`], { type: "text/csv" }));
    link.download = "notes.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  });
})();
