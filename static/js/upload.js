// Sending a recording with visible progress. Without this script the form sends itself the ordinary way.

(() => {
  const form = document.getElementById("upload-form");
  if (!form || !window.XMLHttpRequest || !window.FormData) return;

  const at = (id) => document.getElementById(id);
  const inputs = [...form.querySelectorAll('input[type="file"]')];
  const maxBytes = Number(form.dataset.maxBytes);
  const SHORTEST_S = 3;
  const LONGEST_S = 300;
  let request = null;
  let screenLock = null;

  for (const input of inputs) {
    input.addEventListener("change", () => {
      for (const other of inputs) if (other !== input && input.files.length) other.value = "";
      showChosen();
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  at("stop").addEventListener("click", () => request?.abort());
  window.addEventListener("beforeunload", (event) => {
    if (request) event.preventDefault();
  });

  function chosenFile() {
    return inputs.map((input) => input.files[0]).find(Boolean);
  }

  function showChosen() {
    const file = chosenFile();
    at("chosen").hidden = !file;
    showError("");
    if (!file) return;
    at("chosen-name").textContent = `${file.name} · ${megabytes(file.size)}`;
    at("chosen-hint").textContent = "";
    const preview = at("chosen-preview");
    URL.revokeObjectURL(preview.src);
    preview.hidden = false;
    preview.onerror = () => (preview.hidden = true); // this browser cannot play it; the clinic may still read it
    preview.onloadedmetadata = () => (at("chosen-hint").textContent = lengthHint(preview.duration));
    preview.src = URL.createObjectURL(file);
    const problem = fileProblem(file);
    if (problem) showError(problem);
  }

  function lengthHint(seconds) {
    if (!Number.isFinite(seconds)) return "";
    if (seconds < SHORTEST_S) return "This video is very short. Please record all movements in one video.";
    if (seconds > LONGEST_S) return "This video is longer than five minutes. Please record the movements in shorter videos.";
    return "";
  }

  function fileProblem(file) {
    if (!file) return "Please record or choose a video first.";
    if (file.size === 0) return "This file is empty. Please choose it again.";
    if (file.size > maxBytes)
      return `This video has ${megabytes(file.size)}; up to ${megabytes(maxBytes)} can be sent. Please record a shorter video, or in Full HD instead of 4K.`;
    if (file.type && !file.type.startsWith("video/"))
      return "This file is not a video. Please choose a video recorded with your camera.";
    return "";
  }

  function send() {
    const problem = fileProblem(chosenFile());
    if (problem) return showError(problem);
    showError("");
    const started = performance.now();
    const data = new FormData(form);
    request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => event.lengthComputable && showProgress(event, started);
    request.upload.onload = () => showText("Everything is sent. It is being stored …");
    request.onload = () => finish(request);
    request.onerror = () =>
      stopped(
        "The connection was lost before everything had arrived. Your video and what you typed are still here: " +
          "press Send again. A recording that did arrive is not stored twice."
      );
    request.onabort = () => stopped("Sending was stopped. Nothing was stored; your video and what you typed are still here.");
    setSending(true);
    request.send(data);
  }

  function showProgress(event, started) {
    const share = event.loaded / event.total;
    at("sending-bar").value = Math.round(share * 100);
    const left = ((performance.now() - started) / 1000 / share) * (1 - share);
    const rest = left > 90 ? `about ${Math.round(left / 60)} minutes left` : left > 4 ? `about ${Math.ceil(left)} seconds left` : "almost there";
    showText(`${megabytes(event.loaded)} of ${megabytes(event.total)} sent, ${rest}. Please keep this page open.`);
  }

  function finish(answered) {
    const answer = parsed(answered.responseText);
    if (answered.status === 201 && answer?.url) {
      request = null; // from here on leaving the page is meant
      window.location.assign(answer.url);
      return;
    }
    stopped(explanation(answered.status, answer));
  }

  function explanation(status, answer) {
    if (answer?.errors) return showFieldErrors(answer.errors);
    if (status === 413) return `The video is too large: up to ${megabytes(maxBytes)} can be sent.`;
    if (status === 403 || status === 401) return "You were logged out, or this page was open for too long. Please reload the page, then choose the video again.";
    return "The clinic's system could not take the video just now. Your video and what you typed are still here: please try again in a few minutes.";
  }

  function showFieldErrors(errors) {
    return Object.values(errors).flat().join(" ");
  }

  function stopped(message) {
    request = null;
    setSending(false);
    showError(message);
  }

  function setSending(isSending) {
    at("sending").hidden = !isSending;
    at("stop").hidden = !isSending;
    at("cancel").hidden = isSending;
    at("send").disabled = isSending;
    at("send-label").textContent = isSending ? "Sending …" : "Send to my clinic";
    at("sending-bar").value = 0;
    keepScreenOn(isSending);
  }

  // A phone that goes to sleep breaks off the upload.
  async function keepScreenOn(isOn) {
    try {
      if (isOn) screenLock = await navigator.wakeLock?.request("screen");
      else await screenLock?.release();
    } catch {
      // not allowed or not known here: nothing depends on it
    }
  }

  function showError(message) {
    at("upload-error").hidden = !message;
    at("upload-error-text").textContent = message;
    if (message) at("upload-error").focus();
  }

  function showText(text) {
    at("sending-text").textContent = text;
  }

  function megabytes(bytes) {
    const mega = 1024 * 1024;
    return bytes < mega ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / mega).toFixed(1).replace(".0", "")} MB`;
  }

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }
})();
