// The plane of weight and bias: contours of the loss, and two ways down, by the step.
import { chart, number, stage } from "./kit.js";

// At (w, b): the loss, its slope, Newton's step, one over the largest curvature, and both's ratio.
function look(x, y, [w, b]) {
  let [loss, dw, db, ww, wb, bb] = [0, 0, 0, 0, 0, 0];
  x.forEach((v, n) => {
    const p = 1 / (1 + Math.exp(-w * v - b));
    const bend = p * (1 - p);
    loss += Math.log1p(Math.exp(w * v + b)) - y[n] * (w * v + b);
    dw += (p - y[n]) * v;
    db += p - y[n];
    ww += bend * v * v;
    wb += bend * v;
    bb += bend;
  });
  const m = x.length;
  const area = ww * bb - wb * wb;
  const most = (ww + bb) / 2 + Math.hypot((ww - bb) / 2, wb);
  const jump = [(bb * dw - wb * db) / area, (ww * db - wb * dw) / area];
  return { loss: loss / m, slope: [dw / m, db / m], jump, safe: m / most, condition: most ** 2 / area };
}

function walk(x, y, steps, move) {
  const path = [[0, 0]];
  for (let n = 0; n < steps; n++) {
    const step = move(look(x, y, path[n]));
    path.push(path[n].map((v, i) => v - step[i]));
  }
  return path;
}

const byNewton = (x, y, steps) => walk(x, y, steps, ({ jump }) => jump);
const lowest = (x, y) => byNewton(x, y, 10)[10];

export function numbers({ units, size, steps }, { labels, scales }) {
  const { x } = scales[units];
  const { safe } = look(x, labels, [0, 0]);
  const descent = walk(x, labels, steps, ({ slope }) => slope.map((v) => size * safe * v));
  const newton = byNewton(x, labels, steps);
  const losses = [descent, newton].map((path) => look(x, labels, path[steps]).loss);
  return { descent, newton, losses, safe, condition: look(x, labels, lowest(x, labels)).condition };
}

// From the lowest point along rays: on each the loss is convex, so that Newton finds a level.
function contour(level, { labels, scales: [{ x }] }) {
  const [w, b] = lowest(x, labels);
  return Array.from({ length: 73 }, (_, i) => {
    const [c, s] = [Math.cos((i * Math.PI) / 36), Math.sin((i * Math.PI) / 36)];
    let r = 1;
    for (let n = 0; n < 9; n++) {
      const { loss, slope } = look(x, labels, [w + r * c, b + r * s]);
      r -= (loss - level) / (slope[0] * c + slope[1] * s);
    }
    return [w + r * c, b + r * s];
  });
}

let rings;

// It is one loss: its contours in standard units are carried over to the others.
export function contours({ units }, data) {
  rings ??= data.levels.map((level) => contour(level, data));
  const [factor, lift] = data.scales[units].across;
  return rings.map((ring) => ring.map(([w, b]) => [w * factor, b - w * lift]));
}

function draw(state, width, data) {
  const { descent, newton, losses, safe, condition } = numbers(state, data);
  const { w, b } = data.scales[state.units];
  const plot = chart({ width, height: 340, x: w, y: b, xlabel: "w", ylabel: "b", alt: "Contours of the loss, and both paths" });
  const halo = { stroke: plot.ink("ground"), "stroke-width": 4, "paint-order": "stroke" };
  const label = (text, [v, c], dx, dy, colour, anchor) =>
    plot.words(plot.X(v) + dx, plot.Y(c) + dy, text, { colour, anchor, ...halo });
  const within = (v, [low, high]) => Math.abs((v - low) / (high - low) - 0.5) < 0.46;
  let last = [0, 0];
  contours(state, data).forEach((ring, i) => {
    plot.line(ring, { colour: "quiet", width: 1 });
    const [foot] = ring.filter(([v, c]) => within(v, w) && within(c, b)).sort((one, two) => one[1] - two[1]);
    const place = foot && [plot.X(foot[0]), plot.Y(foot[1])];
    if (!foot || Math.hypot(place[0] - last[0], place[1] - last[1]) < 24) return;
    label(data.levels[i], foot, 0, 0, "quiet");
    last = place;
  });
  for (const [path, colour, dash] of [[newton, "other", "6 3"], [descent, "ours"]]) {
    plot.line(path, { colour, dash });
    for (const [v, c] of path) plot.dot(v, c, { colour, r: 3.5 });
  }
  label("Newton", newton.at(-1), -10, 5, "bad", "end");
  label("descent", descent.at(-1), 0, -20, "ours");
  const [steps, step] = [state.steps, number(state.size * safe)];
  return [plot.root, `After ${steps} step${steps === 1 ? "" : "s"} of size ${step}, gradient descent is at loss ${number(losses[0])}; Newton's method is at ${number(losses[1])}. The valley is ${number(Number(condition.toPrecision(2)))} times as curved across as along.`];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
