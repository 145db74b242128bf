// A question with boxes: what is written there is judged while it is written.
import { box, formula, h, questions, table } from "./kit.js";

let count = 0;

export function render({ model, el }) {
  if (!model.send)
    return el.append(h("p", {}, "The box that judges an answer needs a kernel: open the notebook in Jupyter."));
  const { question, rows } = model.get("spec");
  const texts = [...model.get("texts")];
  const place = `dl-question-${++count}`;
  const status = h("p", { role: "status", id: place });
  const [seen, details, hints] = [[], h("div", { class: "scroll" }), h("ol", { tabindex: -1 })];
  const ask = questions(model, show);
  let told = 0;
  const judge = (wanted) => ask({ texts: [...texts], hints: (told = wanted) });
  const hint = h("button", { type: "button", onclick: () => judge(told + 1) }, "Hint");

  function show({ colour, message, understood, caret, rows, hints: words, more }) {
    status.className = colour;
    status.textContent = message;
    seen.forEach((node, n) => node.replaceChildren(...(understood[n] ? [formula(understood[n])] : [])));
    details.replaceChildren(...(caret ? [h("pre", {}, caret)] : []), ...(rows.length ? [table(rows)] : []));
    // What was told of an earlier text stays until a new hint is asked for.
    if (words.length) hints.replaceChildren(...words.map((text) => h("li", {}, text)));
    if (more < 1 && document.activeElement === hint) hints.focus();  // it is about to be hidden
    hint.hidden = more < 1;
    hint.textContent = more === 1 ? "Show the answer" : "Hint";
  }

  const row = ({ math, text, label, reason }) => {
    const why = reason ? h("span", { class: "quiet" }, reason) : null;
    if (label === undefined)
      return h("div", { class: "dl-control scroll" }, math ? formula(math) : h("code", {}, text), why);
    const n = seen.length;
    const input = h("input", {
      type: "text", id: `${place}-${n}`, value: texts[n], "aria-describedby": place, spellcheck: "false",
      autocomplete: "off", autocapitalize: "off", style: "flex: 1 1 180px; min-width: 0; font-family: ui-monospace, monospace",
      oninput() {
        texts[n] = input.value;
        model.set("texts", [...texts]);
        model.save_changes();
        judge(0);
      },
    });
    seen.push(h("div", { class: "scroll", style: "min-height: 2.2em" }));
    return [h("div", { class: "dl-control", style: "flex-wrap: wrap" }, h("label", { for: input.id }, label), input, why), seen[n]];
  };
  const inside = box(el);
  inside.append(h("p", {}, question), ...rows.map(row).flat(), status, details, hint, hints);
  inside.setAttribute("role", "group");
  inside.setAttribute("aria-label", question);
  judge(0);
}

export default { render };
