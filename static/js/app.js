// What every page needs: the menu on a phone, the CSRF header for htmx, copy buttons. Pages work without it.

document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  openMenuByButton();
  copyByButton();
  fillDemoLogin();
});

document.addEventListener("htmx:configRequest", (event) => {
  const meta = document.querySelector('meta[name="csrf-token"]');
  if (meta) event.detail.headers["X-CSRFToken"] = meta.content;
});

// A fragment that could not be fetched (no network, server restarting) must not leave the page looking alive.
document.addEventListener("htmx:sendError", () => setOffline(true));
document.addEventListener("htmx:afterOnLoad", () => setOffline(false));

function setOffline(isOffline) {
  const note = document.getElementById("offline-note");
  if (note) note.hidden = !isOffline;
}

function openMenuByButton() {
  const button = document.querySelector(".nav-toggle");
  if (!button) return;
  const menu = document.getElementById(button.getAttribute("aria-controls"));
  const show = (isOpen) => {
    menu.classList.toggle("is-open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.hidden = false;
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    show(false);
    button.focus();
  });
}

function copyByButton() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.querySelector("[data-copy-label]").textContent = "Copied";
    });
  }
}

function fillDemoLogin() {
  const form = document.querySelector('form[action$="/account/login/"]');
  for (const button of document.querySelectorAll("[data-fill-login]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      form.elements.login.value = button.dataset.fillLogin;
      form.elements.password.value = button.dataset.fillPassword;
      form.requestSubmit();
    });
  }
}
