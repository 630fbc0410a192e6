// What the page can do beyond its style: numbers at an epoch, an axis that fits what is shown,
// copying, and the place in the contents. All words and numbers come from the page's own data.
(() => {
"use strict";

const root = document.querySelector(".dure");
root.classList.add("live");

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const known = (value) => value !== null && value !== undefined;

function made(tag, attributes = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

// Numbers as Python's `interval_texts` writes them: all rows with as many decimals as the median
// interval justifies.
const figures = (value, wanted) =>
  Math.max(0, wanted - 1 - Math.floor(Math.log10(Math.abs(value))));

function decimals([mean, low, high]) {
  const half = known(low) && known(high) ? (high - low) / 2 : 0;
  if (half > 0) {
    const wanted = Math.max(0, -Math.floor(Math.log10(half / 2)));
    return mean ? Math.min(wanted, figures(mean, 5)) : wanted;
  }
  return mean ? figures(mean, 4) : 3;
}

function intervalTexts(rows) {
  const means = rows.filter(([mean]) => known(mean));
  const wide = means.filter(([, low, high]) => known(low) && known(high) && low < high);
  const wanted = (wide.length ? wide : means).map(decimals).sort((a, b) => a - b);
  const places = wanted.length ? wanted[Math.floor(wanted.length / 2)] : 0;
  return rows.map(([mean, low, high]) => {
    if (!known(mean)) return "-";
    const text = places <= 6 && Math.abs(mean) < 1e7
      ? (value) => value.toFixed(places).replace(/^-(?=0(\.0*)?$)/, "")
      : (value) => value.toExponential(3).replace(/e([+-])(\d)$/, "e$10$2");
    return known(low) && known(high) ? `${text(mean)} [${text(low)}, ${text(high)}]` : text(mean);
  });
}

// Multiples of 1, 2 or 5 times a power of ten, as the axes made in Python have them.
function roundNumbers(low, high, wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const part = rough / power;
  const step = power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n <= Math.floor(high / step + 1e-9); n += 1) {
    ticks.push([n * step, written(n * step, step)]);
  }
  return ticks;
}

function written(value, step) {
  if (value && (Math.abs(value) >= 1e6 || step < 1e-5)) {
    return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
  }
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const text = Math.abs(value).toFixed(places);
  const [whole, part] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? `.${part}` : "");
  return value < 0 && Number(text) ? `\u2212${grouped}` : grouped;
}

const ROOM = 0.04, GRID = 10000; // as in Python: room at both ends of an axis, units of the drawing

function withRoom([low, high]) {
  if (!(high > low)) {
    const half = Math.abs(low) / 2 || 0.5;
    [low, high] = [low - half, high + half];
  }
  return [low - ROOM * (high - low), high + ROOM * (high - low)];
}

// A mean and its interval, between which a line may break.
const parted = (text) => {
  const [mean, interval] = text.split(/ (?=\[)/);
  const rest = interval ? [" ", made("span", {}, interval)] : [];
  return [made("span", {}, mean), ...rest];
};

class Curves {
  constructor(element) {
    this.element = element;
    this.data = JSON.parse(element.querySelector("script.data").textContent);
    this.panels = all("figure.m", element);
    this.rows = all(".legend tbody tr", element);
    this.boxes = this.rows.map((row) => row.querySelector("input"));
    this.radios = all(".segments input", element);
    this.epoch = this.data.epochs.length - 1;
    this.ranges = this.panels.map((panel, m) => withRoom(this.data.metrics[m].view));
    this.offerWholeRange();
    this.addAllAndNone();
    this.panels.forEach((panel) => this.listen(panel));
    this.addSliders();
    element.addEventListener("change", (event) => {
      if (event.target.type !== "range") this.update();
    });
    this.update();
  }

  get metric() { return Math.max(0, this.radios.findIndex((radio) => radio.checked)); }

  get visible() { return this.boxes.flatMap((box, place) => (box.checked ? [place] : [])); }

  ticked(name) { return this.element.querySelector(`.t-${name}`)?.checked ?? false; }

  addAllAndNone() {
    const buttons = [["all", true], ["none", false]].map(([key, checked]) => {
      const button = made("button", { type: "button", class: key }, this.data.words[key]);
      button.addEventListener("click", () => {
        for (const box of this.boxes) box.checked = checked;
        this.update();
      });
      return button;
    });
    if (this.boxes.length > 2) {
      const head = this.element.querySelector(".legend thead th");
      head.append(" ", made("span", { class: "all-none" }, ...buttons));
    }
  }

  // Offered where something lies outside the range that is in view at first.
  offerWholeRange() {
    const beyond = this.data.metrics.some((metric, m) => {
      const [low, high] = this.extent(m, this.boxes.map((_, place) => place), null, true);
      return low < metric.view[0] || high > metric.view[1];
    });
    this.element.querySelector(".t-whole-label").hidden = !beyond;
  }

  // Lowest and highest value of some variants; with `view`, only of what lies in it.
  extent(m, places, view, single) {
    const metric = this.data.metrics[m];
    let low = Infinity, high = -Infinity;
    const add = (value) => {
      if (!known(value)) return;
      const inside = view ? Math.min(Math.max(value, view[0]), view[1]) : value;
      low = Math.min(low, inside);
      high = Math.max(high, inside);
    };
    const training = this.ticked("train");
    for (const place of places) {
      const series = metric.judged[place];
      for (const values of series ? [series.mean, series.low, series.high] : []) values.forEach(add);
      if (training) metric.training[place]?.mean.forEach(add);
      if (single) metric.reach[place]?.forEach(add);
    }
    return [low, high];
  }

  // A variant that left the view for most of its epochs is seen whole when nothing else is shown.
  range(m) {
    const { view } = this.data.metrics[m], places = this.visible, single = this.ticked("single");
    const whole = this.extent(m, places, null, single);
    if (whole[0] > whole[1]) return withRoom(view);
    if (this.ticked("whole")) return withRoom(whole);
    if (places.length === this.boxes.length && this.ticked("train")) return withRoom(view);
    const means = places.flatMap((place) => this.data.metrics[m].judged[place]?.mean ?? []);
    const inside = means.filter((mean) => known(mean) && mean >= view[0] && mean <= view[1]);
    if (2 * inside.length < means.filter(known).length) return withRoom(whole);
    return withRoom(this.extent(m, places, view, single));
  }

  update() {
    this.panels.forEach((panel, m) => this.fit(panel, m));
    this.read();
  }

  // The drawing is in units of the range in view at first; a viewBox shows another part of it.
  fit(panel, m) {
    const [low, high] = withRoom(this.data.metrics[m].view);
    const [bottom, top] = this.ranges[m] = this.range(m);
    const at = (value) => (GRID * (high - value)) / (high - low);
    panel.querySelector("svg").setAttribute("viewBox", `0 ${at(top)} ${GRID} ${at(bottom) - at(top)}`);
    const ticks = roundNumbers(bottom, top, 5).map(([value, text]) =>
      made("span", { style: `top:${(100 * (top - value)) / (top - bottom)}%` }, made("b", {}, text)));
    panel.querySelector(".y-ticks").replaceChildren(...ticks);
  }

  left(epoch) {
    const [first, last] = this.data.axis;
    return (100 * (epoch - first)) / (last - first);
  }

  listen(panel) {
    const area = panel.querySelector(".area");
    const point = (event) => {
      const box = area.getBoundingClientRect(), [first, last] = this.data.axis;
      const epoch = first + ((last - first) * (event.clientX - box.left)) / box.width;
      let best = 0;
      this.data.epochs.forEach((one, i) => {
        if (Math.abs(one - epoch) < Math.abs(this.data.epochs[best] - epoch)) best = i;
      });
      if (best === this.epoch && panel.querySelector(".cursor")) return;
      this.epoch = best;
      this.read(true);
    };
    area.addEventListener("pointermove", point);
    area.addEventListener("pointerdown", point);
  }

  addSliders() {
    const { words, epochs } = this.data;
    if (epochs.length < 2) return;
    this.sliders = this.panels.map((panel) => {
      const slider = made("input", {
        type: "range", min: 0, max: epochs.length - 1, step: 1, "aria-label": words.epoch,
      });
      slider.addEventListener("input", () => {
        this.epoch = Number(slider.value);
        this.read(true);
      });
      const slot = panel.querySelector(".slot");
      const ends = [epochs[0], epochs[epochs.length - 1]].map((epoch) => this.left(epoch));
      slot.append(made("div", { style: `margin:0 ${100 - ends[1]}% 0 ${ends[0]}%` }, slider));
      return slider;
    });
  }

  // The numbers at the chosen epoch beside their variants, the best on top.
  read(pointed = false) {
    const m = this.metric, { metrics, words, epochs } = this.data, metric = metrics[m];
    const at = (series, i = this.epoch) =>
      series ? [series.mean[i], series.low[i], series.high[i]] : [null, null, null];
    const places = this.visible;
    const judged = places.map((place) => at(metric.judged[place]));
    const texts = intervalTexts(judged);
    const training = this.ticked("train") && metric.training.some(known);
    const trained = training ? intervalTexts(places.map((place) => at(metric.training[place]))) : [];
    this.rows.forEach((row, place) => {
      const i = places.indexOf(place), series = metric.judged[place];
      const cell = row.querySelector(".read"), lanes = row.querySelector(".lanes");
      cell.replaceChildren(...(i < 0 ? [] : parted(texts[i])));
      if (i >= 0 && training) cell.append(this.trained(trained[i]));
      if (i >= 0 && series) {
        const count = Array.isArray(series.lanes) ? series.lanes[this.epoch] : series.lanes;
        lanes.textContent = count.toLocaleString("en");
      }
    });
    this.sort(places, judged, metric.mode);
    const number = epochs[this.epoch].toLocaleString("en");
    const text = words["at epoch"].replace("{number}", number);
    this.element.querySelector(".at-epoch").textContent = text;
    for (const slider of this.sliders ?? []) {
      slider.value = this.epoch;
      slider.setAttribute("aria-valuetext", text);
    }
    if (pointed || this.element.querySelector(".cursor")) this.mark(m, places, judged);
  }

  // A second line, with the dotted line of training before it as in the key.
  trained(text) {
    const swatch = this.element.querySelector(".key-train .swatch").cloneNode(true);
    const word = made("span", { class: "unseen" }, this.data.words.training);
    return made("small", {}, swatch, word, ...parted(text));
  }

  sort(places, judged, mode) {
    const sign = mode === "min" ? 1 : -1;
    const worth = this.rows.map((_, place) => {
      const i = places.indexOf(place);
      return i < 0 ? Infinity : known(judged[i][0]) ? sign * judged[i][0] : Number.MAX_VALUE;
    });
    const order = this.rows.map((_, place) => place)
      .sort((a, b) => (worth[a] === worth[b] ? a - b : worth[a] < worth[b] ? -1 : 1));
    const body = this.element.querySelector(".legend tbody");
    if (order.every((place, i) => body.children[i] === this.rows[place])) return;
    const focused = document.activeElement;
    body.append(...order.map((place) => this.rows[place]));
    if (body.contains(focused)) focused.focus({ preventScroll: true });
  }

  mark(m, places, judged) {
    const panel = this.panels[m], area = panel.querySelector(".area"), [bottom, top] = this.ranges[m];
    all(".cursor, .bead", this.element).forEach((old) => old.remove());
    const left = `left:${this.left(this.data.epochs[this.epoch])}%`;
    area.append(made("i", { class: "cursor", style: left }));
    places.forEach((place, i) => {
      const [mean] = judged[i];
      if (!known(mean) || mean < bottom || mean > top) return;
      const style = `${left};top:${(100 * (top - mean)) / (top - bottom)}%`;
      area.append(made("i", { class: `bead s v${place} c${place % 10}`, style }));
    });
  }
}

function copying(block) {
  const button = made("button", { type: "button" }, block.dataset.copy);
  button.addEventListener("click", async () => {
    const code = block.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch { // a page from a folder may not write to the clipboard in every browser
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = block.dataset.copied;
    setTimeout(() => { button.textContent = block.dataset.copy; }, 1600);
  });
  block.append(button);
}

// Only what can be scrolled is a stop for the keyboard.
function scrollable(box) {
  const stop = () => {
    const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (scrolls) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  };
  new ResizeObserver(stop).observe(box);
}

function followContents() {
  const links = all(".contents a");
  const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
  const follow = () => {
    const passed = sections.findLastIndex((section) => section.getBoundingClientRect().top < innerHeight / 3);
    const end = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    const here = end && scrollY > 0 ? links.length - 1 : passed;
    links.forEach((link, i) => {
      if (i === here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  };
  addEventListener("scroll", follow, { passive: true });
  follow();
}

all(".curves:has(script.data)").forEach((element) => new Curves(element));
all(".code").forEach(copying);
all(".scroll, .legend-box, .code pre").forEach(scrollable);
followContents();

// For browsers whose style cannot open folds on paper.
let folded = [];
addEventListener("beforeprint", () => {
  folded = all("details.folded:not([open])");
  folded.forEach((fold) => { fold.open = true; });
});
addEventListener("afterprint", () => folded.forEach((fold) => { fold.open = false; }));
})();
