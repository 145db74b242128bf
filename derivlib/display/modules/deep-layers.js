// A gradient on its way back through layers of one sigmoid each: h_t = σ(w h_{t−1} + b), h_0 = ½.
import { chart, number, power10, stage } from "./kit.js";

export function numbers({ depth, w, b }) {
  const [outputs, factors, powers] = [[0.5], [], [0]];
  for (let t = 1; t <= depth; t++) {
    const a = w * outputs[t - 1] + b;
    outputs.push(1 / (1 + Math.exp(-a)));
    factors.push(w / (Math.exp(a) + 2 + Math.exp(-a)));
  }
  // From the output, where the gradient is 1, to the input; in powers of ten.
  for (const factor of factors.reverse()) powers.unshift(powers[0] + Math.log10(factor));
  return { outputs, powers, bound: depth * Math.log10(w / 4) };
}

function draw({ depth, w, b }, width) {
  const { powers, bound } = numbers({ depth, w, b });
  const arrives = number(10 ** powers[0]);
  const plot = chart({
    width, x: [-0.3, 12.3], y: [-16, 6], yname: power10, xlabel: "layer t (0 is the input)", ylabel: "size of the gradient",
    alt: `Of a gradient of 1 at layer ${depth}, ${arrives} arrives at the input`,
  });
  plot.line([[0, bound], [depth, 0]], { colour: "other", dash: "6 4" });
  plot.line(powers.map((power, t) => [t, power]));
  powers.forEach((power, t) => plot.dot(t, power, { r: 4 }));
  const [place, anchor] = w < 4 ? [[Math.max(depth, 3), 0], "end"] : [[0, bound], "start"];
  plot.words(plot.X(place[0]) + (w < 4 ? 0 : 6), plot.Y(place[1]) - 8, "bound: w/4 a layer", { anchor, colour: "bad" });
  // The label stands at the first layer whose gradient is in sight.
  const seen = powers.findIndex((power) => power > -14);
  const [aside, below, end] = seen > 4 ? [-12, 4, "end"] : [8, 20, "start"];
  plot.words(plot.X(seen) + aside, plot.Y(powers[seen]) + below, "the gradient", { anchor: end, colour: "ours" });
  const fate = powers[0] < -2 ? "it has died" : powers[0] > 2 ? "it has exploded" : "it lives";
  const layers = depth === 1 ? "one layer" : `${depth} layers`;
  return [plot.root, `Through ${layers} with w = ${number(w)} and b = ${number(b)}: of a gradient of 1 at the output, ${arrives} arrives at the input, and ${fate}. It can be at most (w/4)${depth === 1 ? "" : power10(depth).slice(2)} = ${number(10 ** bound)}.`];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
