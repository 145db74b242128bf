// A recurrent network unrolled: the states run forwards, then the adjoint runs backwards.
import { chart, number, s, short, softmax, stage, times, told, words } from "./kit.js";

const [T, U, V] = [8, [1, 0.5], [[1, -1], [0.5, -0.5]]];
const length = (v) => Math.hypot(...v);

export function numbers({ radius, input }) {
  const [c, d] = [radius * Math.cos(0.6), radius * Math.sin(0.6)];
  const h = [];
  for (let t = 0; t < T; t++)
    h.push((t ? times(h[t - 1], [[c, d], [-d, c]]) : U.map((u) => input * u)).map(Math.tanh));
  const [, wrong] = softmax(times(h[T - 1], V));
  const lam = [V.map(([v, w]) => wrong * (w - v))];
  for (let t = T - 1; t; t--)
    lam.unshift(times(lam[0].map((v, i) => v * (1 - h[t][i] ** 2)), [[c, -d], [d, c]]));
  const lengths = lam.map(length);
  return { h, lam, lengths, free: lam.map((_, i) => lengths[T - 1] * radius ** (T - 1 - i)) };
}

const at = (name, t) => name + "₀₁₂₃₄₅₆₇₈"[t];

function sentence({ step, input }, { h, lam, lengths }) {
  if (!step) return `x₁ = ${number(input)} is read at the first step and nothing after it; the loss is that of the last.`;
  if (step <= T) return `Forwards: ${at("h", step)} = tanh(${step > 1 ? `${at("h", step - 1)} W` : "x₁ U"}) = ${told(h[step - 1])}.`;
  const t = 2 * T + 1 - step;
  const from = t < T ? `(${at("λ", t + 1)} ⊙ ${at("e", t + 1)}) Wᵀ` : "(p − y) Vᵀ";
  const left = lengths[t - 1] / lengths[T - 1];
  const fate = t > 1 ? "" : left < 0.1 ? ": it dies" : left > 10 ? ": it explodes" : ": it lives";
  return `Backwards: ${at("λ", t)} = ${from} = ${told(lam[t - 1])}, of length ${number(lengths[t - 1])}, ${number(left)} times that of λ₈${fate}.`;
}

function draw(state, width) {
  const found = numbers(state);
  const { h, lengths, free } = found;
  const [first, col] = [2 * T - state.step, width / T];
  const root = s("svg", { viewBox: `0 -8 ${width} 134`, role: "img", "aria-label": "The network unrolled" });
  const write = (...text) => root.append(words(...text));
  write(2, 12, "|hₜ| forwards →", { colour: "ours", anchor: "start" });
  write(width - 5, 120, "← |λₜ| backwards", { colour: "other", anchor: "end" });
  for (let i = 0; i < T; i++) {
    const middle = col * (i + 0.5) - 1;
    write(middle, 65, `t = ${i + 1}`, { colour: "quiet" });
    for (const [y, known, value, colour, dash] of [[20, i < state.step, length(h[i]), "ours"], [77, i >= first, lengths[i], "other", "4 3"]]) {
      root.append(s("rect", { x: col * i + 2, y, width: col - 6, height: 26, rx: 4, "stroke-dasharray": dash, style: `fill: none; stroke: var(--${known ? colour : "line"})` }));
      if (known) write(middle, y + 18, short(value), { style: "font-size: 12px" });
    }
  }
  const plot = chart({ width, height: 210, x: [0.8, T + 0.2], y: [-4, 2.5], xlabel: "t", ylabel: "log₁₀ |λₜ|", alt: "The length of λ at each step" });
  const points = (v) => v.map((n, i) => [i + 1, Math.log10(n)]);
  plot.line(points(free), { colour: "ink", dash: "6 4" });
  plot.line(points(lengths).slice(first), { colour: "other" });
  points(lengths).slice(first).forEach(([t, y]) => plot.dot(t, y, { colour: "other", r: 4 }));
  const name = (y, text, colour) => plot.words(plot.X(1), y, text, { anchor: "start", colour });
  const [above, below] = [Math.max(free[0], free[2]), Math.min(lengths[0], lengths[2])].map((v) => plot.Y(Math.log10(v)));
  name(above - 9, "without tanh");
  if (!first) name(below + 18, "with tanh", "other");
  return [[root, plot.root], sentence(state, found)];
}

export function render(context) {
  stage(context, draw);
}

export default { render };
