// Two sessions: both videos stand at the same phase of the same exercise, and their curves lie over each other.
// The phase runs from 0 (onset) over 1 (apex) to 2 (offset), in either half of it evenly with time.
"use strict";

const Compare = (() => {
  const SPEEDS = [1, 0.5, 0.25, 0.1];
  const RATES = [0.0625, 16]; // what browsers play
  const APART = 0.06; // seconds between the videos that are put right by a jump
  const LETTERS = ["A", "B"];

  let root, sides, pairs, pair, speed, isLooping, panels, slider;
  let isPlaying = false;

  function start() {
    root = document.getElementById("compare");
    if (!root) return;
    sides = Object.fromEntries(LETTERS.map((letter) => [letter, side(letter)]));
    if (LETTERS.some((letter) => !sides[letter])) return; // one of them has no video
    for (const part of root.querySelectorAll("[data-needs-script]")) part.hidden = false;
    pairs = [...root.querySelectorAll("[data-pair]")];
    slider = document.getElementById("phase");
    [speed, isLooping, panels] = [1, false, {}];
    root.addEventListener("click", press);
    slider?.addEventListener("input", () => stand(Number(slider.value) / 100));
    Keys.listen(KEYS, () => root.isConnected);
    prepare();
  }

  function side(letter) {
    const box = root.querySelector(`[data-visit="${letter}"]`);
    const element = box.querySelector(".stage");
    if (!element) return null;
    const made = { letter, box, stage: new Stages.Stage(element, () => tell(letter)) };
    for (const canvas of box.querySelectorAll("[data-half]")) made.stage.mirrorInto(canvas, canvas.dataset.half);
    const { video } = made.stage;
    made.stage.onPress = () => ACTS.play();
    video.addEventListener("ended", () => letter === "A" && isPlaying && turn());
    return made;
  }

  async function prepare() {
    const opened = await Promise.all(LETTERS.map((letter) => sides[letter].stage.open()));
    const tracks = LETTERS.map((letter) => sides[letter].stage.track);
    allow("[data-layer]", tracks.some((track) => track?.hasPoints));
    allow("[data-rest]", opened.every(Boolean) && tracks.every((track) => track.head.rest_s !== null));
    root.dataset.exact = opened.every(Boolean) ? "yes" : "no";
    if (pairs.length) choose(pairs[0]);
    for (const letter of LETTERS) tell(letter);
    if (pairs.length) await loadCurves();
  }

  function allow(buttons, isAllowed) {
    for (const button of root.querySelectorAll(buttons)) button.disabled = !isAllowed;
  }

  function mark(buttons, isOn) {
    for (const button of root.querySelectorAll(buttons)) button.setAttribute("aria-pressed", String(isOn(button)));
  }

  function press(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const { step, layer, act } = button.dataset;
    if ("pair" in button.dataset) choose(button);
    if (step) stepBoth(Number(step));
    if (button.dataset.speed) setSpeed(Number(button.dataset.speed));
    if (layer) toggleLayer(layer);
    if (act) ACTS[act]?.();
  }

  // --- the phase ---

  function choose(button) {
    pause();
    pair = { a: numbers(button.dataset.a), b: numbers(button.dataset.b), unit: button.dataset.unit };
    mark("[data-pair]", (one) => one === button);
    stand(1);
    if (panels.A && panels.B) showUnit(pair.unit);
  }

  const numbers = (text) => text.split(" ").map(Number);

  /** Seconds of one video at a phase. */
  function timeAt([onset, apex, offset], phase) {
    return phase <= 1 ? onset + (apex - onset) * phase : apex + (offset - apex) * (phase - 1);
  }

  function phaseAt([onset, apex, offset], time) {
    const phase = time <= apex ? (time - onset) / (apex - onset) : 1 + (time - apex) / (offset - apex);
    return Math.min(Math.max(phase, 0), 2);
  }

  const phaseNow = () => phaseAt(pair.a, sides.A.stage.deck.time);

  function stand(phase) {
    pause();
    sides.A.stage.deck.goTo(timeAt(pair.a, phase));
    sides.B.stage.deck.goTo(timeAt(pair.b, phase));
  }

  /** By the frames of A; B goes to the frame that is nearest to the same phase. */
  function stepBoth(by) {
    pause();
    sides.A.stage.deck.step(by);
    if (pair) sides.B.stage.deck.goTo(timeAt(pair.b, phaseNow()));
    else sides.B.stage.deck.step(by);
  }

  // --- playing: A runs, B follows it at its own pace ---

  function play() {
    const [a, b] = LETTERS.map((letter) => sides[letter].stage.deck);
    isPlaying = true;
    if (pair && (phaseNow() >= 2 || a.time < pair.a[0])) {
      a.seek(pair.a[0]);
      b.seek(pair.b[0]);
    }
    pace();
    a.play();
    b.play();
    showPlaying();
    requestAnimationFrame(watch);
  }

  function pause() {
    isPlaying = false;
    for (const letter of LETTERS) sides[letter].stage.video.pause();
    showPlaying();
  }

  function showPlaying() {
    root.querySelector("[data-play-label]").textContent = isPlaying ? "Pause" : "Play";
  }

  /** So fast that both reach the next of onset, apex and offset together. */
  function pace() {
    const [a, b] = LETTERS.map((letter) => sides[letter].stage.video);
    const half = pair && a.currentTime >= pair.a[1] ? 1 : 0;
    const ratio = pair ? (pair.b[half + 1] - pair.b[half]) / (pair.a[half + 1] - pair.a[half]) : 1;
    const rates = [speed, speed * ratio].map((rate) => Math.min(Math.max(rate, RATES[0]), RATES[1]));
    [a, b].forEach((video, i) => {
      if (video.playbackRate !== rates[i]) video.playbackRate = rates[i];
    });
  }

  function watch() {
    if (!isPlaying || !root.isConnected) return;
    const [a, b] = LETTERS.map((letter) => sides[letter].stage.video);
    if (pair) {
      if (a.currentTime >= pair.a[2]) return turn();
      pace();
      const wanted = timeAt(pair.b, phaseAt(pair.a, a.currentTime));
      if (Math.abs(b.currentTime - wanted) > APART && !b.seeking) b.currentTime = wanted;
    } else if (a.paused) {
      return pause();
    }
    requestAnimationFrame(watch);
  }

  /** At the end of the exercise. */
  function turn() {
    if (!pair) return pause();
    stand(isLooping ? 0 : 2);
    if (isLooping) play();
  }

  const ACTS = {
    play: () => (isPlaying ? pause() : play()),
    apex: () => pair && stand(1),
    rest: () => {
      pause();
      for (const letter of LETTERS) {
        const { deck, track } = sides[letter].stage;
        if (track?.head?.rest_s != null) deck.goTo(track.head.rest_s);
      }
    },
    loop: () => {
      if (!pair) return;
      isLooping = !isLooping;
      mark('[data-act="loop"]', () => isLooping);
      if (isLooping && !isPlaying) play();
    },
  };

  function setSpeed(wanted) {
    speed = wanted;
    mark("[data-speed]", (button) => Number(button.dataset.speed) === speed);
    pace();
  }

  function toggleLayer(layer) {
    const button = root.querySelector(`[data-layer="${layer}"]`);
    if (button.disabled) return;
    const isOn = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isOn));
    if (layer === "halves") for (const halves of root.querySelectorAll("[data-halves]")) halves.hidden = !isOn;
    if (layer === "measures") document.getElementById("frame-values").hidden = !isOn;
    for (const letter of LETTERS) sides[letter].stage.toggle(layer, isOn);
    LETTERS.forEach(values);
  }

  function another(by) {
    if (!pairs.length) return;
    const here = pairs.findIndex((button) => button.getAttribute("aria-pressed") === "true");
    choose(pairs[(here + by + pairs.length) % pairs.length]);
  }

  const KEYS = {
    k: () => ACTS.play(),
    " ": () => ACTS.play(),
    ",": () => stepBoth(-1),
    ".": () => stepBoth(1),
    "<": () => stepBoth(-10),
    ">": () => stepBoth(10),
    n: () => another(1),
    p: () => another(-1),
    x: () => ACTS.apex(),
    r: () => ACTS.rest(),
    o: () => ACTS.loop(),
    d: () => toggleLayer("landmarks"),
    a: () => toggleLayer("axes"),
    m: () => toggleLayer("measures"),
    h: () => toggleLayer("halves"),
    z: () => toggleLayer("zoom"),
    ...Object.fromEntries(SPEEDS.map((one, i) => [String(i + 1), () => setSpeed(one)])),
  };

  // --- what is told of the frames that are shown ---

  function tell(letter) {
    if (!sides?.[letter] || !root) return; // a first frame before the page is ready
    const { deck } = sides[letter].stage;
    const frame = deck.times ? `frame ${deck.index + 1} of ${deck.times.length}, ` : "";
    sides[letter].box.querySelector("[data-count]").textContent = `${frame}${deck.time.toFixed(deck.times ? 3 : 2)} s`;
    values(letter);
    if (letter === "A" && pair) tellPhase();
  }

  function tellPhase() {
    const { time } = sides.A.stage.deck;
    const isInside = time >= pair.a[0] - APART && time <= pair.a[2] + APART;
    const phase = phaseNow();
    slider.value = Math.round(phase * 100);
    slider.setAttribute("aria-valuetext", isInside ? named(phase) : "outside the exercise");
    for (const box of root.querySelectorAll("[data-overlay]")) cursor(box, phase, isInside);
    if (panels.A && panels.B) readout(phase, isInside);
  }

  function named(phase) {
    for (const [at, name] of [[0, "onset"], [1, "apex"], [2, "offset"]]) if (Math.abs(phase - at) < 0.03) return name;
    return phase < 1 ? `${Math.round(phase * 100)} % of the way to the apex` : `${Math.round((phase - 1) * 100)} % of the way back`;
  }

  function values(letter) {
    const table = document.getElementById("frame-values");
    if (!table || table.hidden) return;
    const { face, track } = sides[letter].stage;
    for (const cell of table.querySelectorAll(`[data-of="${letter}"]`)) {
      cell.textContent = face ? Stages.told(face.value(cell.dataset.value), track.head) : "not measured";
    }
  }

  // --- the curves over each other ---

  async function loadCurves() {
    const select = document.getElementById("signal");
    try {
      const found = await Promise.all(LETTERS.map((letter) => curves(sides[letter].box.dataset.curves)));
      LETTERS.forEach((letter, i) => (panels[letter] = found[i]));
    } catch {
      panels = {};
      document.getElementById("readout").textContent = "The curves of one of the two could not be loaded.";
      return;
    }
    const names = Object.keys(panels.A.signals).filter((name) => name in panels.B.signals);
    select.replaceChildren(...names.map((name) => new Option(panels.B.signals[name].label, name)));
    select.disabled = false;
    select.addEventListener("change", draw);
    showUnit(pair.unit);
  }

  async function curves(url) {
    const answer = await fetch(url ?? "", { headers: { Accept: "application/json" } });
    if (!url || !answer.ok) throw new Error("no curves");
    return answer.json();
  }

  /** The unit that the exercise asks for, where both have it. */
  function showUnit(unit) {
    const select = document.getElementById("signal");
    if ([...select.options].some((option) => option.value === unit)) select.value = unit;
    draw();
  }

  function draw() {
    const name = document.getElementById("signal").value;
    for (const box of root.querySelectorAll("[data-overlay]")) {
      const figure = JSON.parse(document.getElementById(box.dataset.source).textContent);
      LETTERS.forEach((letter, i) => Object.assign(figure.data[i], within(panels[letter], pair[letter.toLowerCase()], name, box.dataset.overlay)));
      figure.layout.yaxis = panels.B.signals[name].yaxis;
      Charts.show(box, figure);
      if (!box.querySelector(".cursor-line")) {
        box.append(Object.assign(document.createElement("div"), { className: "cursor-line" }));
        box.addEventListener("click", (event) => go(box, event));
      }
    }
    tellPhase();
  }

  /** The curve of one half during the exercise, over the phase. */
  function within(panel, times, name, half) {
    const inside = panel.time_s.map((time, i) => [time, i]).filter(([time]) => time >= times[0] && time <= times[2]);
    return { x: inside.map(([time]) => phaseAt(times, time)), y: inside.map(([, i]) => panel.signals[name][half][i]) };
  }

  function go(box, event) {
    const size = box._fullLayout?._size;
    const axis = box._fullLayout?.xaxis;
    if (!size || !axis) return;
    const x = event.clientX - box.getBoundingClientRect().left - size.l;
    if (x >= 0 && x <= size.w) stand(axis.p2d(x));
  }

  function cursor(box, phase, isInside) {
    const line = box.querySelector(".cursor-line");
    const size = box._fullLayout?._size;
    const axis = box._fullLayout?.xaxis;
    if (!line || !size || !axis) return;
    line.hidden = !isInside;
    line.style.transform = `translateX(${size.l + axis.d2p(phase)}px)`;
    line.style.top = `${size.t}px`;
    line.style.height = `${size.h}px`;
  }

  function readout(phase, isInside) {
    const name = document.getElementById("signal").value;
    const value = (letter, half) => {
      const panel = panels[letter];
      const found = panel.signals[name][half][Frames.nearest(panel.time_s, sides[letter].stage.deck.time)];
      return found === null || found === undefined ? "not measured" : found.toFixed(2);
    };
    const both = LETTERS.map((letter) => `${letter} left ${value(letter, "left")}, right ${value(letter, "right")}`);
    const where = isInside ? named(phase) : "outside the exercise";
    document.getElementById("readout").textContent = `${where}: ${name.replaceAll("_", " ")} ${both.join("; ")}`;
  }

  document.addEventListener("DOMContentLoaded", start);
  window.addEventListener("resize", () => panels?.A && panels?.B && draw());
  Charts.DARK.addEventListener("change", () => panels?.A && panels?.B && draw());
})();
