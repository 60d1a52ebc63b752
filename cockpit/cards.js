// cards.js: the first view: a card for the gateway, and one for each stack.

import { _, bytes, format, h, keep_focus, span } from "./dom.js";
import { GROUP, always, active_stack, ask, changes, goes_on, is_active, look_declared, may, name_of, now, objects,
  robot, run_of, sentence, stacks } from "./robot.js";

const STATES = { RUNNING: _("RUNNING"), STARTING: _("STARTING"), STOPPING: _("STOPPING"), STOPPED: _("STOPPED"),
  FAILED: _("FAILED") };
const DOTS = { RUNNING: "●", STARTING: "◐", STOPPING: "◐", STOPPED: "○", FAILED: "×" };
const MOVED_MS = 350; // how long what has just moved takes no tap but a stop: it was meant for what was there before

const open = new Map();  // by name: what is unfolded on its card, "options" or "processes"
const chosen = new Map(); // by name and start: what is filled in there, { variant, values }
const trees = new Map(); // by name: the processes, { tree, of }
let cards = null;        // by name: the card and what it was made from
let place = null;
let order = "";
let moved = null;

export const state_words = (unit) => STATES[unit.state] ?? unit.state;
export const believed = (unit) => (robot.lost ? format(_("unknown, was $0"), state_words(unit)) : state_words(unit));
export const dot = (state) => h("span", { class: "dot", "aria-hidden": "true" }, DOTS[state] ?? "?");

const ago = (time) => span((now() - Date.parse(time)) / 1000);

// since(time): an element that says how long ago that was. tick() keeps it right.
const since = (time) => h("time", { datetime: time }, ago(time));

export function tick() {
  for (const element of document.querySelectorAll("time[datetime]")) {
    const text = ago(element.dateTime);
    if (element.textContent !== text) element.textContent = text;
  }
}

function do_it(verb, name, args) {
  open.delete(name);
  ask(verb, name, args);
}

function button(name, verb, text, kind, args, more) {
  return h("button", { id: `${verb}-${name}`, type: "button", class: kind, click: () => do_it(verb, name, args) },
    text, more ? h("small", {}, more) : null);
}

// stop_button(name, id): is there whenever something runs, and is never in the way of anything.
export function stop_button(name, id) {
  return h("button", { id, type: "button", class: "stop", click: () => ask("stop", name) },
    format(_("Stop $0"), name));
}

// ---- what may be asked of a start ----

const CLASSES = { alnum: "A-Za-z0-9", alpha: "A-Za-z", digit: "0-9", lower: "a-z", upper: "A-Z", xdigit: "0-9A-Fa-f" };

