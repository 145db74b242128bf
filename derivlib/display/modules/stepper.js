// A derivation, a line at a time: what changed, why, what it rests on, and a slip that breaks it.
import { box, formula, h } from "./kit.js";

const LOOK = `
.dl-lines, .dl-slip { overflow: auto hidden; padding: 4px 8px 4px 2px; margin: 6px 0; }
.dl math[display=block] { display: inline math; font-size: 17px; }
.dl-buttons { display: flex; flex-wrap: wrap; gap: 6px; }
.dl-line { display: flex; flex-wrap: wrap; align-items: center; gap: 0 14px; padding: 2px 8px;
  border-left: 3px solid transparent; color: var(--quiet); }
.dl-line.now { color: var(--ink); border-color: var(--ours); }
.dl-line > span { flex: 0 0 auto; white-space: nowrap; }
.now .new, .dl-slip .new { color: var(--ours); border-bottom: 2px solid; }
.dl-slip .new { color: var(--bad); }
.before .gone { color: var(--bad); border-bottom: 2px dotted; }
.dl-slip { border-left: 3px solid var(--bad); padding-left: 8px; }
.dl summary { cursor: pointer; }`;

const TONES = { PROVED: "good", REFUTED: "bad", UNKNOWN: "unsure" };

const set = (pieces) => pieces.map((piece) => (typeof piece === "string" ? piece : formula(piece[0])));

function slipped({ change, math, rows }) {
  const row = ([name, what]) => h("tr", {}, h("th", { scope: "row" }, set(name)), h("td", {}, set(what)));
  return h("div", { class: "dl-slip", tabindex: 0, role: "group", "aria-label": "a line with a slip" },
    h("div", {}, "≠ ", formula(math)),
    h("div", {}, h("strong", { class: "bad" }, "✗ REFUTED"), ` with this slip: ${change}`),
    h("table", {}, rows.map(row)));
}

export function render({ model, el }) {
  const { lines } = model.get("steps");
  const last = lines.length - 1;
  let [at, slip, open] = [0, 0, false];
  const inside = box(el);
  const chain = h("div", { class: "dl-lines", tabindex: 0, role: "group", "aria-label": "the lines" });
  const more = h("div", {});
  const status = h("p", { role: "status" });

  const button = (text, can, act) => {
    const node = h("button", { type: "button", onclick: () => can() && act() }, text);
    return [node, () => node.setAttribute("aria-disabled", !can())];
  };
  const go = (to) => {
    if (to < 0 || to > last) return;
    [at, slip] = [to, 0];
    draw();
  };
  const slips = () => lines[at].slips ?? [];
  const buttons = [
    button("Forward", () => at < last, () => go(at + 1)),
    button("Back", () => at > 0, () => go(at - 1)),
    button("Start again", () => at > 0, () => go(0)),
    button("Try to break it", () => slips().length > 0, () => {
      slip = (slip % slips().length) + 1;
      draw();
    }),
  ];

  function grounds({ mark, status: word, grounds }) {
    return h("details", { open, ontoggle: (event) => (open = event.target.open) },
      h("summary", {}, h("strong", { class: TONES[word] }, `${mark} ${word}`), ": what it rests on"),
      h("p", {}, word, set(grounds)));
  }

  function draw() {
    const line = lines[at];
    chain.replaceChildren(...lines.slice(0, at + 1).map(({ math, reason, mark, status: word }, n) =>
      h("div", { class: `dl-line ${n === at ? "now" : n === at - 1 ? "before" : ""}` },
        h("span", {}, n ? "= " : null, formula(math)),
        n ? h("span", {}, h("span", { class: TONES[word] }, mark), " ", set(reason)) : null)));
    more.replaceChildren(...[at && grounds(line), slip && slipped(slips()[slip - 1])].filter(Boolean));
    buttons.forEach(([, update]) => update());
    const tried = slip ? slips()[slip - 1] : null;
    status.textContent = tried
      ? `Slip ${slip} of ${slips().length}, ${tried.change}: ${tried.text} is refuted.`
      : at ? `Line ${at} of ${last}${line.why && ", " + line.why}: ${line.text}. ${line.status}.`
      : `${line.text}: ${last} lines follow. Forward, or the → key.`;
  }

  const keys = { ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(last) };
  inside.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });
  inside.setAttribute("role", "group");
  inside.setAttribute("aria-label", "A derivation, line by line");
  inside.append(h("style", {}, LOOK), h("div", { class: "dl-buttons" }, buttons.map(([node]) => node)), chain, more, status);
  draw();
}

export default { render };
