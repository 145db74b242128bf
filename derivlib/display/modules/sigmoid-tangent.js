// σ and its tangent at z, where p(1 − p) is the slope.
import { chart, number, stage } from "./kit.js";

export function numbers({ z }) {
  const p = 1 / (1 + Math.exp(-z));
  return { p, slope: p / (1 + Math.exp(z)) };
}

function draw({ z }, width) {
  const { p, slope } = numbers({ z });
  const plot = chart({ width, x: [-8, 8], y: [-0.2, 1.2], xlabel: "z", alt: `σ and its tangent at ${number(z)}` });
  plot.curve((x) => 1 / (1 + Math.exp(-x)));
  plot.line([[-8, p + slope * (-8 - z)], [8, p + slope * (8 - z)]], { colour: "other", dash: "6 4" });
  plot.dot(z, p);
  plot.words(plot.X(z) + (z > 3.6 ? -12 : 12), plot.Y(p) + 18, `slope ${number(slope)}`, { anchor: z > 3.6 ? "end" : "start", colour: "bad" });
  return [plot.root, `At z = ${number(z)}: p = σ(z) = ${number(p)}, and the slope p(1 − p) = ${number(slope)}.`];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
