// What the exhibits share: elements, numbers, a stage with controls, a chart, and questions to a
// judge. A module that imports this one is shipped with it in front, as a single text.

const STYLE = `
.dl { --ink: #222; --quiet: #5f5f5f; --line: #d5d5d5; --ground: #fff; --ours: #0072b2;
  --other: #d55e00; --good: #00795a; --bad: #b84a00; --unsure: #7d5700; --third: #a04a7c;
  color: var(--ink); background: var(--ground); color-scheme: light; max-width: 660px; padding: 8px;
  font: 14px/1.45 system-ui, sans-serif; box-sizing: border-box; }
.dl * { box-sizing: border-box; }
[data-jp-theme-light="false"] .dl, html[data-theme="dark"] .dl { --ink: #eee; --quiet: #b0b0b0;
  --line: #4a4a4a; --ground: #161616; --ours: #56b4e9; --other: #ff8c3f; --good: #35c79c;
  --bad: #ff8c3f; --unsure: #e69f00; --third: #e39cc4; color-scheme: dark; }
@media (prefers-color-scheme: dark) {
  html:not([data-theme]) body:not([data-jp-theme-light]) .dl { --ink: #eee; --quiet: #b0b0b0;
    --line: #4a4a4a; --ground: #161616; --ours: #56b4e9; --other: #ff8c3f; --good: #35c79c;
    --bad: #ff8c3f; --unsure: #e69f00; --third: #e39cc4; color-scheme: dark; } }
.dl h4 { margin: 0 0 6px; font-size: 15px; }
.dl-controls { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(290px, 100%), 1fr));
  gap: 2px 24px; }
.dl-control { display: flex; align-items: center; gap: 8px; min-height: 30px; }
.dl-control > label { flex: 0 0 auto; }
.dl input[type=range] { flex: 1 1 60px; min-width: 60px; height: 24px; accent-color: var(--ours); }
.dl output { min-width: 3.5em; text-align: right; font-variant-numeric: tabular-nums; }
.dl button, .dl select, .dl textarea, .dl input[type=text] { font: inherit; color: var(--ink);
  background: var(--ground); border: 1px solid var(--quiet); border-radius: 4px; padding: 3px 10px;
  min-height: 28px; }
.dl button, .dl output { white-space: nowrap; } .dl button { cursor: pointer; } .dl button:disabled { color: var(--quiet); cursor: default; }
.dl :focus-visible { outline: 3px solid var(--ours); outline-offset: 1px; }
.dl svg[role] { display: block; width: 100%; height: auto; overflow: visible; }
.dl svg text { fill: var(--ink); font-size: 13px; }
.dl table { border-collapse: collapse; margin: 4px 0; } .dl th { font-weight: 600; text-align: left; }
.dl td, .dl th { padding: 2px 10px 2px 0; font-variant-numeric: tabular-nums; }
.dl [role=status] { margin: 6px 0 0; min-height: 1.45em; }
.dl .good { color: var(--good); } .dl .bad { color: var(--bad); } .dl .unsure { color: var(--unsure); }
.dl .quiet { color: var(--quiet); } .dl .scroll { overflow: auto hidden; padding-block: 4px; }`;

const NAMESPACES = { svg: "http://www.w3.org/2000/svg" };

function element(kind, tag, attributes, children) {
  const node = kind ? document.createElementNS(NAMESPACES[kind], tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}

/** An HTML element: h("p", { class: "quiet", onclick: f }, "text", node). */
export const h = (tag, attributes, ...children) => element("", tag, attributes, children);

/** The same in SVG. */
export const s = (tag, attributes, ...children) => element("svg", tag, attributes, children);

/** A number to three significant digits, as the pictures' texts have it. */
export function number(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "undefined" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  let text = String(Number(value.toPrecision(3)));
  if (size >= 100 && size < 1e6) text = value.toFixed(0);
  else if (size && (size < 1e-4 || size >= 1e6)) {
    const [digits, power] = value.toExponential(2).split("e");
    text = `${Number(digits)}×${power10(Number(power))}`;
  }
  return text.replace("-", "−");
}

/** A power of ten, as a label of a logarithmic scale. */
export function power10(n) {
  return "10" + String(n).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(c)]);
}

/** softmax(z/τ): probabilities from logits. */
export function softmax(z, tau = 1) {
  const top = Math.max(...z);
  const e = z.map((v) => Math.exp((v - top) / tau));
  const total = e.reduce((a, b) => a + b);
  return e.map((v) => v / total);
}

