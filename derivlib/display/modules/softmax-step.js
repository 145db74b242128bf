// Softmax with cross-entropy: p, the target y, and a step against the gradient p − y on the logits.
import { chart, number, stage } from "./kit.js";

// The softmax, and its cross-entropy.
function judged(z, y) {
  const highest = Math.max(...z);
  const e = z.map((v) => Math.exp(v - highest));
  const sum = e.reduce((a, b) => a + b);
  const dot = z.reduce((before, v, k) => before + v * y[k], 0);
  return [e.map((v) => v / sum), highest + Math.log(sum) - dot];
}

export function numbers({ target, size, steps, ...logits }, { targets }) {
  const y = targets[target];
  let z = Object.values(logits);
  let [p, start] = judged(z, y);
  let loss = start;
  for (let n = 0; n < steps; n++) {
    z = z.map((v, k) => v - size * (p[k] - y[k]));
    [p, loss] = judged(z, y);
  }
  return { z, p, gradient: p.map((v, k) => v - y[k]), start, loss };
}

function draw(state, width, data) {
  const { z, p, gradient, start, loss } = numbers(state, data);
  const y = data.targets[state.target];
  const short = (v) => number(Number(v.toFixed(3)));
  const x = [0.4, z.length + 0.6];
  const above = chart({ width, x, y: [0, 1.2], height: 190, ylabel: "p (bars) and the target y (lines)", alt: "Bars of p and the target y" });
  const next = z.map((v, i) => v - state.size * gradient[i]);
  const reach = Math.ceil(Math.max(1.4, ...[...z, ...next].map(Math.abs)) + 0.6);
  const below = chart({ width, x, y: [-reach, reach], height: 230, xlabel: "class", ylabel: "z, its p − y, and where the next step goes", alt: "Logits with the next step as arrows" });
  z.forEach((v, i) => {
    const k = i + 1;
    above.line([[k - 0.3, 0], [k - 0.3, p[i]], [k + 0.3, p[i]], [k + 0.3, 0]], { fill: "ours" });
    above.line([[k - 0.42, y[i]], [k + 0.42, y[i]]], { colour: "other", dash: "5 3", width: 3 });
    const top = y[i] - p[i] < 0.15 ? Math.max(p[i], y[i]) : p[i];
    above.words(above.X(k), above.Y(top) - 5, short(p[i]), { colour: "ours" });
    const g = gradient[i];
    below.line([[k - 0.3, v], [k + 0.3, v]], { width: 4 });
    below.arrow([k, v], [k, next[i]], { colour: "other" });
    below.words(below.X(k), below.Y(v) + (g < 0 ? 19 : -10), (g > 0 ? "+" : "") + short(g), { colour: "bad" });
  });
  const list = (values) => values.map(number).join(", ");
  const raised = gradient.flatMap((g, i) => (g < 0 ? `z${"₁₂₃₄₅"[i]}` : [])).join(" and ");
  const from = state.steps ? ` after ${state.steps} of 20 steps, ${number(start)} before them` : "";
  return [[above.root, below.root], `Loss ${number(loss)}${from}. p = ${list(p)}. p − y = ${list(gradient)}, which adds up to 0: a step raises ${raised} and lowers the others.`];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
