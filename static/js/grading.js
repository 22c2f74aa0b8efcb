// The grading form: sliders beside the numbers, the score while it is filled in, drafts that keep themselves.
// Without script the same form works: numbers are typed, the server computes, drafts are kept by their button.
"use strict";

(() => {
  const WAIT_MS = 1200;
  const form = document.getElementById("grade-form");
  if (!form) return;
  const sums = JSON.parse(document.getElementById("grade-arithmetic").textContent);
  let timer = null;

  for (const box of form.querySelectorAll("[data-vas]")) addSlider(box);
  form.addEventListener("input", () => {
    compute();
    keepSoon();
  });
  form.addEventListener("submit", () => clearTimeout(timer));
  form.addEventListener("keydown", refuseEnter);
  compute();

  /** A slider has no empty state: until it is touched it lies in the middle and looks unset. */
  function addSlider(box) {
    const number = box.querySelector("input");
    const slider = Object.assign(document.createElement("input"), { type: "range", className: "vas__slider" });
    slider.min = number.min;
    slider.max = number.max;
    slider.step = "1";
    slider.setAttribute("aria-label", `${box.querySelector("label").textContent}, slider`);
    const follow = () => {
      slider.classList.toggle("is-unset", number.value === "");
      slider.value = number.value === "" ? String(number.max / 2) : number.value;
    };
    slider.addEventListener("input", () => {
      number.value = slider.value;
      slider.classList.remove("is-unset");
    });
    slider.addEventListener("pointerup", () => {
      if (number.value !== "") return; // a click into the middle of an unset slider is an answer too
      number.value = slider.value;
      form.dispatchEvent(new Event("input"));
    });
    number.addEventListener("input", follow);
    number.after(slider);
    follow();
  }

  /** Enter in a number would send the form as a draft. */
  function refuseEnter(event) {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  }

  function points(item) {
    const chosen = form.elements[item.key];
    const value = chosen instanceof RadioNodeList ? chosen.value : chosen?.value;
    if (value === undefined || value === "") return null;
    if (Object.keys(item.points).length) return item.points[value] ?? null;
    const number = Number(value);
    const highest = Number(chosen.max);
    if (!Number.isInteger(number) || number < 0 || number > highest) return null;
    return item.balanced === null ? number : item.balanced - Math.abs(item.balanced - number);
  }

  function compute() {
    const parts = sums.parts.map((part) => ({ ...part, known: part.items.map(points) }));
    for (const part of parts) {
      const place = form.querySelector(`[data-part="${part.key}"]`);
      if (place) place.textContent = partWords(part);
    }
    const total = form.querySelector("[data-total]");
    if (!total) return;
    form.querySelector("[data-total-box]").hidden = false;
    total.textContent = totalWords(parts);
  }

  function partWords(part) {
    const missing = part.known.filter((p) => p === null).length;
    if (missing) return `${missing} to do`;
    const sum = part.known.reduce((a, b) => a + b, 0);
    if (sums.arithmetic === "mean") return `mean ${plain(sum / part.known.length)}`;
    return Math.abs(part.factor) === 1 ? plain(sum) : `${plain(sum)} × ${Math.abs(part.factor)} = ${plain(sum * Math.abs(part.factor))}`;
  }

  function totalWords(parts) {
    const all = parts.flatMap((part) => part.known);
    const missing = all.filter((p) => p === null).length;
    if (missing) return `${missing} of ${all.length} items to do`;
    if (sums.arithmetic === "mean") return `${plain(all.reduce((a, b) => a + b, 0) / all.length)} of ${sums.ceiling}`;
    const sum = parts.reduce((total, part) => total + part.factor * part.known.reduce((a, b) => a + b, 0), 0);
    const value = Math.min(sums.ceiling, Math.max(sums.floor, sum));
    return `${plain(value)} of ${sums.ceiling}${value === sum ? "" : ` (the sum is ${plain(sum)})`}`;
  }

  function plain(value) {
    return value.toFixed(1).replace(/\.0$/, "").replace("-", "−");
  }

  function keepSoon() {
    clearTimeout(timer);
    timer = setTimeout(keep, WAIT_MS);
  }

  async function keep() {
    const place = form.querySelector("[data-saved]");
    const body = new FormData(form);
    const where = form.getAttribute("action"); // the buttons are called "action" and hide the property
    body.set("action", "draft");
    try {
      const answer = await fetch(where, { method: "POST", body, headers: { Accept: "application/json" } });
      const told = await answer.json();
      place.textContent = answer.ok ? `Draft kept at ${told.saved_at}, seen by you alone` : told.message;
    } catch {
      place.textContent = "The draft could not be kept just now.";
    }
  }
})();
