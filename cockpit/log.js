// log.js: the view of the log: of everything, of a unit, or of one of its nodes; live.

import { _, choices, clean, h, select } from "./dom.js";
import { changes, each_object, robot, rovictl, sentence } from "./robot.js";

const MOST = 1000; // lines that are kept
const LEVELS = [["", _("All levels")], ["I", _("info and above")], ["W", _("warnings and errors")],
  ["E", _("errors only")]];
const MARKS = { 0: "E", 1: "E", 2: "E", 3: "E", 4: "W", 7: "D" };

// A line of ros2 launch begins with [LEVEL] [NODE-NUMBER], one of a node with [NODE-NUMBER] and often [LEVEL].
// The journal has one level for all.
const NODE = /^(?:\[[A-Z]+\] )?\[([\w.+-]+?)(?:-\d+)?\]/;
const SAID = /^(?:\[[\w.+-]+\] )?\[(DEBUG|WARN|ERROR|FATAL|CRITICAL)/;

// text_of(entry): the message of a journal entry: journalctl gives bytes if it is no text, and null if it is long.
function text_of({ MESSAGE: message }) {
  if (message == null) return _("(a long line: rovictl logs shows it)");
  return Array.isArray(message) ? new TextDecoder().decode(new Uint8Array(message)) : String(message);
}

// show(main, unit, node): draws the log in main, until the returned function is called.
export function show(main, unit = "", node = "") {
  let level = "";
  let search = "";
  let paused = false;
  let lines = [];
  let fresh = [];
  let drawing = false;
  let ended = "";
  const nodes = new Set(node ? [node] : []);

  const list = h("ol");
  const box = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": _("Log"), tabindex: 0 }, list);
  const note = h("p", { class: "quiet", role: "status" });
  const go = (...to) => { window.location.hash = ["#", "log", ...to.filter(Boolean)].join("/"); };
  const which = select({ id: "log-unit", "aria-label": _("Of which unit") },
    [], unit, go);
  const of_node = h("select", { id: "log-node", "aria-label": _("Of which node"),
    change: () => go(unit, of_node.value) });
  const severity = select({ id: "log-level", "aria-label": _("Level") }, LEVELS, level, (value) => {
    level = value;
    draw_all();
  });
  const find = h("input", { id: "log-search", type: "search", placeholder: _("Search"), "aria-label": _("Search"),
    input: () => {
      search = find.value.toLowerCase();
      draw_all();
    } });
  const pause = h("button", { id: "log-pause", type: "button", "aria-pressed": "false", click: () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? _("Go on") : _("Pause");
    if (!paused) draw_all();
  } }, _("Pause"));

  function draw_units() {
    const names = [...new Set(["", ...robot.units.keys(), unit])];
    if (names.length === which.length) return;
    which.replaceChildren(...choices(names.map((name) => [name, name || _("Everything")]), unit));
  }

  function draw_nodes() {
    of_node.replaceChildren(...choices([["", _("All nodes")], ...[...nodes].sort().map((name) => [name])], node));
  }

  function is_wanted(line) {
    return "DIWE".indexOf(line.mark) >= "DIWE".indexOf(level) &&
      (!node || line.node === node || line.text.includes(node)) &&
      (!search || line.text.toLowerCase().includes(search));
  }

  function element(line) {
    return h("li", { class: `level-${line.mark}` },
      h("span", { class: "quiet" }, line.time, " ", unit ? "" : `${line.unit} `),
      line.mark === "I" ? null : h("b", {}, `${line.mark} `),
      h("span", {}, clean(line.text, 2000)));
  }

  const at_end = () => box.scrollHeight - box.scrollTop - box.clientHeight < 60;

  function draw_all() {
    fresh = [];
    list.replaceChildren(...lines.filter(is_wanted).map(element));
    box.scrollTop = box.scrollHeight;
    say();
  }

  function say() {
    note.textContent = ended || (list.childElementCount ? "" : _("No such lines are logged yet."));
  }

  // What comes in a burst is drawn at once.
  function draw_fresh() {
    drawing = false;
    if (paused || !list.isConnected) return;
    const stay = !at_end();
    list.append(...fresh.filter(is_wanted).map(element));
    fresh = [];
    while (list.childElementCount > MOST) list.firstElementChild.remove();
    if (!stay) box.scrollTop = box.scrollHeight;
    say();
  }

  function take(entry) {
    const text = clean(text_of(entry), 4000);
    const said = SAID.exec(text)?.[1].replace(/[FC]/, "E")[0] ?? "I";
    const line = { text, node: NODE.exec(text)?.[1] ?? "", mark: MARKS[entry.PRIORITY] ?? said,
      // Anybody may write a UNIT; that of systemd is true.
      unit: String((entry._PID === "1" && entry.UNIT) || (entry._SYSTEMD_UNIT ?? "")).replace(/^rovi-|\.service$/g, ""),
      time: new Date(Number(entry.__REALTIME_TIMESTAMP) / 1000).toLocaleTimeString(cockpit.language,
        { hourCycle: "h23" }) };
    if (line.node && unit && !nodes.has(line.node) && nodes.size < 200) {
      nodes.add(line.node);
      draw_nodes();
    }
    lines.push(line);
    if (lines.length > MOST) lines = lines.slice(-MOST);
    fresh.push(line);
    if (fresh.length > MOST) fresh = fresh.slice(-MOST);
    if (drawing) return;
    drawing = true;
    setTimeout(draw_fresh, 50);
  }

  main.replaceChildren(h("div", { class: "tools" }, which, unit ? of_node : null, severity, find, pause), note, box);
  draw_units();
  changes.addEventListener("change", draw_units);
  draw_nodes();
  say();
  const process = rovictl(["logs", ...(unit ? [unit] : []), "--follow", "--json", "--lines", String(MOST)]);
  each_object(process, take).then(() => _("The log has ended."), sentence).then((words) => {
    ended = words;
    say();
  });
  return () => {
    changes.removeEventListener("change", draw_units);
    process.close();
  };
}