/** What stands side by side, or below one another where there is no room. */
export const beside = (...nodes) => h("div", { style: "display: flex; flex-wrap: wrap; gap: 8px 16px" },
  nodes.map((node) => h("div", { style: "flex: 1 1 280px" }, node)));

/** A number, or a list of numbers and lists: "(1, (2, 3))". */
export const told = (value) => (Array.isArray(value) ? `(${value.map(told).join(", ")})` : number(value));

/** A number to two decimals, where room is scarce. */
export const short = (v) => (v && Math.abs(v) < 0.005 ? "≈ 0" : String(+v.toFixed(Math.abs(v) < 10 ? 2 : 0)).replace("-", "−"));

/** A row times a matrix. */
export const times = (row, matrix) => matrix[0].map((_, k) => row.reduce((sum, v, i) => sum + v * matrix[i][k], 0));

/** Words in a picture, at a place. */
export const words = (x, y, text, { anchor = "middle", colour = "ink", ...others } = {}) =>
  s("text", { x, y, "text-anchor": anchor, style: `fill: var(--${colour})`, ...others }, text);

/** A box in our style inside `el`. It keeps plain keys, for which Jupyter has uses of its own. */
export function box(el) {
  const plain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey;
  const onkeydown = (event) => plain(event) && event.stopPropagation();
  const inside = h("div", { class: "dl", onkeydown });
  el.replaceChildren(h("style", {}, STYLE), inside);
  return inside;
}

/** A model without a kernel, for a page: what was set stays here. */
export function still(values) {
  return {
    get: (name) => values[name],
    set: (name, value) => void (values[name] = value),
    save_changes() {},
    on() {},
  };
}

const CONTROLS = {
  slider(control, value, changed) {
    const shown = h("output", { for: control.id }, number(value));
    const input = h("input", {
      type: "range", id: control.id, min: control.low, max: control.high, step: control.step, value,
      oninput() {
        shown.textContent = number(input.valueAsNumber);
        changed(input.valueAsNumber);
      },
    });
    const set = (now) => {
      input.value = now;
      shown.textContent = number(now);
    };
    return [[h("label", { for: control.id }, control.label), input, shown], set];
  },
  choice(control, value, changed) {
    const options = control.options.map((text, i) => h("option", { value: i }, text));
    const select = h("select", {
      id: control.id,
      onchange: () => changed(select.selectedIndex),
    }, options);
    const set = (now) => void (select.selectedIndex = now);
    set(value);
    return [[h("label", { for: control.id }, control.label), select], set];
  },
  steps(control, value, changed) {
    const shown = h("output", {}, String(value));
    let at = value;
    const go = (to) => {
      set(to);
      changed(to);
    };
    const button = (text, to) => h("button", { type: "button", onclick: () => go(to()) }, text);
    const back = button("Back", () => at - 1);
    const step = button(control.label, () => at + 1);
    const start = button("Start again", () => 0);
    function set(now) {
      at = now;
      shown.textContent = `${now} of ${control.high}`;
      // Disabled for the eye and the ear, but still in focus for the keyboard.
      for (const [node, off] of [[back, now <= 0], [step, now >= control.high], [start, now <= 0]])
        node.setAttribute("aria-disabled", off);
    }
    for (const node of [back, step, start])
      node.addEventListener("click", (event) => {
        if (node.getAttribute("aria-disabled") === "true") event.stopImmediatePropagation();
      }, { capture: true });
    set(value);
    return [[step, back, start, shown], set];
  },
};

let stages = 0;

/**
 * The stage of an exhibit: its title, a control for each parameter, a picture and a sentence.
 * `draw(state, width, data)` gives [nodes of the picture, the sentence], and is asked again after
 * each change; what it draws is at most so many pixels wide, so that letters are as large on a phone.
 */
