// All (p₁, p₂, p₃) that add up to 1 are a triangle. The columns of softmax's Jacobian are arrows there.
import { chart, number, softmax, stage } from "./kit.js";

export function numbers({ z1, z2, z3 }) {
  const p = softmax([z1, z2, z3]);
  return { p, columns: p.map((pi, i) => p.map((pj, j) => pi * ((i === j) - pj))) };
}

const CORNERS = [[0, 0], [1, 0], [0.5, Math.sqrt(0.75)]];
const COLOURS = ["ours", "other", "third"];
const INDICES = ["₁", "₂", "₃"];
const place = (p) => [0, 1].map((axis) => p.reduce((sum, share, i) => sum + share * CORNERS[i][axis], 0));

function draw(state, width) {
  const { p, columns } = numbers(state);
  const short = (v) => number(Number(v.toFixed(3)));
  const unit = Math.min(290, width / 1.36);
  const aside = width / unit / 2;
  const plot = chart({
    width, height: 1.14 * unit, x: [0.5 - aside, 0.5 + aside], y: [-0.14, 1], bare: true,
    alt: `A triangle, and in it the point (${p.map(short).join(", ")}) with an arrow towards each corner`,
  });
  plot.line([...CORNERS, CORNERS[0]], { colour: "quiet", width: 1 });
  const from = place(p);
  CORNERS.forEach((corner, i) => {
    plot.line([from, corner], { colour: COLOURS[i], width: 1, dash: "3 4" });
    plot.arrow(from, place(columns[i].map((v, j) => v + p[j])), { colour: COLOURS[i], width: 3 });
    plot.words(plot.X(corner[0]), plot.Y(corner[1]) + (i < 2 ? 20 : -10), `p${INDICES[i]} = ${short(p[i])}`, { colour: ["ours", "bad", "third"][i] });
  });
  plot.dot(...from, { colour: "ink" });
  const said = columns.map((column, i) => `z${INDICES[i]} by (${column.map(short).join(", ")})`);
  return [plot.root, `p = (${p.map(short).join(", ")}). Each logit pulls p straight towards its corner, for each unit at first ${said.join(", ")}. The three add up to (0, 0, 0): raise all logits alike, and p stays.`];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
