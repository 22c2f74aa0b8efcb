// One video by its frames: the real times of the frames where they are known, never "about 30 a second".
"use strict";

const Frames = (() => {
  const HAIR = 0.0005; // seconds; times are stored with five digits, browsers count in microseconds

  /** Index of the last of `times` that is not after `time`: the frame on the screen at this time. */
  function shownAt(times, time) {
    let low = 0;
    let high = times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (times[middle] <= time + HAIR) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Index of the one of `times` that is nearest to `time`. */
  function nearest(times, time) {
    const i = shownAt(times, time);
    return i + 1 < times.length && times[i + 1] - time < time - times[i] ? i + 1 : i;
  }

  class Deck {
    /** `guess`: seconds a frame, until the real times are known. `tell(time, index)`: a frame is on the screen. */
    constructor(video, { guess = 1 / 30, tell = () => {} } = {}) {
      this.video = video;
      this.guess = guess;
      this.tell = tell;
      this.times = null;
      this.span = null; // [start, end] that is repeated
      this.index = 0;
      this.follow();
    }

    setTimes(times) {
      this.times = times.length ? times : null;
      this.place(this.video.currentTime);
    }

    /** Seconds of the frame that is shown. */
    get time() {
      return this.times ? this.times[this.index] : this.video.currentTime;
    }

    get last() {
      if (this.times) return this.times[this.times.length - 1];
      return Number.isFinite(this.video.duration) ? this.video.duration : 0;
    }

    /** Go to exactly this frame: to the middle of its time, so that no rounding shows its neighbour. */
    show(index) {
      this.video.pause();
      if (!this.times) return this.seek(index * this.guess);
      const i = Math.min(Math.max(index, 0), this.times.length - 1);
      const next = this.times[i + 1] ?? this.times[i] + this.guess;
      this.video.currentTime = (this.times[i] + next) / 2;
      this.arrive(i);
    }

    seek(time, { pause = false } = {}) {
      if (pause) this.video.pause();
      if (this.times && this.video.paused) return this.show(shownAt(this.times, Math.max(time, 0)));
      const end = Number.isFinite(this.video.duration) ? this.video.duration : time;
      this.video.currentTime = Math.min(Math.max(time, 0), end);
      this.place(this.video.currentTime);
    }

    /** To the frame whose own time is nearest: for moments that were measured, as apexes. */
    goTo(time) {
      if (this.times) this.show(nearest(this.times, time));
      else this.seek(time, { pause: true });
    }

    step(by) {
      if (this.times) this.show(this.index + by);
      else this.seek(this.video.currentTime + by * this.guess, { pause: true });
    }

    toggle() {
      if (this.video.paused) this.play();
      else this.video.pause();
    }

    play() {
      this.video.play().catch(() => {}); // a browser that refuses to play shows its own button
    }

    setSpeed(speed) {
      this.video.playbackRate = speed;
    }

    /** Repeat these seconds until told otherwise; null ends it. */
    repeat(span) {
      this.span = span;
      if (span && (this.time < span[0] || this.time >= span[1])) this.seek(span[0]);
    }

    follow() {
      const { video } = this;
      if ("requestVideoFrameCallback" in video) {
        const again = (_now, frame) => {
          // A picture of an earlier seek may come late; where a video at rest was sent is what its own clock says.
          if (video.paused) this.place(video.currentTime);
          else this.place(frame.mediaTime, nearest);
          if (video.isConnected) video.requestVideoFrameCallback(again);
        };
        video.requestVideoFrameCallback(again);
      }
      for (const name of ["timeupdate", "seeked"]) video.addEventListener(name, () => this.place(video.currentTime));
      video.addEventListener("pause", () => video.paused && this.times && this.show(this.index)); // stand on one frame
      video.addEventListener("ended", () => this.span && this.again());
    }

    place(time, find = shownAt) {
      if (this.span && !this.video.paused && time >= this.span[1]) return this.again();
      if (this.times) this.arrive(find(this.times, time));
      else this.tell(time, null);
    }

    again() {
      this.video.currentTime = this.span[0];
      if (this.video.paused) this.play();
    }

    /** Something about the frame that is shown has become known. */
    tellAgain() {
      this.tell(this.time, this.times ? this.index : null);
    }

    arrive(index) {
      this.index = index;
      this.tell(this.times[index], index);
    }
  }

  return { Deck, nearest, shownAt };
})();