export function stage({ model, el }, draw) {
  const { title, controls, data } = model.get("spec");
  const place = `dl-${++stages}`;
  const state = { ...model.get("state") };
  const picture = h("div", {});
  const status = h("p", { role: "status" });
  const setters = {};
  let width = 620;
  const redraw = () => {
    const [nodes, words] = draw(state, width, data);
    picture.replaceChildren(...[nodes].flat());
    status.textContent = words;
  };
  const rows = controls.map((control) => {
    const changed = (value) => {
      state[control.name] = value;
      redraw();
      model.set("state", { ...state });
      model.save_changes();
    };
    const described = { ...control, id: `${place}-${control.name}` };
    const [nodes, set] = CONTROLS[control.kind](described, state[control.name], changed);
    setters[control.name] = set;
    return h("div", { class: "dl-control" }, nodes);
  });
  model.on("change:state", () => {
    Object.assign(state, model.get("state"));
    for (const [name, set] of Object.entries(setters)) set(state[name]);
    redraw();
  });
  const inside = box(el);
  inside.setAttribute("role", "group");
  inside.setAttribute("aria-labelledby", place);
  inside.append(h("h4", { id: place }, title), h("div", { class: "dl-controls" }, rows), picture, status);
  redraw();
  new ResizeObserver(() => {
    const now = Math.max(Math.min(Math.round(picture.clientWidth), 620), 280);
    if (picture.clientWidth && now !== width) {
      width = now;
      redraw();
    }
  }).observe(picture);
}

/** Round numbers between two, about `most` of them. */
export function ticks([low, high], most = 5) {
  const rough = (high - low) / most;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * unit).find((n) => n >= rough * 0.99);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

/**
 * Axes to draw on. `x` and `y` are [low, high]; what is drawn is cut off there. `root` is the SVG,
 * `X` and `Y` give its coordinates; colours are names such as "ours". `yname` writes a tick of y.
 * With `bare` there are no ticks, and no margins.
 */
export function chart({ x, y, width = 620, height = 260, xlabel = "", ylabel = "", alt = "", yname = number, bare }) {
  const [left, right, top, bottom] = bare ? [0, 0, 0, 0] : [46, 14, ylabel ? 24 : 10, 38];
  const X = (v) => left + ((v - x[0]) / (x[1] - x[0])) * (width - left - right);
  const Y = (v) => height - bottom - ((v - y[0]) / (y[1] - y[0])) * (height - top - bottom);
  const root = s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": alt });
  const add = (tag, attributes, ...children) => root.appendChild(s(tag, attributes, ...children));
  const ink = (name) => `var(--${name})`;
  const write = (...said) => root.appendChild(words(...said));
  for (const v of bare ? [] : ticks(y)) {
    add("line", { x1: left, x2: width - right, y1: Y(v), y2: Y(v), stroke: ink("line") });
    write(left - 6, Y(v) + 4, yname(v), { anchor: "end", colour: "quiet" });
  }
  for (const v of bare ? [] : ticks(x, 7)) write(X(v), height - bottom + 17, number(v), { colour: "quiet" });
  if (xlabel) write((left + width - right) / 2, height - 4, xlabel);
  if (ylabel) write(left - 40, 13, ylabel, { anchor: "start" });
  // What is drawn stays inside; far outside it would be cut off wrongly, where numbers are huge.
  const frame = { x: left, y: top, width: width - left - right, height: height - top - bottom };
  const inside = s("svg", { ...frame, viewBox: `${left} ${top} ${frame.width} ${frame.height}`, overflow: "hidden" });
  const far = 10 * (y[1] - y[0]);
  const clip = (v) => Math.min(Math.max(v, y[0] - far), y[1] + far);
  root.append(inside);
  const draw = (tag, attributes) => inside.appendChild(s(tag, attributes));
  return {
    root, X, Y, add, ink, words: write,
    /** Joined points [[x, y], …]; `fill` closes and fills them. */
    line(points, { colour = "ours", width = 2, dash, fill = "none" } = {}) {
      const d = points.map(([px, py]) => `${X(px).toFixed(1)},${Y(clip(py)).toFixed(1)}`).join(" ");
      const style = `stroke: ${ink(colour)}; fill: ${fill === "none" ? fill : ink(fill)}`;
      draw("polyline", { points: d, "stroke-width": width, "stroke-dasharray": dash, style });
    },
    /** y over x, sampled. */
    curve(f, options = {}, count = 200) {
      const at = (i) => x[0] + ((x[1] - x[0]) * i) / count;
      this.line(Array.from({ length: count + 1 }, (_, i) => [at(i), f(at(i))]), options);
    },
    dot(px, py, { colour = "ours", r = 5 } = {}) {
      draw("circle", { cx: X(px), cy: Y(clip(py)), r, style: `fill: ${ink(colour)}` });
    },
    /** An arrow from one point to another. */
    arrow([ax, ay], [bx, by], { colour = "ours", width = 2 } = {}) {
      const [x1, y1, x2, y2] = [X(ax), Y(clip(ay)), X(bx), Y(clip(by))];
      const length = Math.hypot(x2 - x1, y2 - y1);
      draw("line", { x1, y1, x2, y2, "stroke-width": width, style: `stroke: ${ink(colour)}` });
      if (length < 2) return;
      const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
      const size = Math.min(8, length);
      const wing = (side) => `${x2 - size * ux + side * size * 0.5 * uy},${y2 - size * uy - side * size * 0.5 * ux}`;
      draw("polygon", { points: `${x2},${y2} ${wing(1)} ${wing(-1)}`, style: `fill: ${ink(colour)}` });
    },
  };
}