const OTHER = /\[\^?\]|\{,|\[[^\]]*\\|\[[:.=]/; // what JavaScript reads in another way than rovictl

// matches(pattern, value): whether rovictl will take value, as far as can be told here: its patterns are extended
// regular expressions.
function matches(pattern, value) {
  if (!/^[!-[\]-~]{1,256}$/.test(value)) return false;
  const known = pattern.replace(/\[:(\w+):\]/g, (all, name) => CLASSES[name] ?? all);
  try {
    return OTHER.test(known) || new RegExp(`^(?:${known})$`).test(value);
  } catch {
    return true;
  }
}

// fill(name): what is filled in; at first, what the stack runs with.
function fill(name) {
  const unit = robot.units.get(name);
  const key = `${name} ${is_active(unit) && unit.since}`;
  if (!chosen.has(key)) chosen.set(key, { variant: unit.variant ?? "", values: { ...unit.parameters } });
  return chosen.get(key);
}

// wanted(name): the arguments of rovictl for what is filled in; or nothing if a value is wrong.
function wanted(name) {
  const { variant, values } = fill(name);
  const parameters = robot.declared.get(name)?.parameters ?? {};
  const given = Object.entries(values).filter(([key, value]) => value && key in parameters);
  if (given.some(([key, value]) => !matches(parameters[key].pattern, value))) return null;
  return [...(variant ? ["--variant", variant] : []), ...given.map(([key, value]) => `${key}:=${value}`)];
}

function field(name, key, { pattern, default: fallback, values }, refresh) {
  const id = `value-${name}-${key}`;
  const wrong = h("p", { class: "wrong", id: `${id}-wrong`, role: "alert" });
  const input = h("input", { id, type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false",
    placeholder: fallback, "aria-describedby": `${id}-wrong`, maxlength: 256, input: check });
  function check() {
    const value = input.value.trim(); // a phone's keyboard may end a word with a blank
    const bad = value && !matches(pattern, value);
    fill(name).values[key] = value;
    input.setAttribute("aria-invalid", String(Boolean(bad)));
    wrong.textContent = bad ? format(_("must match $0"), pattern) : "";
    refresh();
  }
  input.value = fill(name).values[key] ?? "";
  check();
  return h("div", { class: "field" }, h("label", { for: id }, key), input,
    wrong, h("div", { class: "actions" }, values.map((value) => h("button", { type: "button", id: `${id}-${value}`,
      click: () => {
        input.value = value;
        check();
      } }, value))));
}

function options(unit, verb, text) {
  const name = name_of(unit);
  const { variants = [], parameters = {} } = robot.declared.get(name) ?? {};
  const go = h("button", { type: "submit", class: "go", id: `${verb}-${name}-with` }, text);
  const refresh = () => { go.disabled = wanted(name) === null; };
  const form = h("form", { class: "options", id: `options-${name}`, submit: (event) => {
    event.preventDefault();
    const args = wanted(name);
    if (args) do_it(verb, name, args);
  } });
  if (variants.length) {
    form.append(h("fieldset", {}, h("legend", {}, _("Variant")), ["", ...variants].map((variant) => {
      const radio = h("input", { type: "radio", name: "variant", value: variant, id: `variant-${name}-${variant}`,
        checked: fill(name).variant === variant, change: () => { fill(name).variant = variant; } });
      return h("label", { class: "radio" }, radio, variant || _("default"));
    })));
  }
  for (const [key, declared] of Object.entries(parameters)) form.append(field(name, key, declared, refresh));
  form.append(go);
  return form;
}

// ---- processes ----

function branch(all, parent) {
  const here = all.filter((one) => one.ppid === parent || (parent === null && !all.some((o) => o.pid === one.ppid)));
  return here.length === 0 ? null : h("ul", {}, here.map((one) => h("li", {},
    h("code", {}, one.command.split(" ").map((word) => word.replace(/^\/.*\//, "")).join(" ")),
    h("p", { class: "quiet" },
      [`PID ${one.pid}`, `${one.cpu_percent} %`, bytes(one.memory_bytes), span(one.age_s)].join(" · ")),
    branch(all, one.pid))));
}

const run_key = (unit) => `${unit.main_pid} ${unit.state}`; // since: whole seconds

async function look_processes(name) {
  const of = run_key(robot.units.get(name));
  let tree = null;
  trees.set(name, { tree, of });
  try {
    tree = branch(await objects(["ps", name]), null);
  } catch (problem) {
    tree = h("p", {}, sentence(problem));
  }
  trees.set(name, { tree, of });
  draw();
}

// ---- a card ----

function fact(name, ...value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, ...value));
}

const warning = (text) => h("p", { class: "warn" }, "⚠ ", text);

function facts(unit) {
  const run = run_of(name_of(unit));
  const lines = [];
  if (unit.variant) lines.push(fact(_("Variant"), unit.variant));
  for (const [key, value] of Object.entries(unit.parameters ?? {})) lines.push(fact(key, value));
  if (is_active(unit) && goes_on(run)) {
    lines.push(fact(_("Started by"), run.started_by || run.started_way || "?"));
  }
  if (is_active(unit) && unit.memory_bytes !== null) lines.push(fact(_("Memory"), bytes(unit.memory_bytes)));
  const missing = Object.entries(unit.processes ?? {}).filter(([, state]) => state === "missing").map(([name]) => name);
  return [
    lines.length ? h("dl", {}, lines) : null,
    unit.state === "RUNNING" && missing.length ? warning(format(_("Missing: $0"), missing.join(", "))) : null,
    unit.degraded ? warning(format(_("Degraded: $0"), unit.degraded)) : null,
  ];
}

function failure(unit) {
  const name = name_of(unit);
  const first = unit.first_failure;
  if (unit.state !== "FAILED" && !(first && unit.state === "RUNNING")) return null;
  if (!first && robot.asked.get(name)?.words) return null; // the answer says the same
  const href = `#/log/${name}${first ? `/${encodeURIComponent(first.process)}` : ""}`;
  const how = first?.signal ? format(_("was ended by $0"), first.signal)
    : format(_("died with exit code $0"), first?.exit_code);
  return h("div", { class: "failure" },
    first ? h("p", {}, h("strong", {}, first.process), " ", how) : h("p", {}, unit.status_text),
    first?.line ? h("blockquote", {}, first.line) : null,
    h("a", { class: "button", id: `lines-${name}`, href }, _("Show its lines")));
}

function waiting(unit) {
  if (unit.state !== "STARTING" && unit.state !== "STOPPING") return null;
  const text = unit.state === "STOPPING" ? _("waiting for the last node to end")
    : unit.status_text || _("waiting to be started");
  return h("div", { class: "waiting" }, h("div", { class: "line", "aria-hidden": "true" }), h("p", {}, text));
}

function answer(name) {
  const asked = robot.asked.get(name);
  if (!asked) return null;
  if (!asked.words) return h("p", { class: "quiet", role: "status" }, _("Asked …"));
  const dismiss = h("button", { type: "button", class: "plain", id: `dismiss-${name}`, "aria-label": _("Dismiss"),
    click: () => {
      robot.asked.delete(name);
      draw();
    } }, "×");
  return h("div", { class: "refusal", role: "alert" }, h("p", {}, asked.words), dismiss);
}

function fold(name, what, text) {
  return h("button", { type: "button", class: "plain", id: `${what}-of-${name}`,
    "aria-expanded": String(open.get(name) === what), click: () => {
      if (open.get(name) === what) open.delete(name);
      else open.set(name, what);
      if (what === "options") look_declared();
      else trees.delete(name);
      draw();
    } }, text);
}

function stack_actions(unit) {
  const name = name_of(unit);
  const other = active_stack();
  const { variants = [], parameters = {} } = robot.declared.get(name) ?? {};
  const has_options = variants.length + Object.keys(parameters).length > 0;
  const running = is_active(unit);
  const switches = other && other !== unit;
  const verb = running ? "restart" : switches ? "switch" : "start";
  const stops = switches ? format(_("stops $0"), name_of(other)) : "";
  const words = { start: _("Start"), switch: _("Switch"), restart: _("Restart") };
  const more = { start: _("Start with these"), switch: _("Switch with these"), restart: _("Restart with these") };
  const gateway = robot.units.get("gateway");
  const hardware = robot.units.get("hardware");
  const ready = gateway?.state === "RUNNING" && (!hardware || hardware.state === "RUNNING");
  const buttons = [];
  if (running) buttons.push(stop_button(name, `stop-${name}`));
  if (running ? unit.state === "RUNNING" : ready && (!switches || other.state !== "STOPPING")) {
    buttons.push(button(name, verb, words[verb], running ? "" : "go", running ? ["--same"] : [], stops));
    if (has_options) buttons.push(fold(name, "options", _("Options")));
  }
  const form = open.get(name) === "options" && buttons.length > 1 ? options(unit, verb, more[verb]) : null;
  return [buttons, form];
}

function always_actions(unit) {
  const name = name_of(unit);
  const other = active_stack();
  const note = other ? format(_("stops $0"), name_of(other)) : "";
  const again = other ? format(_("$0 starts again"), name_of(other)) : "";
  const restart = button(name, "restart", _("Restart"), "", [], again);
  if (name !== "gateway") return [[restart], null];
  if (!is_active(unit)) return [[button(name, "start", _("Start"), "go", [])], null];
  return [[restart, button(name, "stop", _("Stop"), "stop", [], note)], null];
}

function card(unit) {
  const name = name_of(unit);
  const tree = open.get(name) === "processes" && is_active(unit);
  if (tree && trees.get(name)?.of !== run_key(unit)) look_processes(name);
  const [buttons, form] = !may(name) || robot.lost ? [[], null]
    : unit.stack ? stack_actions(unit) : always_actions(unit);
  // A stop may always be tried, even if nobody knows what runs.
  if (robot.lost && unit.stack && may(name) && is_active(unit)) buttons.push(stop_button(name, `stop-${name}`));
  const state = robot.lost ? "UNKNOWN" : unit.state;
  if (is_active(unit)) buttons.push(fold(name, "processes", _("Processes")));
  if (unit.state !== "STOPPED") {
    buttons.push(h("a", { class: "button plain", id: `log-${name}`, href: `#/log/${name}` }, _("Log")));
  }
  const text = robot.declared.get(name)?.description;
  return h("article", { class: `card ${state.toLowerCase()}${unit.degraded ? " degraded" : ""}`, id: `card-${name}`,
    "aria-labelledby": `name-${name}` },
  h("div", { class: "head" },
    h("h2", { id: `name-${name}` }, dot(state), " ", unit.stack ? name : always_words(name)),
    h("p", { class: "state" }, believed(unit),
      unit.since && !robot.lost && unit.state !== "STOPPED" ? [" · ", since(unit.since)] : null)),
  text && text !== name ? h("p", { class: "quiet" }, text) : null,
  waiting(unit), facts(unit), failure(unit), answer(name),
  buttons.length ? h("div", { class: "actions" }, buttons) : null,
  form,
  tree ? h("div", { class: "tree" }, trees.get(name).tree) : null);
}

const always_words = (name) => ({ gateway: _("Gateway"), hardware: _("Hardware") })[name];

// made_of(unit): all that the card is made from but times and sizes.
function made_of(unit) {
  const other = active_stack();
  const name = name_of(unit);
  const run = is_active(unit) && run_of(name);
  return JSON.stringify([{ ...unit, memory_bytes: is_active(unit) && bytes(unit.memory_bytes ?? 0), tasks: 0 },
    robot.lost, robot.asked.get(name), robot.declared.get(name), robot.admin, robot.operator, robot.user,
    other && [name_of(other), other.state], unit.stack && always().map((one) => one.state),
    open.get(name), run && [run.started_by, run.started_way, run.end], trees.get(name)?.tree?.textContent]);
}

function notes() {
  const gateway = robot.units.get("gateway");
  const lines = [];
  if (robot.user && !robot.operator && !robot.admin) {
    lines.push(h("p", { class: "note", id: "why-not" },
      format(_("You may look, but not start or stop anything: you are not in the group $0."), GROUP), " ",
      _("An administrator runs:"), " ", h("code", {}, `sudo usermod -aG ${GROUP} ${robot.user}`)));
  }
  if (!robot.lost && gateway && gateway.state !== "RUNNING" && !robot.admin) {
    lines.push(h("p", { class: "note", id: "no-gateway" },
      _("No stack can start, because the gateway is not running. An administrator starts it.")));
  }
  return lines;
}

// draw: brings the cards up to date. One that has not changed stays, with what is typed in.
function draw() {
  if (!place?.isConnected) return;
  const rank = (unit) => 2 * is_active(unit) + (unit.state === "FAILED");
  const units = [...stacks()].sort((a, b) => rank(b) - rank(a));
  keep_focus(() => {
    const wanted_order = [];
    let next = null;
    let shifted = false;
    for (const unit of [...units, ...always()]) {
      const name = name_of(unit);
      const from = made_of(unit);
      if (cards.get(name)?.from !== from) {
        const element = card(unit);
        const before = cards.get(name)?.element;
        // What was tapped may be gone: the keyboard goes on from its card.
        if (before?.contains(document.activeElement)) next = element.querySelector("button");
        const height = before?.offsetHeight;
        before?.replaceWith(element);
        shifted ||= before && element.offsetHeight !== height;
        cards.set(name, { element, from });
      }
      wanted_order.push(name);
    }
    const drawn = order;
    order = wanted_order.join(" ");
    if (order !== drawn) place.cards.replaceChildren(...wanted_order.map((name) => cards.get(name).element));
    if (drawn && (shifted || order !== drawn)) {
      place.cards.classList.add("moved");
      clearTimeout(moved);
      moved = setTimeout(() => place.cards.classList.remove("moved"), MOVED_MS);
    }
    const said = notes();
    const text = said.map((line) => line.textContent).join("");
    if (place.notes.textContent !== text) place.notes.replaceChildren(...said);
    return next;
  });
}

// show(main): draws the cards in main, until the returned function is called.
export function show(main) {
  cards = new Map();
  order = "";
  place = h("div", { class: "robot" });
  place.notes = h("div", {});
  place.cards = h("div", { class: "cards" });
  place.append(place.notes, place.cards);
  main.replaceChildren(place);
  draw();
  changes.addEventListener("change", draw);
  return () => changes.removeEventListener("change", draw);
}
