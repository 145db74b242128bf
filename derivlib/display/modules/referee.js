// A theory and a derivation, which are judged line by line.
import { box, formula, h, questions, table } from "./kit.js";

let count = 0;

export function render({ model, el }) {
  if (!model.send)
    return el.append(h("p", {}, "The referee needs a kernel: open the notebook in Jupyter."));
  const { examples } = model.get("spec");
  const place = `dl-referee-${++count}`;
  const own = ["theory", "derivation"].map((name) => model.get(name));
  const status = h("p", { role: "status" });
  const lines = h("ol", { start: 0, style: "padding-left: 1.6em" });
  const understood = h("div", {});
  const ask = questions(model, show);

  function judge() {
    status.textContent = "Judging …";
    lines.replaceChildren();  // what stands there was said of another text
    // The texts go with the question, so that no click overtakes what was typed.
    ask({ theory: texts[0].value, derivation: texts[1].value });
  }
  const keep = () => {
    ["theory", "derivation"].forEach((name, n) => model.set(name, texts[n].value));
    model.save_changes();
  };
  const written = () => {
    texts.forEach((text, n) => (own[n] = text.value));
    menu.selectedIndex = 0;
    keep();
  };
  const texts = ["Theory", "Derivation"].map((label, n) =>
    h("textarea", {
      id: `${place}-${n}`, rows: n ? 9 : 5, spellcheck: "false", oninput: written,
      style: "width: 100%; font-family: ui-monospace, monospace; white-space: pre; overflow-x: auto",
      onkeydown(event) {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        judge();
      },
    }));
  texts.forEach((text, n) => (text.value = own[n]));
  const menu = h("select", {
    id: `${place}-menu`, style: "max-width: 100%; min-width: 0",
    onchange() {
      const [theory, derivation] = menu.selectedIndex ? examples[menu.selectedIndex - 1].slice(1) : own;
      texts[0].value = theory;
      texts[1].value = derivation;
      keep();
      judge();
    },
  }, ["What I wrote", ...examples.map(([title]) => title)].map((title) => h("option", {}, title)));
  menu.selectedIndex = 1 + examples.findIndex(([, ...both]) => both.every((text, n) => text === own[n]));

  function show({ summary, where, caret, theory, lines: judged }) {
    status.textContent = summary;
    texts.forEach((text, n) => text.setAttribute("aria-invalid", where === ["theory", "derivation"][n]));
    understood.replaceChildren(...(caret ? [h("pre", { class: "scroll" }, caret)] : []),
      ...(theory.length ? [h("details", {}, h("summary", {}, "The theory, as it was understood"),
        theory.map((math) => h("div", { class: "scroll" }, formula(math))))] : []));
    lines.replaceChildren(...judged.map(({ math, text, reason, colour, said, caret, rows }) =>
      h("li", { style: "padding: 3px 0" },
        h("div", { class: "scroll" }, math ? formula(math) : h("code", {}, text),
          reason ? h("span", { class: "quiet", style: "margin-left: 1.5em" }, reason) : null),
        said ? h("div", { class: colour }, said) : null,
        caret ? h("pre", { class: "scroll", style: "margin: 0" }, caret) : null,
        rows.length ? table(rows) : null)));
  }

  box(el).append(
    h("div", { class: "dl-control" }, h("label", { for: menu.id }, "Example"), menu),
    ...texts.flatMap((text, n) => [h("label", { for: text.id }, ["Theory", "Derivation"][n]), text]),
    h("div", { class: "dl-control" }, h("button", { type: "button", onclick: judge }, "Judge"), h("span", { class: "quiet" }, "or Ctrl+Enter")),
    status, understood, lines);
  judge();
}

export default { render };