/** Bars with their names and numbers: `groups` are [name, [[value, colour], …]], the same many. */
export function bars(groups, { y, labels, height = 220, width = 620, alt = "" }) {
  const plot = chart({ x: [0, groups.length], y, width, height, alt });
  plot.root.querySelectorAll("text").forEach((t) => t.getAttribute("text-anchor") === "middle" && t.remove());
  groups.forEach(([name, values], i) => {
    const slot = 0.8 / values.length;
    values.forEach(([value, colour], n) => {
      const [left, right] = [plot.X(i + 0.1 + slot * n), plot.X(i + 0.1 + slot * (n + 0.92))];
      const [top, foot] = [plot.Y(Math.max(0, value)), plot.Y(Math.min(0, value))];
      plot.add("rect", { x: left, width: right - left, y: top, height: Math.max(foot - top, 0.5), style: `fill: ${plot.ink(colour)}` });
      plot.words((left + right) / 2, value < 0 ? foot + 13 : top - 4, number(value), { style: "font-size: 12px" });
    });
    plot.words(plot.X(i + 0.5), height - 6, name);
  });
  (labels ?? []).forEach(([text, colour], n) => plot.words(60 + n * 170, 8, `■ ${text}`, { anchor: "start", colour }));
  return plot.root;
}

/**
 * A matrix as coloured cells with their numbers: blue above 0, vermillion below. The rows' names
 * are the columns' as well, unless these have their own; a frame marks row `mark`; `say` writes a
 * number.
 */
export function heat(rows, { names = [], columns = names, mark, reach, cell = 58, say = number, alt = "" }) {
  const size = Math.max(...rows.map((row) => row.length));
  const root = s("svg", { viewBox: `0 0 ${cell * size + 30} ${26 * rows.length + 24}`, role: "img", "aria-label": alt, style: `max-width: ${cell * size + 30}px` });
  columns.forEach((name, j) => root.append(words(30 + cell * (j + 0.5), 14, name)));
  names.forEach((name, i) => root.append(words(24, 24 + 26 * i + 17, name, { anchor: "end" })));
  rows.forEach((row, i) => row.forEach((value, j) => {
    const [x, y] = [30 + cell * j, 24 + 26 * i];
    const strength = Math.min(Math.abs(value) / reach, 1) * 0.55;
    root.append(s("rect", { x, y, width: cell - 2, height: 24, style: `fill: var(--${value < 0 ? "other" : "ours"}); fill-opacity: ${strength}; stroke: var(--line)` }));
    root.append(s("text", { x: x + cell / 2 - 1, y: y + 17, "text-anchor": "middle", style: "font-size: 12px" }, say(value)));
  }));
  if (mark != null) root.append(s("rect", { x: 28, y: 22 + 26 * mark, width: cell * size + 2, height: 28, "stroke-width": 2, style: "fill: none; stroke: var(--ink)" }));
  return root;
}

/**
 * Questions to a judge, who answers one at a time: the last one asked is the one whose answer is
 * given to `answered`; those that were overtaken are never asked.
 */
export function questions(model, answered) {
  let [count, busy, next] = [0, false, null];
  const send = (question) => {
    [busy, next] = [true, null];
    model.send({ id: ++count, question });
  };
  model.on("msg:custom", ({ id, answer }) => {
    if (id !== count) return;
    busy = false;
    if (next) send(...next);
    else answered(answer);
  });
  if (!model.send) return () => answered(null);
  return (question) => void (busy ? (next = [question]) : send(question));
}

/** A table of rows of text, each headed by its first entry. */
export const table = (rows) =>
  h("table", {}, rows.map(([head, ...rest]) =>
    h("tr", {}, h("th", { scope: "row" }, head), rest.map((text) => h("td", {}, text)))));

/** A formula from MathML that derivlib wrote. */
export function formula(mathml) {
  const parsed = new DOMParser().parseFromString(mathml, "text/html").querySelector("math");
  return parsed ?? mathml;
}
