"use strict";
// The page works without this, but for the details of an expression and the choice of a context.
const data = JSON.parse(document.getElementById("data").textContent);
const tip = document.getElementById("tip");
const main = document.querySelector("main");
const marks = [...main.querySelectorAll(".e")];
const chosen = {};  // function -> context
let pinned = false;

const at = Object.fromEntries(data.expressions.map((expression, number) => [expression.p, number]));
const functionOf = context => data.contexts[context][1];
const pieces = number => main.querySelectorAll(`.e[data-x="${number}"]`);

function element(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

// Contexts that agree are said together; the chosen one first.
function details(number) {
  const expression = data.expressions[number], list = element("dl", "");
  const groups = new Map();
  for (const [kind, rows] of [["", expression.k], ["un", expression.u]])
    for (const [context, text] of rows) {
      const key = kind + data.texts[text];
      if (!groups.has(key)) groups.set(key, { kind, text: data.texts[text], contexts: [] });
      groups.get(key).contexts.push(context);
    }
  const isChosen = group => group.contexts.some(context => chosen[functionOf(context)] === context);
  const shown = [...groups.values()].sort((a, b) => isChosen(b) - isChosen(a));
  list.className = shown.some(isChosen) ? "now" : "";
  const symbols = new Map();
  for (const group of shown) {
    const text = group.kind ? `unknown: ${group.text}` : group.text;
    list.append(element("dt", text, group.kind + (isChosen(group) ? " now" : "")));
    const places = [...new Set(group.contexts.map(context => {
      const [label, name] = data.contexts[context];
      return label === "call" ? name : `${label}: ${name}`;
    }))];
    const more = places.length > 6 ? `, and ${places.length - 6} more` : "";
    list.append(element("dd", `in ${places.slice(0, 6).join(", ")}${more}`));
    for (const context of group.contexts)
      for (const [name, meaning] of Object.entries(data.contexts[context][2]))
        if (new RegExp(`(^|[^\\w])${name}($|[^\\w])`).test(group.text) && !symbols.has(name)) symbols.set(name, meaning);
  }
  tip.replaceChildren(element("code", [...pieces(number)].map(piece => piece.textContent.trim()).join("\n")));
  if (expression.e) tip.append(element("p", expression.e, "er"));
  tip.append(list);
  if (symbols.size) tip.append(element("p", [...symbols].map(([name, meaning]) => `${name} = ${meaning}`).join(",  ")));
}

function hide() {
  pinned = tip.hidden = false;
  tip.hidden = true;
  main.querySelectorAll(".on").forEach(piece => piece.classList.remove("on"));
}

function show(mark) {
  hide();
  const number = mark.dataset.x;
  pieces(number).forEach(piece => piece.classList.add("on"));
  details(number);
  tip.hidden = false;
  const box = mark.getBoundingClientRect(), size = tip.getBoundingClientRect();
  const below = !mark.matches(".er") && (box.bottom + 6 + size.height < innerHeight || box.top < size.height + 44);
  tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - size.width - 8))}px`;
  tip.style.top = `${below ? box.bottom + 6 : box.top - size.height - 6}px`;
}

// One expression at a time is in the order of Tab; arrows go on from it.
function go(mark) {
  if (!mark) return;
  marks.forEach(each => each.tabIndex === 0 && each.removeAttribute("tabindex"));
  mark.tabIndex = 0;
  mark.scrollIntoView({ block: "nearest" });
  mark.focus({ preventScroll: true });
  show(mark);  // a window without the focus tells nobody of it
}

function next(selector, from = document.activeElement) {
  const wanted = marks.filter(mark => mark.matches(selector));
  const after = mark => from.compareDocumentPosition(mark) & Node.DOCUMENT_POSITION_FOLLOWING;
  go((main.contains(from) && wanted.find(after)) || wanted[0]);
}

function onLine(mark, step) {
  for (let row = mark.closest(".l"); row; row = step > 0 ? row.nextElementSibling : row.previousElementSibling) {
    const first = row.querySelector(".e");
    if (first && row !== mark.closest(".l")) return first;
  }
}

main.addEventListener("mouseover", event => {
  const mark = event.target.closest(".e");
  if (mark && !pinned) show(mark);
});
main.addEventListener("mouseout", event => {
  if (!pinned && !(event.relatedTarget && event.relatedTarget.closest && event.relatedTarget.closest(".e"))) hide();
});
main.addEventListener("focusin", event => event.target.matches(".e:not(.on)") && show(event.target));
main.addEventListener("focusout", event => event.target.matches(".e") && !pinned && hide());
document.addEventListener("click", event => {
  const mark = event.target.closest(".e");
  if (mark) { go(mark); show(mark); pinned = true; }
  else if (!event.target.closest("#tip")) hide();
});
document.addEventListener("keydown", event => {
  const mark = document.activeElement.closest(".e");
  const index = marks.indexOf(mark);
  if (event.ctrlKey || event.metaKey || event.altKey || document.activeElement.closest("select")) return;
  if (event.key === "Escape") hide();
  else if (event.key === "u") next(".un");
  else if (event.key === "e") next(".er");
  else if (mark && event.key === "ArrowRight") go(marks[index + 1]);
  else if (mark && event.key === "ArrowLeft") go(marks[index - 1]);
  else if (mark && event.key === "ArrowDown") go(onLine(mark, 1));
  else if (mark && event.key === "ArrowUp") go(onLine(mark, -1));
  else if (mark && event.key === "Enter") { show(mark); pinned = true; }
  else return;
  event.preventDefault();
});
document.getElementById("next-unknown").addEventListener("click", () => next(".un"));
document.getElementById("next-error").addEventListener("click", () => next(".er"));

// A choice changes what stands beside the lines of its function, and which expressions are marked as unknown.
main.addEventListener("change", event => {
  const name = event.target.dataset.function, value = event.target.value;
  if (value === "") delete chosen[name]; else chosen[name] = Number(value);
  const here = rows => rows.find(([context]) => context === chosen[name]);
  const ofFunction = expression => [...expression.k, ...expression.u].some(([context]) => functionOf(context) === name);
  for (const beside of main.querySelectorAll("b[data-at]")) {
    const expression = data.expressions[at[beside.dataset.at]];
    if (!ofFunction(expression)) continue;
    const row = here(expression.k);
    beside.textContent = value === "" ? expression.c : row ? data.texts[row[2]] : "–";
    beside.classList.toggle("none", value !== "" && !row);
  }
  data.expressions.forEach((expression, number) => {
    if (!ofFunction(expression) || expression.e) return;
    const unknown = value === "" ? !expression.k.length : Boolean(here(expression.u));
    pieces(number).forEach(piece => { piece.classList.toggle("un", unknown); piece.classList.toggle("ok", !unknown); });
  });
});
if (marks.length) marks[0].tabIndex = 0;
