// Landmarks of one run: a head, then pieces of some seconds, fetched when the player comes near them.
// Coordinates are pixels of the upright, unmirrored picture: the subject's own left is on the picture's right.
"use strict";

const Faces = (() => {
  const OUTER = { left: 263, right: 33 };
  const INNER = { left: 362, right: 133 };
  const CORNER = { left: 291, right: 61 };
  const UPPER_LID = { left: [385, 386, 387], right: [158, 159, 160] };
  const LOWER_LID = { left: [380, 374, 373], right: [153, 145, 144] };
  const BROW = { left: [300, 293, 334, 296, 336], right: [70, 63, 105, 66, 107] };
  const IRIS = { left: [474, 475, 476, 477], right: [469, 470, 471, 472] };
  const CHIN = 152;
  const CORNERS = [OUTER.left, INNER.left, INNER.right, OUTER.right]; // what expression hardly moves

  const plus = (a, b) => ({ x: a.x + b.x, y: a.y + b.y });
  const minus = (a, b) => ({ x: a.x - b.x, y: a.y - b.y });
  const times = (a, s) => ({ x: a.x * s, y: a.y * s });
  const dot = (a, b) => a.x * b.x + a.y * b.y;
  const length = (a) => Math.hypot(a.x, a.y);
  const mean = (points) => times(points.reduce(plus, { x: 0, y: 0 }), 1 / points.length);

  /** Where one face lay in one frame. */
  class Frame {
    constructor(head, slots, record) {
      this.head = head;
      this.slots = slots;
      this.record = record;
    }

    point(id) {
      const slot = this.slots.get(id);
      if (slot === undefined) return null;
      return { x: this.record[2 * slot] * this.head.unit, y: this.record[2 * slot + 1] * this.head.unit };
    }

    points(ids) {
      return ids.map((id) => this.point(id)).filter(Boolean);
    }

    get isSeen() {
      return this.record[0] !== this.head.absent;
    }

    /** In inter-ocular distances, the head's turn taken out; null when it was not measured. */
    value(name) {
      const place = this.head.values.indexOf(name);
      const stored = place < 0 ? this.head.absent : this.record[2 * this.head.points.length + place];
      return stored === this.head.absent ? null : stored * this.head.value_step;
    }

    /** The face's own axes: `middle` between the inner eye corners, `across` to the subject's left, `down`. */
    axes() {
      if (this.kept) return this.kept;
      const [left, right] = ["left", "right"].map((side) => mean(this.points([OUTER[side], INNER[side]])));
      const apart = minus(left, right);
      const across = times(apart, 1 / length(apart));
      const middle = mean(this.points([INNER.left, INNER.right]));
      this.kept = { middle, across, down: { x: -across.y, y: across.x }, apart: length(apart) };
      return this.kept;
    }

    pupil(side) {
      return mean(this.points(IRIS[side]));
    }

    /** Both ends of the opening of the lids over the iris. */
    fissure(side) {
      return [mean(this.points(UPPER_LID[side])), mean(this.points(LOWER_LID[side]))];
    }

    /** From the line through the eyes up to the brow. */
    brow(side) {
      const { middle, down } = this.axes();
      const top = mean(this.points(BROW[side]));
      return [plus(top, times(down, dot(minus(middle, top), down))), top];
    }

    corner(side) {
      return this.point(CORNER[side]);
    }

    /** Where a point of `rest` would lie in this frame if only the head had moved: eye corners carried onto eye corners. */
    carried(rest, place) {
      const [here, there] = [this, rest].map((frame) => frame.points(CORNERS));
      const [to, from] = [mean(here), mean(there)];
      let [re, im, size] = [0, 0, 0];
      there.forEach((p, i) => {
        const [a, b] = [minus(p, from), minus(here[i], to)];
        re += dot(a, b);
        im += a.x * b.y - a.y * b.x;
        size += dot(a, a);
      });
      const off = minus(place, from);
      return plus(to, { x: (re * off.x - im * off.y) / size, y: (im * off.x + re * off.y) / size });
    }

    /** What a picture of this face needs to show, from the middle: pixels up, down, and to either side. */
    reach() {
      const { middle, across, down } = this.axes();
      const low = dot(minus(this.point(CHIN), middle), down);
      const jaw = this.points(this.head.parts.jaw ?? [CHIN]).map((p) => Math.abs(dot(minus(p, middle), across)));
      return { up: low * 0.75, down: low * 1.12, aside: Math.max(...jaw, low * 0.6) * 1.12 };
    }
  }

  class Track {
    /** `arrived()`: a further piece is here. */
    constructor(headUrl, pieceUrl, arrived) {
      this.headUrl = headUrl;
      this.pieceUrl = pieceUrl;
      this.arrived = arrived;
      this.pieces = new Map();
      this.head = null;
    }

    /** False when there are no frames to be had. */
    async open() {
      try {
        this.head = await (await ask(this.headUrl)).json();
      } catch {
        return false;
      }
      this.slots = new Map(this.head.points.map((id, slot) => [id, slot]));
      this.stride = 2 * this.head.points.length + this.head.values.length;
      return true;
    }

    get hasPoints() {
      return Boolean(this.head?.pieces);
    }

    /** The face in this frame; null while its piece is under way, or where none was seen. */
    at(index) {
      if (!this.hasPoints || index === null) return null;
      const number = Math.floor(index / this.head.piece);
      const piece = this.piece(number);
      if (index % this.head.piece > this.head.piece / 2 && number + 1 < this.head.pieces) this.piece(number + 1);
      if (!(piece instanceof Int16Array)) return null;
      const start = (index - number * this.head.piece) * this.stride;
      const frame = new Frame(this.head, this.slots, piece.subarray(start, start + this.stride));
      return frame.isSeen ? frame : null;
    }

    /** The face at rest, for what is drawn against it. */
    get rest() {
      return this.head?.rest_s == null ? null : this.at(Frames.nearest(this.head.frames_s, this.head.rest_s));
    }

    piece(number) {
      if (!this.pieces.has(number)) {
        this.pieces.set(number, "under way");
        this.fetch(number);
      }
      return this.pieces.get(number);
    }

    async fetch(number) {
      try {
        const answer = await ask(`${this.pieceUrl}?piece=${number}`);
        this.pieces.set(number, new Int16Array(await answer.arrayBuffer())); // little endian, as all browsers' machines
        this.arrived();
      } catch {
        this.pieces.delete(number); // asked for again when it is needed again
      }
    }
  }

  async function ask(url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(String(answer.status));
    return answer;
  }

  return { Track, plus, minus, times, mean, length };
})();
