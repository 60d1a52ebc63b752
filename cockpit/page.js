// page.js: the page: its frame, which view is shown, and what is said aloud.

import { _, clean, h } from "./dom.js";
import { active_stack, begin, changes, may, name_of, robot } from "./robot.js";
import { believed, dot, show as show_robot, state_words, stop_button, tick } from "./cards.js";
import { show as show_log } from "./log.js";
import { show as show_history } from "./history.js";
import { show as show_check } from "./check.js";

const VIEWS = [["", _("Robot"), show_robot], ["log", _("Log"), show_log], ["history", _("History"), show_history],
  ["check", _("Check"), show_check]];

const title = h("h1", {}, _("Robot"));
const connection = h("p", { id: "connection", role: "status" }, robot.lost);
const links = VIEWS.map(([name, text]) => h("a", { href: `#/${name}`, id: `view-${name || "robot"}` }, text));
const main = h("main", { id: "main", tabindex: -1 });
const bar = h("section", { id: "bar", "aria-label": _("What runs") });
const aloud = h("p", { class: "aloud", "aria-live": "polite" });

let leave = () => {};
let at = null;
let in_bar = "";
const told = new Map(); // by name: the state that was said aloud

// decoded(word): a word of an address, which anybody may have written.
function decoded(word) {
  try { return decodeURIComponent(word); } catch { return word; }
}

// route: shows the view that the address names.
function route() {
  const hash = window.location.hash.replace(/^#/, "");
  if (hash === at) return;
  at = hash;
  const [name = "", ...rest] = hash.split("/").filter(Boolean).map(decoded);
  const index = Math.max(0, VIEWS.findIndex(([view]) => view === name));
  links.forEach((link, number) => {
    if (number === index) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  leave();
  const had_focus = main.contains(document.activeElement);
  main.replaceChildren();
  leave = VIEWS[index][2](main, ...rest);
  main.className = `view-${VIEWS[index][0] || "robot"}`;
  if (had_focus) main.focus();
}

// draw_bar: what runs, in each view, and its stop.
function draw_bar() {
  const unit = active_stack();
  const key = JSON.stringify([unit && [name_of(unit), unit.state, may(name_of(unit))], robot.lost]);
  if (key === in_bar) return;
  in_bar = key;
  const had_focus = bar.contains(document.activeElement);
  bar.hidden = !unit;
  bar.className = unit ? (robot.lost ? "unknown" : unit.state.toLowerCase()) : "";
  if (!unit) {
    bar.replaceChildren();
    if (had_focus) main.focus();
    return;
  }
  const name = name_of(unit);
  bar.replaceChildren(h("p", {}, dot(robot.lost ? "" : unit.state), " ", h("strong", {}, name), " ", believed(unit)),
  may(name) ? stop_button(name, "bar-stop") : h("span", {}));
  if (had_focus) document.getElementById("bar-stop")?.focus();
}

function say_aloud() {
  const said = [];
  for (const [name, unit] of robot.units) {
    const before = told.get(name);
    told.set(name, unit.state);
    if (before && before !== unit.state) said.push(`${name}: ${state_words(unit)}`);
  }
  if (said.length) aloud.textContent = said.join(". ");
}

function draw() {
  document.body.classList.toggle("lost", Boolean(robot.lost));
  if (connection.textContent !== robot.lost) connection.textContent = robot.lost;
  if (robot.host) title.textContent = clean(robot.host);
  draw_bar();
  say_aloud();
}

document.documentElement.lang = cockpit.language || "en";
document.title = _("Robot");
document.body.append(
  h("header", {}, title, h("nav", { "aria-label": _("Views") }, links)),
  connection, main, bar, aloud);
changes.addEventListener("change", draw);
window.addEventListener("hashchange", route);
setInterval(() => { if (!cockpit.hidden) tick(); }, 1000);
route();
draw();
begin();
