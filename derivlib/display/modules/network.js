// A network of two layers: numbers run through it forwards, then the error runs backwards.
import { s, short, softmax, stage, times, told, words } from "./kit.js";

const X = [[1, -0.5], [-0.6, 0.8], [0.3, 1.2]];
const INNER = [[0.9, -0.6], [0.4, 0.7]];
const V = [[1.1, -0.3, -0.7], [-0.8, 0.5, 0.6]];
const outer = (u, v) => u.map((a) => v.map((b) => a * b));

export function numbers({ sample, scale }) {
  const [x, W] = [X[sample], INNER.map((row) => row.map((w) => scale * w))];
  const a = times(x, W);
  const t = a.map(Math.tanh);
  const z = times(t, V);
  const p = softmax(z);
  const D = p.map((v, k) => v - (k === sample));
  const E = V.map((row) => row.reduce((sum, v, k) => sum + v * D[k], 0));
  const passed = E.map((v, h) => v / Math.cosh(a[h]) ** 2);
  const slopes = { "∂L/∂V": outer(t, D), "∂L/∂a": passed, "∂L/∂W": outer(x, passed) };
  return { W, a, t, z, p, L: -Math.log(p[sample]), D, E, ...slopes };
}

// What a step finds, in words, the layer where it is written, and how far below the node.
const STEPS = [
  ["a", "Forwards: each hidden unit adds up, a = x W", 1, -38],
  ["t", "It bends the sum, t = tanh(a)", 1, -23],
  ["z", "The logits z = t V", 2, -20],
  ["p", "The probabilities p = softmax(z)", 2, -4],
  ["L", "The loss L = −log p of the true class", 3, 0],
  ["D", "Backwards: the error at the outputs, D = ∂L/∂z = p − y", 2, 28],
  ["∂L/∂V", "The slopes of the outer weights, ∂L/∂V = tᵀ D"],
  ["E", "The error carried back, E = ∂L/∂t = D Vᵀ", 1, 32],
  ["∂L/∂a", "What the bend lets through, ∂L/∂a = (1 − t²) ⊙ E", 1, 47],
  ["∂L/∂W", "The slopes of the inner weights, ∂L/∂W = xᵀ ∂L/∂a"],
];

function draw(state, width) {
  const { sample, step } = state;
  const found = numbers(state);
  const right = width - 84;
  const places = [[20, [100, 220]], [20 + (right - 20) / 2, [100, 220]], [right, [56, 156, 256]], [right, [304]]];
  const root = s("svg", { viewBox: `0 0 ${width} 310`, role: "img", "aria-label": "The network", style: "stroke: var(--ground); stroke-width: 4; paint-order: stroke" });
  const write = (...text) => root.append(words(...text));
  for (const [layer, name, weights, at, back, used] of [
    [0, "W", found.W, 0.4, step > 9, [1, 10]],
    [1, "V", V, 0.66, step === 7 || step > 8, [3, 7, 8]],
  ]) {
    const [[x1, from], [x2, to]] = places.slice(layer);
    const [slope, x] = [`∂L/∂${name}`, x1 + at * (x2 - x1)];
    const colour = back ? "other" : "ink";
    const line = used.includes(step) ? (step > 5 ? "other" : "ours") : "line";
    from.forEach((y1, i) => to.forEach((y2, k) => {
      root.prepend(s("line", { x1, y1, x2, y2, "stroke-dasharray": line === "other" && "6 4", style: `stroke: var(--${line}); stroke-width: 2` }));
      write(x, y1 + at * (y2 - y1) + 4, short((back ? found[slope] : weights)[i][k]), { colour });
    }));
    write(x, 20, back ? slope : name, { colour });
  }
  places.slice(0, 3).forEach(([cx, ys], layer) => ys.forEach((cy, i) => {
    root.append(s("circle", { cx, cy, r: 15, style: "fill: var(--ground); stroke: var(--ink); stroke-width: 1" }));
    write(cx, cy + 4, "xtp"[layer] + "₁₂₃"[i]);
    if (!layer) write(cx, cy + 32, short(X[sample][i]));
    if (layer > 1) write(cx + 20, cy + 12, `y ${+(i === sample)}`, { anchor: "start" });
  }));
  STEPS.slice(0, step).forEach(([key, , layer, down], n) => layer && [found[key]].flat().forEach((value, i) => {
    const [[x, ys], end] = [places[layer], layer > 1];
    write(x + 20 * end, ys[i] + down, `${key} ${short(value)}`, {
      colour: n > 4 ? "other" : "ours", anchor: end ? "start" : "middle", "font-weight": n === step - 1 && 700,
    });
  }));
  const [key, meaning] = STEPS[step - 1] ?? [];
  return [root, step ? `${meaning}: ${told(found[key])}.` : `x = ${told(X[sample])} is of class ${sample + 1}. W leads into the hidden units, V out of them.`];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
