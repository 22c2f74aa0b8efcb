// A still frame with points that are moved by mouse, finger or keyboard, zoomed and panned. It keeps no places itself:
// who makes it says where a point is, and is told where one was put.
"use strict";

const Faceplates = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const SIDES = { left: "Left", right: "Right", midline: "Middle" };
  const NEAREST = 12; // times enlarged, at the most
  const STEP = 1.5;

  function node(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    return made;
  }

  const within = (value, low, high) => Math.min(Math.max(value, low), high);

  class Faceplate {
    /**
     * `size`: {width, height} of the picture in its own pixels. `points`: [{index, side, name}]. `owner`:
     * placeOf(index) -> [x, y] or nothing, isMoved(index), put(index, [x, y]), putBack(index), settle() when a move has
     * ended, tell(words).
     */
    constructor(svg, size, points, owner) {
      Object.assign(this, { svg, size, points, owner });
      this.frame = null; // what was detected in the frame on show: {points, picture}
      this.chosen = null; // index of the point that has the focus
      this.drag = null;
      this.hasFace = false; // whether the picture has been brought to the face
      this.view = { x: 0, y: 0, ...size };
      svg.addEventListener("pointerdown", (event) => this.take(event));
      svg.addEventListener("pointermove", (event) => this.pull(event));
      for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, () => this.letGo());
      svg.addEventListener("keydown", (event) => this.press(event));
      new ResizeObserver(() => this.draw()).observe(svg);
    }

    show(frame) {
      this.frame = frame ?? null;
      this.draw();
    }

    draw() {
      this.setView();
      if (!this.frame) return this.svg.replaceChildren();
      const { picture, points } = this.frame;
      const parts = picture ? [node("image", { href: picture, ...this.size })] : [];
      if (!this.hasFace) this.showFace(Object.values(points));
      const { view, svg } = this;
      const scale = Math.max(view.width / Math.max(svg.clientWidth, 1), view.height / Math.max(svg.clientHeight, 1));
      for (const point of this.points) {
        if (this.owner.placeOf(point.index)) parts.push(this.drawPoint(point, scale));
      }
      const focused = this.chosen;
      svg.replaceChildren(...parts);
      if (focused !== null) this.focus(focused);
    }

    drawPoint(point, scale) {
      const [x, y] = this.owner.placeOf(point.index);
      const isMoved = this.owner.isMoved(point.index);
      const group = node("g", { class: `pt pt--${point.side}${isMoved ? " is-moved" : ""}`, tabindex: "0", role: "button" });
      group.dataset.point = point.index;
      group.setAttribute("aria-label", this.words(point));
      if (isMoved && this.frame.points[point.index]) {
        const [fromX, fromY] = this.frame.points[point.index];
        group.append(node("line", { x1: fromX, y1: fromY, x2: x, y2: y, class: "pt__way" }));
      }
      group.append(node("circle", { cx: x, cy: y, r: 11 * scale, class: "pt__hit" }));
      group.append(node("circle", { cx: x, cy: y, r: 4.5 * scale, class: "pt__dot" }));
      group.addEventListener("focus", () => {
        this.chosen = point.index;
        this.tell(point.index);
      });
      group.addEventListener("blur", () => {
        if (this.chosen === point.index && this.svg.contains(group)) this.chosen = null;
      });
      return group;
    }

    focus(index) {
      this.svg.querySelector(`[data-point="${index}"]`)?.focus({ preventScroll: true });
    }

    words({ index, side, name }) {
      const [x, y] = this.owner.placeOf(index);
      const state = this.owner.isMoved(index) ? "moved" : "as detected";
      return `${SIDES[side]}: ${name}; ${Math.round(x)}, ${Math.round(y)}; ${state}`;
    }

    tell(index) {
      this.owner.tell(this.words(this.points.find((point) => point.index === index)));
    }

    put(index, [x, y]) {
      const place = [within(x, 0, this.size.width), within(y, 0, this.size.height)];
      this.owner.put(index, place.map((value) => Math.round(value * 100) / 100));
    }

    // --- dragging: a point, or the zoomed picture itself ---

    inPicture(event) {
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
      return [place.x, place.y];
    }

    /** Where the face is small, the circles that take a finger lie over each other. */
    nearestTo([x, y]) {
      const far = ({ index }) => {
        const [atX, atY] = this.owner.placeOf(index);
        return Math.hypot(atX - x, atY - y);
      };
      const there = this.points.filter(({ index }) => this.owner.placeOf(index));
      return there.reduce((best, point) => (far(point) < far(best) ? point : best)).index;
    }

    take(event) {
      if (event.button !== 0) return;
      const at = this.inPicture(event);
      const index = event.target.closest("[data-point]") ? this.nearestTo(at) : null;
      if (index !== null) {
        const [x, y] = this.owner.placeOf(index);
        this.drag = { index, off: [x - at[0], y - at[1]] };
        this.chosen = index;
      } else if (this.view.width < this.size.width) this.drag = { at };
      if (!this.drag) return;
      event.preventDefault();
      this.svg.setPointerCapture(event.pointerId);
    }

    pull(event) {
      const { drag } = this;
      if (!drag) return;
      const [x, y] = this.inPicture(event);
      if (drag.index !== undefined) {
        drag.hasMoved = true;
        this.put(drag.index, [x + drag.off[0], y + drag.off[1]]);
        this.tell(drag.index);
      } else {
        this.view.x += drag.at[0] - x;
        this.view.y += drag.at[1] - y;
        this.setView();
      }
    }

    letGo() {
      const done = this.drag;
      this.drag = null;
      if (!done || done.index === undefined) return;
      this.focus(done.index);
      if (done.hasMoved) this.owner.settle();
    }

    // --- keyboard ---

    press(event) {
      const index = event.target.closest("[data-point]")?.dataset.point;
      if (index === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      const way = ARROWS[event.key];
      if (way) {
        const by = event.shiftKey ? 5 : 1;
        const [x, y] = this.owner.placeOf(index);
        this.put(index, [x + way[0] * by, y + way[1] * by]);
        this.owner.settle();
      } else if (event.key === "Delete" || event.key === "Backspace") this.owner.putBack(index);
      else if (event.key === "+" || event.key === "=") this.zoom(STEP);
      else if (event.key === "-") this.zoom(1 / STEP);
      else return;
      event.preventDefault();
      this.tell(index);
    }

    // --- zoom ---

    setView() {
      const { view, size } = this;
      view.x = within(view.x, 0, size.width - view.width);
      view.y = within(view.y, 0, size.height - view.height);
      this.svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    }

    /** So many times enlarged, about this place. */
    enlarge(factor, [x, y]) {
      const { view, size } = this;
      view.width = size.width / factor;
      view.height = size.height / factor;
      view.x = x - view.width / 2;
      view.y = y - view.height / 2;
      this.setView();
    }

    /** At first the face is shown, with a margin. */
    showFace(places) {
      if (!places.length) return;
      this.hasFace = true;
      const [xs, ys] = [0, 1].map((axis) => places.map((place) => place[axis]));
      const [width, height] = [xs, ys].map((values) => Math.max(...values) - Math.min(...values));
      const room = Math.min(this.size.width / (width * 1.6), this.size.height / (height * 1.6));
      const middle = [xs, ys].map((values) => (Math.max(...values) + Math.min(...values)) / 2);
      this.enlarge(within(room, 1, NEAREST), middle);
    }

    /** About the point that has the focus, else about the middle. */
    zoom(by) {
      const { view } = this;
      const middle = [view.x + view.width / 2, view.y + view.height / 2];
      const about = (this.chosen !== null && this.owner.placeOf(this.chosen)) || middle;
      this.enlarge(within((this.size.width / view.width) * by, 1, NEAREST), about);
      this.draw();
    }
  }

  return { Faceplate, STEP };
})();
