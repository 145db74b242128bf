// A batch in a softmax layer: P − Y, a sample's share of the gradient, and the mean of the shares.
import { h, heat, number, short, softmax, stage, times, told } from "./kit.js";

const X = [[1, 0.5], [-0.5, 1], [-1, -1], [1.5, -0.5], [0.5, 1.5]];
const LABELS = [0, 1, 2, 0, 1];

export function numbers({ sample, steps }) {
  const W = [[0, 0, 0], [0, 0, 0]];
  const b = [0, 0, 0];
  for (let step = 0; ; step++) {
    const P = X.map((x) => softmax(times(x, W).map((z, k) => z + b[k])));
    const errors = P.map((p, n) => p.map((v, k) => v - (k === LABELS[n])));
    const share = (n) => X[n].map((x) => errors[n].map((d) => x * d));
    const mean = (of) => X.reduce((sum, _, n) => sum + of(n), 0) / X.length;
    const gradient = W.map((row, i) => row.map((_, k) => mean((n) => share(n)[i][k])));
    if (step === steps) return { errors, share: share(sample), gradient, loss: mean((n) => -Math.log(P[n][LABELS[n]])) };
    gradient.forEach((row, i) => row.forEach((g, k) => (W[i][k] -= g)));
    b.forEach((_, k) => (b[k] -= mean((n) => errors[n][k])));
  }
}

function draw(state) {
  const { sample, steps } = state;
  const { errors, share, gradient, loss } = numbers(state);
  const part = (caption, rows, names, mark) =>
    h("figure", { style: "margin: 8px 0 0; flex: 1 1 180px" }, h("figcaption", {}, caption),
      heat(rows, { names, columns: ["1", "2", "3"], reach: 1, cell: 50, mark, say: short, alt: caption }));
  return [
    h("div", { style: "display: flex; flex-wrap: wrap; gap: 0 12px" },
      part("P − Y of the batch", errors, ["1", "2", "3", "4", "5"], sample),
      part(`xᵀ(p − y) of sample ${sample + 1}`, share, ["x₁", "x₂"]),
      part("Mean of all five: ∂L/∂W", gradient, ["x₁", "x₂"])),
    `Sample ${sample + 1}, of class ${LABELS[sample] + 1}, has x = ${told(X[sample])} and p − y = ${told(errors[sample])}; its share of the gradient is xᵀ(p − y) = ${told(share)}. The mean of the five shares is ∂L/∂W = ${told(gradient)}. The loss is ${number(loss)} after ${steps} steps of gradient descent.`,
  ];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
