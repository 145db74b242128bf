// One logit and its target: cross-entropy and squared error, and gradient descent with each of them.
import { beside, chart, number, stage } from "./kit.js";

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
// p − y, without a difference.
const error = (z, y) => (y ? -sigmoid(-z) : sigmoid(z));
const LOSSES = {
  cross: { name: "cross-entropy", colour: "ours", ink: "ours", top: 12, loss: (z, y) => Math.log1p(Math.exp(y ? -z : z)), slope: error },
  squared: {
    name: "squared error", colour: "other", ink: "bad", dash: "6 4", top: 0.6,
    loss: (z, y) => error(z, y) ** 2 / 2,
    slope: (z, y) => error(z, y) * sigmoid(z) * sigmoid(-z),
  },
};

function descent({ loss, slope }, { y, start, rate, steps }) {
  const path = [start];
  for (let n = 0; n < steps; n++) path.push(path[n] - rate * slope(path[n], y));
  return { path, loss: loss(path[steps], y), slope: slope(path[steps], y) };
}

export function numbers(state) {
  const found = {};
  for (const name in LOSSES)
    for (const [key, value] of Object.entries(descent(LOSSES[name], state))) found[`${name}_${key}`] = value;
  return found;
}

function draw(state, width) {
  const { y, start, rate, steps } = state;
  const label = "z after each step";
  const ways = chart({ width, height: 190, x: [-0.4, 20.4], y: [-15, 15], xlabel: "step", ylabel: label, alt: label });
  const half = width < 576 ? width : (width - 16) / 2;
  const said = [];
  const plots = Object.values(LOSSES).map((kind, i) => {
    const { name, colour, ink, dash, top } = kind;
    const { path, loss, slope } = descent(kind, state);
    const z = path[steps];
    const plot = chart({ width: half, height: 190, x: [-12, 12], y: [0, top], xlabel: "z", ylabel: name, alt: `${name} and its tangent at ${number(z)}` });
    plot.curve((v) => kind.loss(v, y), { colour, dash });
    for (const at of path) plot.dot(at, kind.loss(at, y), { colour, r: 2.5 });
    plot.line([[z - 4, loss - 4 * slope], [z + 4, loss + 4 * slope]], { colour: "ink" });
    plot.dot(z, loss, { colour });
    ways.line(path.map((at, n) => [n, at]), { colour, dash });
    path.forEach((at, n) => ways.dot(n, at, { colour, r: 3 }));
    const below = i === y;
    ways.words(ways.X(steps), ways.Y(z) + (below ? 18 : -8), name, { anchor: steps < 10 ? "start" : "end", colour: ink });
    said.push(`${name} is at z = ${number(z)}, p = ${number(sigmoid(z))}, with the slope ${number(slope)}`);
    return plot.root;
  });
  const taken = steps ? `after ${steps === 1 ? "one step" : `${steps} steps`}` : "before any step";
  return [[beside(...plots), ways.root], `Target ${y}, from z = ${number(start)}, ${taken} of size ${number(rate)}: ${said.join("; ")}.`];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
