// Working through patients by keys: through the list, to the next patient, and marking sessions as reviewed.
// Every key presses a button or follows a link that is on the page, so nothing works by key alone.
"use strict";

(() => {
  for (const button of document.querySelectorAll("[data-keys-sheet][data-needs-script]")) button.hidden = false;

  const anywhere = () => true;
  const press = (name, where = document) => where?.querySelector(`[data-key="${name}"]`)?.click();

  if (document.querySelector("[data-worklist]")) {
    Keys.listen({ j: () => move(1), k: () => move(-1), r: () => press("r", current()), u: () => press("u", current()), "/": search }, anywhere);
  } else if (document.getElementById("player")) {
    Keys.listen({ N: () => press("n"), R: () => press("r") }, anywhere); // the small letters are the player's
  } else {
    Keys.listen({ n: () => press("n"), r: () => press("r") }, anywhere);
  }

  function current() {
    return document.activeElement?.closest("[data-line]");
  }

  function move(step) {
    const lines = [...document.querySelectorAll("[data-line]")];
    const here = lines.indexOf(current());
    const next = here < 0 ? lines[0] : lines[Math.min(Math.max(here + step, 0), lines.length - 1)];
    next?.querySelector(".worklist__name").focus();
  }

  function search() {
    document.getElementById("filter-q")?.focus();
  }

  // A line that came anew keeps the place of the one that it replaces.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const line = event.detail.target.closest?.("[data-line]");
    if (line?.contains(document.activeElement)) sessionFocus = line.id;
  });

  let sessionFocus = "";
  document.addEventListener("htmx:afterSettle", () => {
    if (!sessionFocus) return;
    document.getElementById(sessionFocus)?.querySelector(".worklist__name").focus();
    sessionFocus = "";
  });
})();
