// The session page: the video, the lines over it and the curves beside it move together, frame by frame.
// Everything else on the page works without it.
"use strict";

const Player = (() => {
  const SPEEDS = [1, 0.5, 0.25, 0.1];
  const NEAR = 0.02; // seconds; closer than that an apex counts as the one that is shown

  let root, stage, deck, box, panel, cursor, scrub;

  function start() {
    const found = document.getElementById("player");
    if (!found || found.dataset.ready) return;
    root = found;
    root.dataset.ready = "yes";
    box = document.getElementById("curves");
    panel = cursor = null;
    stage = new Stages.Stage(root.querySelector(".stage"), place);
    deck = stage.deck;
    for (const canvas of root.querySelectorAll("[data-half]")) stage.mirrorInto(canvas, canvas.dataset.half);
    for (const part of root.querySelectorAll("[data-needs-script]")) part.hidden = false;
    for (const button of root.querySelectorAll("[data-seek], [data-loop]")) button.disabled = false;
    root.addEventListener("click", press);
    scrub = document.getElementById("scrub");
    scrub.addEventListener("input", () => (deck.times ? deck.show(Number(scrub.value)) : deck.seek(Number(scrub.value) / 1000)));
    deck.video.addEventListener("durationchange", count);
    for (const name of ["play", "pause"]) deck.video.addEventListener(name, showPlaying);
    document.addEventListener("click", pressElsewhere);
    if (root.dataset.curves && box) load(root.dataset.curves);
    prepare();
  }

  function showPlaying() {
    root.querySelector("[data-play-label]").textContent = deck.video.paused ? "Play" : "Pause";
  }

  /** What needs the frames themselves: exact steps, rest, lines. */
  async function prepare() {
    const here = stage;
    const isThere = await here.open();
    if (here !== stage) return; // the page has been exchanged meanwhile
    const head = here.track?.head;
    allow("[data-rest]", isThere && head.rest_s !== null);
    allow("[data-layer]", here.track?.hasPoints);
    root.dataset.exact = isThere ? "yes" : "no";
    place(deck.time);
  }

  function allow(buttons, isAllowed) {
    for (const button of root.querySelectorAll(buttons)) button.disabled = !isAllowed;
  }

  function press(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const { seek, loop, step, speed, layer, act } = button.dataset;
    if (seek) deck.goTo(Number(seek));
    if (loop) toggleLoop(button);
    if (step) deck.step(Number(step));
    if (speed) setSpeed(Number(speed));
    if (layer) toggleLayer(layer);
    if (act) ACTS[act]?.();
  }

  /** Times in the tables below the player lead to the place in the video. */
  function pressElsewhere(event) {
    const button = event.target.closest("button[data-look]");
    if (!button || !root.isConnected) return;
    deck.goTo(Number(button.dataset.look));
    root.scrollIntoView({ block: "start" });
  }

  const ACTS = {
    play: () => deck.toggle(),
    rest: () => stage.track?.head?.rest_s != null && deck.goTo(stage.track.head.rest_s),
    next: () => deck.goTo(apexes().find((time) => time > deck.time + NEAR) ?? apexes()[0] ?? 0),
    previous: () => deck.goTo(apexes().findLast((time) => time < deck.time - NEAR) ?? apexes().at(-1) ?? 0),
  };

  const apexes = () => [...root.querySelectorAll("[data-seek]")].map((button) => Number(button.dataset.seek));

  function setSpeed(speed) {
    deck.setSpeed(speed);
    mark("[data-speed]", (button) => Number(button.dataset.speed) === speed);
  }

  function toggleLayer(layer) {
    const button = root.querySelector(`[data-layer="${layer}"]`);
    if (!button || button.disabled) return;
    const isOn = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isOn));
    if (layer === "halves") document.getElementById("halves").hidden = !isOn;
    if (layer === "measures") document.getElementById("frame-values").hidden = !isOn;
    stage.toggle(layer, isOn);
    values();
  }

  function toggleLoop(button) {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    mark("[data-loop]", (one) => isOn && one === button);
    deck.repeat(isOn ? button.dataset.loop.split(" ").map(Number) : null);
    if (isOn) deck.play();
  }

  /** The exercise that is shown now, or ends the repetition that is on. */
  function loopHere() {
    const buttons = [...root.querySelectorAll("[data-loop]")];
    const on = buttons.find((button) => button.getAttribute("aria-pressed") === "true");
    const around = (button) => button.dataset.loop.split(" ").map(Number);
    const here = buttons.find((button) => deck.time >= around(button)[0] && deck.time <= around(button)[1]);
    if (on ?? here) toggleLoop(on ?? here);
  }

  function mark(buttons, isOn) {
    for (const button of root.querySelectorAll(buttons)) button.setAttribute("aria-pressed", String(isOn(button)));
  }

  const KEYS = {
    k: ACTS.play,
    " ": ACTS.play,
    ",": () => deck.step(-1),
    ".": () => deck.step(1),
    "<": () => deck.step(-10),
    ">": () => deck.step(10),
    j: () => deck.seek(deck.time - 1),
    l: () => deck.seek(deck.time + 1),
    n: ACTS.next,
    p: ACTS.previous,
    r: ACTS.rest,
    o: loopHere,
    d: () => toggleLayer("landmarks"),
    a: () => toggleLayer("axes"),
    m: () => toggleLayer("measures"),
    h: () => toggleLayer("halves"),
    z: () => toggleLayer("zoom"),
    ...Object.fromEntries(SPEEDS.map((speed, i) => [String(i + 1), () => setSpeed(speed)])),
  };

  async function load(url) {
    const here = box;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (here !== box) return;
      panel = found;
    } catch {
      here.querySelector(".figure__wait").textContent = "The curves could not be loaded. Reload the page to try again.";
      return;
    }
    box.replaceChildren();
    offer();
    draw();
  }

  /** The selector: action units first, other measures after them. */
  function offer() {
    const select = document.getElementById("signal");
    const groups = new Map();
    for (const [name, signal] of Object.entries(panel.signals)) {
      const group = /^AU\d+$/.test(name) ? "Action units" : "Measures";
      if (!groups.has(group)) groups.set(group, Object.assign(document.createElement("optgroup"), { label: group }));
      groups.get(group).append(new Option(signal.label, name, false, name === panel.selected));
    }
    select.replaceChildren(...groups.values());
    select.disabled = false;
    select.addEventListener("change", () => choose(select.value));
  }

  function choose(name) {
    const signal = panel.signals[name];
    panel.selected = name;
    panel.figure.data[0].y = signal.left;
    panel.figure.data[1].y = signal.right;
    panel.figure.layout.yaxis = signal.yaxis;
    draw();
  }

  function draw() {
    const figure = structuredClone(panel.figure);
    shorten(figure.layout);
    Charts.show(box, figure);
    const label = panel.signals[panel.selected].label;
    box.dataset.title = label;
    box.dataset.name = panel.selected.replaceAll("_", "-");
    box.setAttribute("aria-label", `${label}, left and right side over the video`);
    if (!cursor) {
      cursor = Object.assign(document.createElement("div"), { className: "cursor-line" });
      box.append(cursor);
      box.addEventListener("click", go);
    }
    place(deck.time);
  }

  /** A name that does not fit over its exercise becomes its number; the list under the curves has both. */
  function shorten(layout) {
    const [first, last] = layout.xaxis.range;
    const pixels = (box.clientWidth - layout.margin.l - layout.margin.r) / (last - first);
    (layout.annotations ?? []).forEach((note, i) => {
      const [start, end] = panel.spans[i];
      if (note.text.length * 6.5 > (end - start) * pixels) note.text = String(i + 1);
    });
  }

  function go(event) {
    const size = box._fullLayout?._size;
    const axis = box._fullLayout?.xaxis;
    if (!size || !axis) return;
    const x = event.clientX - box.getBoundingClientRect().left - size.l;
    if (x >= 0 && x <= size.w) deck.goTo(axis.p2d(x));
  }

  /** Everything that tells which frame is shown. */
  function place(time) {
    if (!scrub) return; // the first frame may be there before the page is ready
    count();
    values();
    const size = box?._fullLayout?._size;
    const axis = box?._fullLayout?.xaxis;
    if (!cursor || !size || !axis) return;
    cursor.style.transform = `translateX(${size.l + axis.d2p(time)}px)`;
    cursor.style.top = `${size.t}px`;
    cursor.style.height = `${size.h}px`;
    tell(time);
  }

  function count() {
    const { times, index, time } = deck;
    scrub.max = times ? times.length - 1 : Math.round(deck.last * 1000);
    scrub.value = times ? index : Math.round(time * 1000);
    const told = times ? `frame ${index + 1} of ${times.length}, ${time.toFixed(3)} s` : `${time.toFixed(2)} s`;
    document.getElementById("frame-count").textContent = told;
    scrub.setAttribute("aria-valuetext", told);
  }

  /** The numbers that stand at the lines, as text. */
  function values() {
    const table = document.getElementById("frame-values");
    if (!table || table.hidden) return;
    const face = stage.face;
    for (const cell of table.querySelectorAll("[data-value]")) {
      const value = face ? face.value(cell.dataset.value) : null;
      cell.textContent = Stages.told(value, stage.track.head);
    }
  }

  function tell(time) {
    const signal = panel.signals[panel.selected];
    const i = Frames.nearest(panel.time_s, time);
    const span = panel.spans.find(([start, end]) => time >= start && time <= end);
    const value = (one) => (one === null || one === undefined ? "not measured" : one.toFixed(2));
    const where = span ? `${time.toFixed(2)} s, ${span[2]}` : `${time.toFixed(2)} s`;
    document.getElementById("readout").textContent =
      `${where}: ${panel.selected.replaceAll("_", " ")} left ${value(signal.left[i])}, right ${value(signal.right[i])}`;
  }

  document.addEventListener("DOMContentLoaded", () => {
    start();
    Keys.listen(KEYS, () => Boolean(root?.isConnected));
  });
  document.addEventListener("htmx:afterSettle", start);
  window.addEventListener("resize", () => panel && box?.isConnected && draw());
  if (typeof Charts !== "undefined") Charts.DARK.addEventListener("change", () => panel && draw());
})();
