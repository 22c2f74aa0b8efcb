// Correcting a measurement: which frames are shown with their points (`faceplate.js`), times from the video, undo and
// redo. Without script exercises and rest can still be typed and sent; only points need a script.
"use strict";

(() => {
  const form = document.getElementById("correct-form");
  if (!form) return;
  const start = JSON.parse(document.getElementById("correct-start").textContent);
  const list = form.querySelector("[data-frame-list]");
  const wait = form.querySelector("[data-wait]");
  const FIELDS = ["rest_s", "exercise", "start_s", "apex_s", "end_s", "counts", "reason"];
  const NEAR_S = 0.021; // frames this near to each other are one

  const detected = new Map(); // "1.240" (asked for) -> {time_s, points, picture}
  let moved = []; // [{time_s, points: {index: [x, y]}}]
  let frames = []; // what can be chosen: [{asked_s, label}]
  let shown = null; // asked_s of the frame on the stage
  let past = [];
  let future = [];

  function restore(stored) {
    moved = stored.map((frame) => ({
      time_s: frame.time_s,
      points: Object.fromEntries(frame.points.map((p) => [p.point, [p.x, p.y]])),
    }));
  }

  // --- what can be undone: moved points and every field ---

  function snapshot() {
    const fields = FIELDS.map((name) => [...form.querySelectorAll(`[name="${name}"]`)].map((field) => field.value));
    return JSON.stringify({ moved, fields });
  }

  function remember() {
    const now = snapshot();
    if (now === past[past.length - 1]) return;
    past.push(now);
    future = [];
    tellHistory();
  }

  function travel(from, to) {
    if (from === past ? past.length < 2 : !future.length) return;
    to.push(from.pop());
    const state = JSON.parse(past[past.length - 1]);
    moved = state.moved;
    FIELDS.forEach((name, i) =>
      form.querySelectorAll(`[name="${name}"]`).forEach((field, j) => (field.value = state.fields[i][j])),
    );
    for (const row of form.querySelectorAll("[data-segment]")) paint(row);
    tellHistory();
    listFrames();
  }

  function tellHistory() {
    form.querySelector('[data-do="undo"]').disabled = past.length < 2;
    form.querySelector('[data-do="redo"]').disabled = !future.length;
  }

  // --- frames: rest, and the apex of every exercise that counts ---

  function listFrames() {
    const rest = Number(form.elements.rest_s.value || start.rest_found_s);
    frames = [{ asked_s: rest, label: "Rest" }];
    form.querySelectorAll("[data-segment]").forEach((row, i) => {
      const value = (name) => row.querySelector(`[name="${name}"]`).value;
      if (!value("exercise") || value("counts") === "no" || value("start_s") === "" || value("end_s") === "") return;
      const middle = (Number(value("start_s")) + Number(value("end_s"))) / 2;
      const apex = value("apex_s") === "" ? middle : Number(value("apex_s"));
      frames.push({ asked_s: apex, label: `${i + 1} ${start.kinds[value("exercise")]}` });
    });
    frames = frames.filter((frame) => Number.isFinite(frame.asked_s) && frame.asked_s >= 0);
    if (!frames.some((frame) => frame.asked_s === shown)) shown = frames[0]?.asked_s ?? null;
    drawList();
    drawStage();
    ask();
  }

  function drawList() {
    list.replaceChildren(
      ...frames.map((frame) => {
        const count = Object.keys(shiftsOf(frame.asked_s)).length;
        const button = Object.assign(document.createElement("button"), { type: "button", className: "frame-choice" });
        button.setAttribute("aria-pressed", String(frame.asked_s === shown));
        button.textContent = count ? `${frame.label} · ${count} moved` : frame.label;
        button.addEventListener("click", () => {
          shown = frame.asked_s;
          plate.chosen = null;
          drawList();
          drawStage();
          deck.goTo(frame.asked_s);
        });
        return button;
      }),
    );
  }

  const key = (time) => time.toFixed(3);

  /** Places and pictures of frames that are not known yet; again while pictures are being made. */
  async function ask() {
    const missing = frames.filter((f) => !detected.get(key(f.asked_s))?.picture && !detected.get(key(f.asked_s))?.is_refused);
    if (!missing.length) return;
    clearTimeout(ask.timer);
    try {
      const answer = await fetch(form.dataset.frames, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
        body: JSON.stringify({ times_s: missing.map((f) => f.asked_s) }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      for (const frame of (await answer.json()).frames) detected.set(key(frame.asked_s), frame);
    } catch {
      wait.textContent = "The points could not be loaded. Reload the page to try again.";
      return;
    }
    drawStage();
    if (missing.some((f) => !detected.get(key(f.asked_s))?.picture)) ask.timer = setTimeout(ask, 1500);
  }

  // --- points ---

  function movedFrame(asked, make = false) {
    const time = detected.get(key(asked))?.time_s ?? asked;
    let frame = moved.find((one) => Math.abs(one.time_s - time) < NEAR_S);
    if (!frame && make) {
      frame = { time_s: time, points: {} };
      moved.push(frame);
    }
    return frame;
  }

  const shiftsOf = (asked) => movedFrame(asked)?.points ?? {};
  const placeOf = (index) => shiftsOf(shown)[index] ?? detected.get(key(shown))?.points[index];

  function put(index, place) {
    movedFrame(shown, true).points[index] = place;
    if (shown === frames[0].asked_s && form.elements.rest_s.value === "") fixRest();
    drawStage();
  }

  /** Points of the face at rest belong to one moment: the one on the stage becomes the moment of rest. */
  function fixRest() {
    form.elements.rest_s.value = shown.toFixed(2);
    const before = shown;
    shown = Number(form.elements.rest_s.value);
    frames[0].asked_s = shown;
    detected.set(key(shown), detected.get(key(before)));
  }

  function putBack(index) {
    const frame = movedFrame(shown);
    if (!frame) return;
    delete frame.points[index];
    moved = moved.filter((one) => Object.keys(one.points).length);
    drawStage();
    drawList();
    remember();
  }

  const POINTS = ["left", "right", "midline"].flatMap((side) =>
    Object.entries(start.names[side]).map(([index, name]) => ({ index, side, name })),
  );

  const plate = new Faceplates.Faceplate(form.querySelector("[data-stage]"), { width: start.width, height: start.height }, POINTS, {
    placeOf: (index) => (shown === null ? undefined : placeOf(index)),
    isMoved: (index) => index in shiftsOf(shown),
    put,
    putBack,
    settle,
    tell: (words) => (form.querySelector("[data-told]").textContent = words),
  });

  function drawStage() {
    const frame = shown === null ? null : detected.get(key(shown));
    wait.textContent = frame?.picture ? "" : frame?.is_refused ? "This frame cannot be shown." : "The picture is being made …";
    form.querySelector('[data-do="reset"]').disabled = !frame || !Object.keys(shiftsOf(shown)).length;
    plate.show(frame);
  }

  function settle() {
    drawList();
    remember();
  }

  form.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.matches("textarea")) return;
    event.preventDefault();
    event.shiftKey ? travel(future, past) : travel(past, future);
  });

  // --- buttons, fields, video ---

  const DO = {
    undo: () => travel(past, future),
    redo: () => travel(future, past),
    in: () => plate.zoom(Faceplates.STEP),
    out: () => plate.zoom(1 / Faceplates.STEP),
    fit: () => plate.zoom(1e-6),
    reset: () => {
      moved = moved.filter((one) => one !== movedFrame(shown));
      drawStage();
      settle();
    },
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.do) DO[button.dataset.do]();
    if (button.dataset.step) deck.step(Number(button.dataset.step));
    if (button.dataset.nowInto) takeNow(button);
  });

  function takeNow(button) {
    const place = button.closest("[data-segment], .rest-field");
    const field = place.querySelector(`[name="${button.dataset.nowInto}"]`);
    field.value = deck.time.toFixed(2);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  form.addEventListener("change", (event) => {
    if (!FIELDS.includes(event.target.name)) return;
    const row = event.target.closest("[data-segment]");
    if (row) paint(row);
    remember();
    listFrames();
  });

  function paint(row) {
    const isOut = row.querySelector('[name="counts"]').value === "no";
    row.classList.toggle("segment--out", isOut);
    row.querySelector(".segment__reason").hidden = !isOut;
    row.querySelector('[name="reason"]').required = isOut;
  }

  const now = form.querySelector("[data-now]");
  const deck = new Frames.Deck(document.getElementById("correct-video"), {
    tell: (time) => (now.textContent = `${time.toFixed(2)} s`),
  });

  /** The real times of the frames; until they are there, and where they are not known, steps are guessed. */
  async function learnTimes() {
    if (!form.dataset.times) return;
    try {
      const answer = await fetch(form.dataset.times);
      if (answer.ok) deck.setTimes((await answer.json()).frames_s);
    } catch {
      // no network just now: everything else works
    }
  }

  form.addEventListener("submit", () => {
    const frames = moved
      .filter((one) => Object.keys(one.points).length)
      .map((one) => ({
        time_s: one.time_s,
        points: Object.entries(one.points).map(([point, [x, y]]) => ({ point: Number(point), x, y })),
      }));
    form.elements.points.value = JSON.stringify(frames);
  });

  for (const part of form.querySelectorAll("[data-needs-script]")) part.hidden = false;
  restore(form.elements.points.value ? JSON.parse(form.elements.points.value) : start.frames);
  past = [snapshot()];
  listFrames();
  for (const row of form.querySelectorAll("[data-segment]")) paint(row);
  learnTimes();
})();
