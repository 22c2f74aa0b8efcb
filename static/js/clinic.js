// The patient page: when to ask for news, and forms that open in place.
"use strict";

// A tab that nobody looks at asks for nothing, and a form that is being filled in is not swept away by news.
document.addEventListener("htmx:beforeRequest", (event) => {
  const asking = event.detail.elt;
  if (!asking.hasAttribute("data-poll")) return;
  if (document.hidden || asking.querySelector("[data-editing]")) event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  const asking = document.querySelector("[data-poll]");
  if (!document.hidden && asking && window.htmx) htmx.trigger(asking, "run-finished"); // ask at once on coming back
});

// "Cancel" of a form in place closes it; without script it is a link back.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-close]");
  if (!link) return;
  event.preventDefault();
  document.querySelector(link.dataset.close).replaceChildren();
});

document.addEventListener("htmx:afterSettle", (event) => {
  const form = event.detail.elt.querySelector?.("[data-editing]");
  form?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
});
