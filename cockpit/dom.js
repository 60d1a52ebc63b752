// dom.js: elements made of text. Whatever comes from the robot is text and nothing else: it only ever becomes a text
// node, after clean().

export const _ = cockpit.gettext;
export const format = cockpit.format;

const LONGEST = 600; // characters of one text that are shown

// What a text may not do to its surroundings: control characters, and marks that change the direction of text.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]+/g;
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

// clean(text, longest): text as it may be shown: on one line, visible, not too long.
export function clean(text, longest = LONGEST) {
  let shown = String(text ?? "");
  const cut = shown.length > longest;
  if (cut) shown = shown.slice(0, longest);
  shown = shown.replace(CONTROLS, " ").replace(DIRECTIONS, "\ufffd");
  return cut ? shown + "…" : shown;
}

function make(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value == null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : clean(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child == null || child === false || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(clean(child)));
  }
  return element;
}

// h(tag, attributes, child…): an element. An attribute that is a function is a listener. A child that is no element
// is text.
export function h(tag, attributes, ...children) {
  return make(document.createElement(tag), attributes, children);
}

// s(tag, attributes, child…): as h, for SVG.
export function s(tag, attributes, ...children) {
  return make(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

// keep_focus(change): runs change, and gives the focus back to the element of the same id; or, if there is none any
// more, to the one that change returns.
export function keep_focus(change) {
  const id = document.activeElement?.id;
  const other = change();
  if (!id || document.activeElement?.id === id) return;
  (document.getElementById(id) ?? other)?.focus({ preventScroll: true });
}

// choices(options, value): what a select offers: options, each [value, text] or [value].
export const choices = (options, value) => options.map(
  ([name, text = name]) => h("option", { value: name, selected: name === value }, text));

// select(attributes, options, value, chosen): a choice among options.
export function select(attributes, options, value, chosen) {
  return h("select", { ...attributes, change: (event) => chosen(event.target.value) }, choices(options, value));
}

// span(seconds): a length of time in two units at most.
export function span(seconds) {
  const total = Math.max(0, Math.floor(seconds));
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([size]) => total >= size);
  if (first < 0) return "0 s";
  let rest = total;
  return parts.slice(first, first + 2).map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest %= size;
    return count ? `${count} ${unit}` : "";
  }).filter(Boolean).join(" ");
}

// bytes(count): a size, in words.
export function bytes(count) {
  const units = ["B", "KB", "MB", "GB"];
  let size = count;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1024;
  return `${size < 10 && unit ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
