// Logistic regression with one feature: the curve through the launches, and how far it misses them.
import { chart, number, stage } from "./kit.js";

export function numbers({ w, b }, { temperatures, labels, mean, deviation }) {
  const m = labels.length;
  const p = [];
  let [loss, dw, db] = [0, 0, 0];
  temperatures.forEach((t, n) => {
    const x = (t - mean) / deviation;
    const z = w * x + b;
    p.push(1 / (1 + Math.exp(-z)));
    const error = p[n] - labels[n];
    loss += (Math.log1p(Math.exp(z)) - labels[n] * z) / m;
    dw += (error * x) / m;
    db += error / m;
  });
  return { p, loss, dw, db };
}

function draw(state, width, data) {
  const { p, loss, dw, db } = numbers(state, data);
  const { w, b } = state;
  const { temperatures, labels, mean, deviation } = data;
  const alt = "The curve, the launches, and the distances between them";
  const plot = chart({ width, x: [48, 86], y: [-0.15, 1.15], xlabel: "temperature of the joints, °F", ylabel: "probability p of damage; dashed: p − y", alt });
  const seen = {};
  temperatures.forEach((t, n) => {
    plot.line([[t, p[n]], [t, labels[n]]], { colour: "other", width: 1.5, dash: "3 2" });
    const count = (seen[[t, labels[n]]] = (seen[[t, labels[n]]] ?? 0) + 1);
    plot.dot(t, labels[n], { colour: "ink", r: 3 + count });
  });
  plot.curve((t) => 1 / (1 + Math.exp(-w * (t - mean) / deviation - b)), { width: 3 });
  plot.words(plot.X(85.5), plot.Y(1) - 6, "damage", { anchor: "end" });
  plot.words(plot.X(48.5), plot.Y(0) + 16, "no damage", { anchor: "start" });
  const way = (name, slope) => `${slope > 0 ? "lower" : "raise"} ${name}`;
  const flat = Math.hypot(dw, db) < 0.01;
  const next = flat ? "almost flat, this is nearly the lowest point" : `downhill: ${way("w", dw)}, ${way("b", db)}`;
  return [plot.root, `w = ${number(w)}, b = ${number(b)}: loss ${number(loss)}. ∂L/∂w = ${number(dw)}, ∂L/∂b = ${number(db)}; ${next}.`];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
