// A video with lines drawn over it: landmarks, axes, measures, and the face made of either half twice.
"use strict";

const Stages = (() => {
  const { plus, minus, times, length } = Faces;
  const SIDES = ["left", "right"];
  const CLOSED = /_(eye|lips)$/;
  const FONT = "600 13px system-ui, sans-serif";
  const WHOLE = { x: 0, y: 0, scale: 1 };

  class Stage {
    /** `root`: a .stage with its video and canvas. `tell(time, index)`: what is shown has changed. */
    constructor(root, tell) {
      this.root = root;
      this.video = root.querySelector("video");
      this.canvas = root.querySelector("canvas");
      this.halves = new Map();
      this.layers = new Set();
      this.view = WHOLE;
      this.isFlipped = "flip" in root.dataset; // an original that is shown as it was stored, a mirror image
      const guess = 1 / (Number(root.dataset.fps) || 30);
      this.deck = new Frames.Deck(this.video, { guess, tell: (time, index) => this.arrive(time, index, tell) });
      this.colours = colours(root);
      new ResizeObserver(() => this.draw()).observe(this.video);
      this.video.addEventListener("loadeddata", () => this.draw());
      this.onPress = () => this.deck.toggle();
      this.video.addEventListener("click", () => this.onPress());
      this.video.controls = false; // they would lie over the chin; the page has its own
    }

    /** Real times, exercises and landmarks; false when this run has none. */
    async open() {
      const { landmarks, pieces } = this.root.dataset;
      if (!landmarks) return false;
      this.track = new Faces.Track(landmarks, pieces, () => this.deck.tellAgain());
      if (!(await this.track.open())) return false;
      this.deck.setTimes(this.track.head.frames_s);
      return true;
    }

    get segments() {
      return this.track?.head?.segments ?? [];
    }

    get face() {
      return this.track?.at(this.deck.times ? this.deck.index : null) ?? null;
    }

    toggle(layer, isOn) {
      if (isOn) this.layers.add(layer);
      else this.layers.delete(layer);
      this.draw();
    }

    /** Draw the face of `side` twice into this canvas, from now on, whenever it is visible. */
    mirrorInto(canvas, side) {
      this.halves.set(side, canvas);
      this.draw();
    }

    arrive(time, index, tell) {
      this.draw();
      tell(time, index);
    }

    draw() {
      this.look();
      const context = fitted(this.canvas);
      const face = this.layers.size ? this.face : null;
      if (face) this.lines(context, face);
      this.mirror();
    }

    lines(context, face) {
      const to = this.placing(face.head);
      const pen = new Pen(context, to, this.colours);
      if (this.layers.has("landmarks")) landmarks(pen, face);
      if (this.layers.has("axes")) axes(pen, face);
      if (this.layers.has("measures")) measures(pen, face, this.track.rest);
    }

    /** From pixels of the picture to those of the canvas: the video is fitted into its box with bars. */
    placing(head) {
      const { clientWidth: w, clientHeight: h } = this.video;
      const scale = Math.min(w / head.width, h / head.height);
      const [left, top] = [(w - head.width * scale) / 2, (h - head.height * scale) / 2];
      const { isFlipped, view } = this;
      const across = (p) => left + (isFlipped ? head.width - p.x : p.x) * scale;
      return (p) => ({ x: view.x + across(p) * view.scale, y: view.y + (top + p.y * scale) * view.scale });
    }

    /** Bring the face near; it does not follow the head, so that the head's own movement stays to be seen. */
    look() {
      const face = this.layers.has("zoom") ? (this.track?.rest ?? this.face) : null;
      this.view = face ? closeUp(this.video, face, this.isFlipped) : WHOLE;
      const { x, y, scale } = this.view;
      this.video.style.transform = face ? `translate(${x}px, ${y}px) scale(${scale})` : "";
    }

    mirror() {
      const shown = [...this.halves].filter(([, canvas]) => canvas.offsetParent !== null);
      if (!shown.length) return;
      const face = this.face;
      for (const [side, canvas] of shown) {
        const context = fitted(canvas);
        if (face && this.video.readyState >= 2) twice(context, canvas, this.video, face, side, this.isFlipped);
      }
    }
  }

  /** A line is drawn dark and wide under its colour, so that it can be seen on any skin. */
  class Pen {
    constructor(context, to, shades) {
      this.context = context;
      this.to = to;
      this.shades = shades;
    }

    path(points, shade, { isClosed = false, width = 1.6, dash = shade === "right" ? [5, 3] : [] } = {}) {
      if (points.length < 2) return;
      const { context } = this;
      context.beginPath();
      points.map(this.to).forEach((p, i) => (i ? context.lineTo(p.x, p.y) : context.moveTo(p.x, p.y)));
      if (isClosed) context.closePath();
      this.stroke(shade, width, dash);
    }

    circle(centre, radius, shade) {
      const [c, edge] = [this.to(centre), this.to(plus(centre, { x: radius, y: 0 }))];
      this.context.beginPath();
      this.context.arc(c.x, c.y, Math.abs(edge.x - c.x), 0, 2 * Math.PI);
      this.stroke(shade, 1.6, shade === "right" ? [5, 3] : []);
    }

    stroke(shade, width, dash) {
      const { context } = this;
      Object.assign(context, { lineCap: "round", lineJoin: "round" });
      context.setLineDash([]);
      Object.assign(context, { strokeStyle: this.shades.under, lineWidth: width + 2 });
      context.stroke();
      context.setLineDash(dash);
      Object.assign(context, { strokeStyle: this.shades[shade], lineWidth: width });
      context.stroke();
      context.setLineDash([]);
    }

    dot(place, shade) {
      const p = this.to(place);
      this.context.beginPath();
      this.context.arc(p.x, p.y, 2.6, 0, 2 * Math.PI);
      this.context.fillStyle = this.shades[shade];
      this.context.fill();
      Object.assign(this.context, { strokeStyle: this.shades.under, lineWidth: 1 });
      this.context.stroke();
    }

    /** Words beside a place, on the outer side of it. */
    write(text, place, shade, outwards) {
      const { context } = this;
      const p = this.to(place);
      const aside = Math.sign(outwards.x) * (this.to({ x: 1, y: 0 }).x > this.to({ x: 0, y: 0 }).x ? 1 : -1);
      Object.assign(context, { font: FONT, textAlign: aside >= 0 ? "left" : "right", textBaseline: "middle" });
      Object.assign(context, { strokeStyle: this.shades.under, lineWidth: 4, fillStyle: this.shades[shade] });
      context.strokeText(text, p.x, p.y);
      context.fillText(text, p.x, p.y);
    }
  }

  function landmarks(pen, face) {
    for (const [name, ids] of Object.entries(face.head.parts)) {
      const side = SIDES.find((one) => name.startsWith(one));
      if (name.endsWith("iris")) {
        const ring = face.points(ids);
        pen.circle(Faces.mean(ring), length(minus(ring[0], ring[2])) / 2, side);
      } else {
        pen.path(face.points(ids), side ?? "plain", { isClosed: CLOSED.test(name) });
      }
    }
  }

  function axes(pen, face) {
    const { middle, down, across } = face.axes();
    const { up, down: low } = face.reach();
    const thin = { width: 1.2, dash: [2, 4] };
    pen.path([minus(middle, times(down, up)), plus(middle, times(down, low))], "axis", thin);
    const pupils = SIDES.map((side) => face.pupil(side));
    const beyond = times(minus(pupils[0], pupils[1]), 0.4);
    pen.path([plus(pupils[0], beyond), minus(pupils[1], beyond)], "axis", thin);
    for (const pupil of pupils) pen.dot(pupil, "axis");
    pen.write("midline", plus(middle, plus(times(down, -0.8 * up), times(across, 0.04 * up))), "axis", across);
  }

  function measures(pen, face, rest) {
    const { across, down, apart } = face.axes();
    for (const side of SIDES) {
      const outwards = times(across, side === "left" ? 1 : -1);
      const beside = (place, out, low) => plus(place, plus(times(outwards, out * apart), times(down, low * apart)));
      const [lids, brow] = [face.fissure(side), face.brow(side)];
      measure(pen, face, side, outwards, lids, "palpebral_fissure", beside(Faces.mean(lids), 0.3, 0.1));
      measure(pen, face, side, outwards, brow, "brow_height", beside(brow[1], 0.12, -0.12));
      if (!rest) continue;
      const way = [face.carried(rest, rest.corner(side)), face.corner(side)];
      pen.dot(way[0], "plain");
      measure(pen, face, side, outwards, way, "commissure_excursion", beside(way[1], 0.1, 0));
    }
  }

  function measure(pen, face, side, outwards, ends, name, place) {
    const value = face.value(`${name}_${side}`);
    pen.path(ends, side, { width: 2.4, dash: [] });
    for (const end of ends) pen.dot(end, side);
    if (value !== null) pen.write(told(value, face.head), place, side, outwards);
  }

  /** Millimetres where the iris gave a scale, else a share of the distance between the eyes. */
  function told(value, head) {
    if (value === null) return "not measured";
    return head.mm_per_unit ? `${(value * head.mm_per_unit).toFixed(1)} mm` : `${value.toFixed(3)} eye distances`;
  }

  /** How the picture is moved and enlarged so that the face at rest fills the box: {x, y, scale}. */
  function closeUp(video, face, isFlipped) {
    const [w, h] = [video.clientWidth, video.clientHeight];
    const fit = Math.min(w / face.head.width, h / face.head.height);
    const { middle } = face.axes();
    const { up, down } = face.reach();
    const scale = Math.max(1, h / ((up + down) * fit));
    const x = (isFlipped ? face.head.width - middle.x : middle.x) * fit + (w - face.head.width * fit) / 2;
    const y = (middle.y + (down - up) / 2) * fit + (h - face.head.height * fit) / 2;
    return { x: w / 2 - x * scale, y: h / 2 - y * scale, scale };
  }

  /** The half of `side` as it is, and its mirror image in the place of the other half, about the facial midline. */
  function twice(context, canvas, video, face, side, isFlipped) {
    const { middle, across } = face.axes();
    const reach = face.reach();
    const [w, h] = [canvas.clientWidth, canvas.clientHeight];
    const scale = Math.min(h / (reach.up + reach.down), w / (2 * reach.aside));
    const shrink = face.head.width / video.videoWidth;
    const own = side === "left" ? 1 : -1; // the subject's left is on the picture's right
    for (const way of [1, -1]) {
      context.save();
      context.translate(w / 2, (reach.up / (reach.up + reach.down)) * h);
      context.scale(way, 1);
      context.beginPath();
      context.rect(own > 0 ? -0.5 : -w, -h, w + 0.5, 2 * h);
      context.clip();
      context.scale(scale, scale);
      context.rotate(-Math.atan2(across.y, across.x));
      context.translate(-middle.x, -middle.y);
      context.scale(shrink, shrink);
      if (isFlipped) context.transform(-1, 0, 0, 1, video.videoWidth, 0);
      context.drawImage(video, 0, 0);
      context.restore();
    }
  }

  /** An empty canvas of the size that it has on the page, in the screen's own pixels. */
  function fitted(canvas) {
    const dense = window.devicePixelRatio || 1;
    const [w, h] = [canvas.clientWidth * dense, canvas.clientHeight * dense].map(Math.round);
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    const context = canvas.getContext("2d");
    context.setTransform(dense, 0, 0, dense, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    return context;
  }

  function colours(root) {
    const style = getComputedStyle(root);
    return Object.fromEntries(
      ["left", "right", "plain", "axis", "under"].map((name) => [name, style.getPropertyValue(`--over-${name}`).trim()]),
    );
  }

  return { Stage, told };
})();
