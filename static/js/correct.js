// Correcting a measurement: points on a still frame by mouse, finger or keyboard, times from the video, undo and redo.
// Without script exercises and rest can still be typed and sent; only points need a script.
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const form = document.getElementById("correct-form");
  if (!form) return;
  const start = JSON.parse(document.getElementById("correct-start").textContent);
  const video = document.getElementById("correct-video");
  const svg = form.querySelector("[data-stage]");
  const list = form.querySelector("[data-frame-list]");
  const told = form.querySelector("[data-told]");
  const wait = form.querySelector("[data-wait]");
  const FIELDS = ["rest_s", "exercise", "start_s", "apex_s", "end_s", "counts", "reason"];
  const NEAR_S = 0.021; // frames this near to each other are one

  const detected = new Map(); // "1.240" (asked for) -> {time_s, points, picture}
  let moved = []; // [{time_s, points: {index: [x, y]}}]
  let frames = []; // what can be chosen: [{asked_s, label}]
  let shown = null; // asked_s of the frame on the stage
  let chosen = null; // index of the point that has the focus
  let hasFace = false; // whether the stage has been brought to the face
  let view = { x: 0, y: 0, width: start.width, height: start.height };
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
          chosen = null;
          drawList();
          drawStage();
          seek(frame.asked_s);
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

  function put(index, [x, y]) {
    const place = [Math.min(Math.max(x, 0), start.width), Math.min(Math.max(y, 0), start.height)];
    movedFrame(shown, true).points[index] = place.map((v) => Math.round(v * 100) / 100);
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

  function words({ index, side, name }) {
    const [x, y] = placeOf(index);
    const where = side === "midline" ? "Middle" : side === "left" ? "Left" : "Right";
    const state = index in shiftsOf(shown) ? "moved" : "as detected";
    return `${where}: ${name}; ${Math.round(x)}, ${Math.round(y)}; ${state}`;
  }

  function drawStage() {
    const frame = shown === null ? null : detected.get(key(shown));
    setView();
    wait.textContent = frame?.picture ? "" : frame?.is_refused ? "This frame cannot be shown." : "The picture is being made …";
    if (!frame) return svg.replaceChildren();
    const parts = [];
    if (frame.picture) parts.push(node("image", { href: frame.picture, width: start.width, height: start.height }));
    if (!hasFace) showFace(Object.values(frame.points));
    const size = Math.max(view.width / Math.max(svg.clientWidth, 1), view.height / Math.max(svg.clientHeight, 1));
    for (const point of POINTS) {
      if (placeOf(point.index)) parts.push(drawPoint(point, frame, size));
    }
    const focused = chosen;
    svg.replaceChildren(...parts);
    if (focused !== null) svg.querySelector(`[data-point="${focused}"]`)?.focus({ preventScroll: true });
    form.querySelector('[data-do="reset"]').disabled = !Object.keys(shiftsOf(shown)).length;
  }

  function drawPoint(point, frame, size) {
    const [x, y] = placeOf(point.index);
    const isMoved = point.index in shiftsOf(shown);
    const group = node("g", { class: `pt pt--${point.side}${isMoved ? " is-moved" : ""}`, tabindex: "0", role: "button" });
    group.dataset.point = point.index;
    group.setAttribute("aria-label", words(point));
    if (isMoved && frame.points[point.index]) {
      const [fromX, fromY] = frame.points[point.index];
      group.append(node("line", { x1: fromX, y1: fromY, x2: x, y2: y, class: "pt__way" }));
    }
    group.append(node("circle", { cx: x, cy: y, r: 11 * size, class: "pt__hit" }));
    group.append(node("circle", { cx: x, cy: y, r: 4.5 * size, class: "pt__dot" }));
    group.addEventListener("focus", () => {
      chosen = point.index;
      told.textContent = words(point);
    });
    group.addEventListener("blur", () => (chosen = chosen === point.index && svg.contains(group) ? null : chosen));
    return group;
  }

  function node(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    return made;
  }

  function inPicture(event) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [place.x, place.y];
  }

  // --- dragging: a point, or the zoomed picture itself ---

  let drag = null;

  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const index = event.target.closest("[data-point]")?.dataset.point ?? null;
    const at = inPicture(event);
    if (index !== null) {
      const [x, y] = placeOf(index);
      drag = { index, off: [x - at[0], y - at[1]] };
      chosen = index;
    } else if (view.width < start.width) drag = { at };
    if (!drag) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
  });

  svg.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [x, y] = inPicture(event);
    if (drag.index !== undefined) {
      drag.hasMoved = true;
      put(drag.index, [x + drag.off[0], y + drag.off[1]]);
      tellPoint(drag.index);
    } else {
      view.x += drag.at[0] - x;
      view.y += drag.at[1] - y;
      setView();
    }
  });

  for (const name of ["pointerup", "pointercancel"]) {
    svg.addEventListener(name, () => {
      const done = drag;
      drag = null;
      if (!done || done.index === undefined) return;
      svg.querySelector(`[data-point="${done.index}"]`)?.focus({ preventScroll: true });
      if (done.hasMoved) settle();
    });
  }

  function settle() {
    drawList();
    remember();
  }

  function tellPoint(index) {
    told.textContent = words(POINTS.find((point) => point.index === index));
  }

  // --- keyboard ---

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  svg.addEventListener("keydown", (event) => {
    const index = event.target.closest("[data-point]")?.dataset.point;
    if (index === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ARROWS[event.key];
    if (way) {
      const by = event.shiftKey ? 5 : 1;
      const [x, y] = placeOf(index);
      put(index, [x + way[0] * by, y + way[1] * by]);
      settle();
    } else if (event.key === "Delete" || event.key === "Backspace") putBack(index);
    else if (event.key === "+" || event.key === "=") zoom(1.5);
    else if (event.key === "-") zoom(1 / 1.5);
    else return;
    event.preventDefault();
    tellPoint(index);
  });

  form.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.matches("textarea")) return;
    event.preventDefault();
    event.shiftKey ? travel(future, past) : travel(past, future);
  });

  // --- zoom ---

  function setView() {
    view.x = Math.min(Math.max(view.x, 0), start.width - view.width);
    view.y = Math.min(Math.max(view.y, 0), start.height - view.height);
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
  }

  /** At first the stage shows the face, with a margin. */
  function showFace(places) {
    if (!places.length) return;
    hasFace = true;
    const [xs, ys] = [0, 1].map((axis) => places.map((place) => place[axis]));
    const [width, height] = [xs, ys].map((values) => Math.max(...values) - Math.min(...values));
    const factor = Math.min(Math.max(Math.min(start.width / (width * 1.6), start.height / (height * 1.6)), 1), 12);
    view.width = start.width / factor;
    view.height = start.height / factor;
    view.x = (Math.max(...xs) + Math.min(...xs) - view.width) / 2;
    view.y = (Math.max(...ys) + Math.min(...ys) - view.height) / 2;
    setView();
  }

  function zoom(by) {
    const [x, y] = (chosen !== null && placeOf(chosen)) || [view.x + view.width / 2, view.y + view.height / 2];
    const factor = Math.min(Math.max((start.width / view.width) * by, 1), 12);
    view.width = start.width / factor;
    view.height = start.height / factor;
    view.x = x - view.width / 2;
    view.y = y - view.height / 2;
    drawStage();
  }

  // --- buttons, fields, video ---

  const DO = {
    undo: () => travel(past, future),
    redo: () => travel(future, past),
    in: () => zoom(1.5),
    out: () => zoom(1 / 1.5),
    fit: () => zoom(1e-6),
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
    if (button.dataset.step) seek(video.currentTime + Number(button.dataset.step) / 30);
    if (button.dataset.nowInto) takeNow(button);
  });

  function takeNow(button) {
    const place = button.closest("[data-segment], .rest-field");
    const field = place.querySelector(`[name="${button.dataset.nowInto}"]`);
    field.value = video.currentTime.toFixed(2);
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

  function seek(time) {
    video.pause();
    video.currentTime = Math.max(time, 0);
  }

  for (const name of ["timeupdate", "seeked"]) {
    video.addEventListener(name, () => (form.querySelector("[data-now]").textContent = `${video.currentTime.toFixed(2)} s`));
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
  new ResizeObserver(() => drawStage()).observe(svg);
})();
