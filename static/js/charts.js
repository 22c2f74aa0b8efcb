// Draws every [data-figure] from the JSON beside it. Colours in a figure are names, var(--x): the theme gives them here,
// so a chart is drawn again when the theme changes. The box has its height before anything is drawn.
"use strict";

const Charts = (() => {
  const touch = window.matchMedia("(pointer: coarse)");
  const CONFIG = { displaylogo: false, responsive: true, scrollZoom: false, doubleClick: "reset", doubleClickDelay: 600 };
  const DARK = window.matchMedia("screen and (prefers-color-scheme: dark)"); // paper is never dark
  const BUTTONS = [["toImage", "resetScale2d"]];

  /** What a custom property is as a plain colour, whatever functions it is written with. */
  function colours() {
    const probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
    const known = new Map();
    const look = (name) => {
      if (!known.has(name)) {
        probe.style.color = `var(${name})`;
        known.set(name, plain(getComputedStyle(probe).color));
      }
      return known.get(name);
    };
    return { look, done: () => probe.remove() };
  }

  /** color-mix() computes to `color(srgb r g b / a)`, which plotly cannot read. */
  function plain(colour) {
    const parts = colour.match(/^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.]+))?\)$/);
    if (!parts) return colour;
    const [r, g, b] = parts.slice(1, 4).map((part) => Math.round(Number(part) * 255));
    return `rgba(${r}, ${g}, ${b}, ${parts[4] ?? 1})`;
  }

  function resolve(value, look) {
    if (typeof value === "string") {
      const name = value.match(/^var\((--[\w-]+)\)$/);
      return name ? look(name[1]) : value;
    }
    if (Array.isArray(value)) return value.map((item) => resolve(item, look));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, look)]));
    }
    return value;
  }

  /** A figure from the server, in today's colours and fonts. */
  function themed(figure) {
    const { look, done } = colours();
    const made = resolve(figure, look);
    const [bgcolor, color, activecolor] = ["--chart-surface", "--chart-muted", "--chart-accent"].map(look);
    done();
    made.layout.modebar = { bgcolor, color, activecolor };
    const family = getComputedStyle(document.body).fontFamily;
    made.layout.font = { ...made.layout.font, family };
    if (made.layout.legend) made.layout.legend.font = { ...made.layout.legend.font, family };
    made.layout.hoverlabel.font = { ...made.layout.hoverlabel.font, family, size: 12 };
    if (touch.matches) made.layout.dragmode = false; // a finger on a chart scrolls the page
    return made;
  }

  function draw(box) {
    const source = document.getElementById(box.dataset.figure);
    if (!source || typeof Plotly === "undefined") return;
    show(box, JSON.parse(source.textContent));
  }

  function show(box, figure) {
    const made = themed(figure);
    // On a phone the legend takes more lines, and the box keeps its height.
    if (made.layout.showlegend && box.clientWidth < 480) made.layout.margin.b += 48;
    const name = box.dataset.name || "chart";
    const config = {
      ...CONFIG,
      displayModeBar: touch.matches ? false : "hover",
      modeBarButtons: BUTTONS,
      toImageButtonOptions: { filename: name, scale: 2 },
    };
    Plotly.react(box, made.data, made.layout, config);
    if (!box.dataset.drawn) box.on("plotly_click", (event) => open(box, event));
    box.dataset.drawn = "yes";
  }

  /** A point leads to its session; only to a page of this site. */
  function open(box, event) {
    const [place] = [event.points[0]?.customdata].flat(); // alone, or first of several
    const { urls, urls_in: element } = box.layout.meta ?? {};
    const url = (urls ?? JSON.parse(document.getElementById(element)?.textContent ?? "[]"))[place];
    if (typeof url === "string" && url.startsWith("/") && !url.startsWith("//")) window.location.assign(url);
  }

  /** A picture for a letter or a slide: in the colours of the page, on its ground, with its title. */
  function save(button) {
    const box = document.getElementById(button.dataset.of);
    if (!box) return;
    if (!box.dataset.drawn && box.dataset.figure) draw(box);
    if (!box.layout) return; // curves that are still on their way
    const layout = structuredClone(box.layout);
    layout.paper_bgcolor = getComputedStyle(box.closest(".card") ?? document.body).backgroundColor;
    layout.title = { text: box.dataset.title, x: 0.02, xanchor: "left", y: 0.98, yanchor: "top", font: { size: 15 } };
    layout.margin = { ...layout.margin, t: (layout.margin?.t ?? 0) + 32 };
    delete layout.width;
    const size = { width: Math.max(box.clientWidth, 720), height: box.clientHeight + 32 };
    layout.height = size.height;
    const format = button.dataset.export;
    const scale = format === "png" ? 2 : 1;
    Plotly.downloadImage({ data: box.data, layout }, { format, ...size, scale, filename: box.dataset.name });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-export]");
    if (button) save(button);
  });

  const within = (root) => [...(root.matches?.("[data-figure]") ? [root] : []), ...root.querySelectorAll("[data-figure]")];
  const drawAll = (root) => within(root).forEach(draw);

  /** Pictures far down the page wait until they come near. */
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((one) => one.isIntersecting)) {
        near.unobserve(entry.target);
        draw(entry.target);
      }
    },
    { rootMargin: "400px" },
  );
  const watch = (root) => {
    within(root).forEach((box) => near.observe(box));
    if (typeof Plotly === "undefined") return;
    for (const button of root.querySelectorAll("[data-export][hidden]")) button.hidden = false;
  };

  document.addEventListener("DOMContentLoaded", () => watch(document));
  document.addEventListener("htmx:afterSettle", (event) => watch(event.detail.elt));
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (event.detail.elt.dataset?.drawn) Plotly.purge(event.detail.elt);
  });
  window.addEventListener("beforeprint", () => drawAll(document));
  DARK.addEventListener("change", () => document.querySelectorAll("[data-drawn]").forEach(draw));

  return { themed, show, DARK };
})();
