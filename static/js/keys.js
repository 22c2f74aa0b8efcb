// Hot keys of one page, and the sheet that lists them. They can be switched off, for who dictates or types by accident.
"use strict";

const Keys = (() => {
  const STORED = "seventh-keys-off";

  /** `acts`: key -> function. `isHere()`: whether the page still shows what they act on. */
  function listen(acts, isHere) {
    document.addEventListener("keydown", (event) => {
      if (!isHere() || isTyping(event)) return;
      if (event.key === " " && event.target.closest("button, a, summary, input, video")) return; // it presses them
      if (isOff() || document.querySelector("dialog[open]")) return;
      const act = acts[event.key] ?? (event.shiftKey ? null : acts[event.key.toLowerCase()]); // Caps Lock
      if (!act) return;
      event.preventDefault();
      act();
    });
  }

  function isTyping(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return true;
    return event.target.closest("input:not([type=checkbox]):not([type=range]), select, textarea, [contenteditable]");
  }

  function toggleSheet() {
    const sheet = document.getElementById("keys-sheet");
    if (!sheet) return;
    if (sheet.open) return sheet.close();
    sheet.querySelector("input[type=checkbox]").checked = !isOff();
    sheet.showModal();
  }

  function isOff() {
    try {
      return localStorage.getItem(STORED) === "yes";
    } catch {
      return false; // a browser that stores nothing keeps the keys on
    }
  }

  function remember(isOn) {
    try {
      if (isOn) localStorage.removeItem(STORED);
      else localStorage.setItem(STORED, "yes");
    } catch {
      // the choice holds for nothing more than this sheet
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || isTyping(event)) return;
    event.preventDefault();
    toggleSheet();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-sheet]")) toggleSheet();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-keys-on]")) remember(event.target.checked);
  });

  return { listen };
})();
