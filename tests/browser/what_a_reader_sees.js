// Evaluated in a JupyterLab page: what is shown of the notebook, and what is wrong with it.
() => {
  const panel = document.querySelector(".jp-NotebookPanel");
  const all = (selector) => [...panel.querySelectorAll(selector)];
  const visible = (node) => node.getBoundingClientRect().height > 0;
  const problems = [];

  for (const node of document.querySelectorAll(".jp-Dialog, .Toastify__toast--error")) {
    problems.push(`a banner says ${node.innerText}`);
  }
  for (const kind of ["error", "stderr"]) {
    for (const node of all(`[data-mime-type="application/vnd.jupyter.${kind}"]`)) {
      problems.push(`${kind} output: ${node.innerText.slice(0, 300)}`);
    }
  }
  for (const image of all("img")) {
    if (!image.complete || image.naturalWidth === 0) {
      problems.push(`an image does not load: ${image.alt}`);
    }
  }

  // MathJax marks what it can't parse, and paints the name of a macro that it doesn't know red.
  for (const node of all('mjx-merror, mjx-mtext[style*="color: red"]')) {
    const text = node.dataset.mjxError ?? node.closest("mjx-container").textContent;
    problems.push(`a formula that MathJax can't read: ${text}`);
  }
  // TeX that is left as text has not been typeset, unless it is shown as code.
  for (const rendered of all(".jp-RenderedHTMLCommon, .jp-RenderedLatex")) {
    const copy = rendered.cloneNode(true);
    copy.querySelectorAll("code, pre, mjx-container, textarea").forEach((node) => node.remove());
    const tex = copy.textContent.match(/\$[^$]*\\[^$]*\$|\\(begin|frac|sum|partial|mathrm|text)\b/);
    if (tex) problems.push(`TeX is shown as text: ${tex[0]}`);
  }
  for (const node of all(".jp-OutputArea-output")) {
    if (/Error (displaying|creating) widget|model not found|Loading widget/.test(node.innerText)) {
      problems.push(`a widget is not shown: ${node.innerText.slice(0, 300)}`);
    }
  }

  return {
    problems,
    formulas: all("mjx-container").length,
    // For each cell in order: does it show any output?
    outputs: all(".jp-Cell").map((cell) =>
      [...cell.querySelectorAll(".jp-OutputArea-output")].some(visible)),
  };
}
