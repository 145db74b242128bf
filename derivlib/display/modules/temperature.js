// Five logits divided by a temperature: their probabilities, and how each of these feels each logit.
import { bars, beside, h, heat, number, softmax, stage } from "./kit.js";

const CLASSES = ["1", "2", "3", "4", "5"];

export function numbers({ tau, ...logits }) {
  const p = softmax(CLASSES.map((k) => logits[`z${k}`]), tau);
  return { p, jacobian: p.map((pj, j) => p.map((pi, i) => (pj * ((i === j) - pi)) / tau)) };
}

function draw(state, width) {
  const { p, jacobian } = numbers(state);
  const half = width < 576 ? width : (width - 16) / 2;
  const shown = p.map((v) => number(Number(v.toFixed(3))));
  const groups = CLASSES.map((k, i) => [k, [[Number(p[i].toFixed(3)), "ours"]]]);
  const steepest = Math.max(...jacobian.flat());
  const at = jacobian.findIndex((row, i) => row[i] === steepest) + 1;
  const rows = jacobian.map((row) => row.map((v) => Number(v.toFixed(3))));
  return [
    beside(
      [h("div", {}, "Probability of each class"), bars(groups, { y: [0, 1.1], width: half, height: 200, alt: `Probabilities ${shown.join(", ")}` })],
      [h("div", {}, "∂pⱼ/∂zᵢ: row j, column i"), heat(rows, { names: CLASSES, reach: 0.25, cell: 50, alt: "The Jacobian" })],
    ),
    `τ = ${number(state.tau)}: p = (${shown.join(", ")}). The steepest is ∂p/∂z of class ${at}, p(1 − p)/τ = ${number(steepest)}; each column adds up to 0.`,
  ];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
