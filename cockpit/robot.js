// robot.js: what the page knows of the robot, and what it asks of it. Everything runs as the person who logged in; what
// is the administrator's, with Cockpit's administrative access.

import { _, clean, format } from "./dom.js";

export const GROUP = "rovi-ops"; // contract.sh says so, too, and a test compares them
const ECHO_MS = 4000;     // how often the connection is tried, and how long an answer may take
const MEMORY_MS = 60000;  // how often the memory of what runs is looked up
const PRESS_MS = 1500;    // how long a finger that is down keeps the page as it is
const AGAIN_MS = [500, 1000, 2000, 5000]; // after which time a rovictl that has ended is started again

export const robot = {
  units: new Map(),    // by name: the object of "rovictl watch --json"
  declared: new Map(), // by name of a stack: that of "rovictl list --json"
  runs: [],            // those of the last 24 hours, of "rovictl history --json", the newest last
  runs_hidden: "",     // why there are none
  lost: _("Connecting …"), // why nothing here may be believed, or nothing
  host: "",
  user: "",
  operator: false,     // may start and stop stacks
  admin: false,        // has administrative access
  asked: new Map(),    // by name: what is under way, { verb }, or how it was refused, { verb, words, code }
  clock: 0,            // ms by which the robot's clock is ahead of this one
};

export const changes = new EventTarget(); // "change", and "run" if the runs have changed

// changed(what): tells who draws. Not while a finger is down: the tap would be lost.
const due = new Set();
let pressed = -PRESS_MS; // since when
function changed(what = "change") {
  due.add(what);
  if (performance.now() - pressed < PRESS_MS) return;
  const now_due = [...due];
  due.clear();
  now_due.forEach((one) => changes.dispatchEvent(new Event(one)));
}
let release = null;
function released() {
  pressed = -PRESS_MS;
  if (due.size) changed([...due][0]);
}
window.addEventListener("pointerdown", () => {
  pressed = performance.now();
  clearTimeout(release); // that of another press
  release = setTimeout(released, PRESS_MS);
}, true);
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => setTimeout(released, 30), true);

export const name_of = (unit) => unit.unit.replace(/^rovi-/, "").replace(/\.service$/, "");
export const is_active = (unit) => ["RUNNING", "STARTING", "STOPPING"].includes(unit.state);
export const stacks = () => [...robot.units.values()].filter((unit) => unit.stack);
export const always = () => [...robot.units.values()].filter((unit) => !unit.stack);
export const active_stack = () => stacks().find(is_active);
export const now = () => Date.now() + robot.clock;
export const run_of = (name) => robot.runs.findLast((run) => run.stack === name);
export const goes_on = (run) => ["starting", "running", "stopping"].includes(run?.end);

// may(name): whether the person may start and stop the unit.
export const may = (name) => robot.admin || (robot.operator && Boolean(robot.units.get(name)?.stack));

function rights(name) {
  return robot.admin && !(robot.operator && robot.units.get(name)?.stack) ? { superuser: "require" } : {};
}

export function rovictl(args, options) {
  return cockpit.spawn(["rovictl", ...args], { err: "message", ...options });
}

// each_object(process, take, hear): calls take with each object that the process prints, one a line, and then hear. The
// bridge cuts what it sends anywhere.
export function each_object(process, take, hear) {
  let rest = "";
  return process.stream((data) => {
    const lines = (rest + data).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      let object = null;
      try { object = JSON.parse(line); } catch { continue; }
      take(object);
    }
    if (lines.length) hear?.();
  });
}

// objects(args, options): a promise of all objects that rovictl prints.
export async function objects(args, options) {
  const found = [];
  await each_object(rovictl([...args, "--json"], options), (object) => found.push(object));
  return found;
}

// sentence(problem): what a command that failed has said, without its name.
export function sentence(problem) {
  if (problem.problem === "not-found") return _("rovictl is not installed on this robot");
  return clean(problem.message || problem.problem || problem).replace(/^rovictl: /, "");
}

// ---- what it knows ----

// Why it may not be believed: because of the one who tells it, or of the connection.
const doubts = { watch: _("Connecting …"), echo: "" };

function lose(which, why) {
  doubts[which] = why;
  const lost = doubts.echo || doubts.watch;
  if (robot.lost === lost) return;
  robot.lost = lost;
  changed();
}

function take_units(object) {
  const before = new Map([...robot.units].map(([name, unit]) => [name, unit.state]));
  if (object.units) robot.units = new Map(object.units.map((unit) => [name_of(unit), unit]));
  else robot.units.set(name_of(object), object);
  for (const [name, unit] of robot.units) {
    const both = [before.get(name), unit.state];
    if (both[0] !== both[1] && both.includes("RUNNING") && robot.asked.get(name)?.words) robot.asked.delete(name);
  }
  changed();
  if (object.units) look_declared();
  look_runs();
}

// watch: listens to rovictl, which answers each "?", and begins again if it has ended, or does not answer.
async function watch(tries = 0) {
  let heard = false;
  let asked = 0;
  const process = rovictl(["watch", "--json", "--until-eof"]);
  const timer = setInterval(() => {
    if (++asked > 2) process.close("timeout");
    else process.input("?", true);
  }, ECHO_MS);
  try {
    await each_object(process, take_units, () => {
      heard = true;
      asked = 0;
      lose("watch", "");
    });
  } catch (problem) {
    lose("watch", format(_("The robot does not tell its state: $0"), sentence(problem)));
  }
  clearInterval(timer);
  const step = heard ? 0 : Math.min(tries, AGAIN_MS.length - 1);
  setTimeout(() => watch(step + 1), AGAIN_MS[step]);
}

// echo: finds out that nobody answers, as when the phone has left the network. TCP takes minutes.
function echo() {
  const channel = cockpit.channel({ payload: "echo" });
  let waits = false;
  channel.addEventListener("message", () => {
    waits = false;
    lose("echo", "");
  });
  const timer = setInterval(() => {
    if (waits) lose("echo", _("The robot does not answer"));
    waits = true;
    channel.send("?");
  }, ECHO_MS);
  channel.addEventListener("close", () => {
    clearInterval(timer);
    lose("echo", _("The connection to the robot is lost"));
    come_back();
  });
}

// come_back: loads the page again when the server answers. In Cockpit's frame, Cockpit does that.
function come_back() {
  if (window.parent !== window) return;
  setTimeout(async () => {
    try {
      await fetch(window.location.pathname, { cache: "no-store" });
      window.location.reload();
    } catch {
      come_back();
    }
  }, 2000);
}

export async function look_declared() {
  const found = await objects(["list"]).catch(() => null);
  if (!found) {
    setTimeout(look_declared, MEMORY_MS);
    return;
  }
  robot.declared = new Map(found.map((object) => [object.stack, object]));
  changed();
}

let looking = false;
let look_again = false;

// look_runs: reads the history, not twice at a time, and not at each change.
async function look_runs() {
  look_again = true;
  if (looking) return;
  looking = true;
  while (look_again) {
    await new Promise((done) => setTimeout(done, 300));
    look_again = false;
    try {
      robot.runs = await objects(["history", "--since", "24 hours ago", "--lines", "300"]);
      robot.runs_hidden = "";
    } catch (problem) {
      robot.runs_hidden = sentence(problem);
    }
    changed();
    changed("run");
  }
  looking = false;
}

// look_memory: watch tells of changes of state, not of memory.
async function look_memory() {
  const active = [...robot.units.values()].filter(is_active).map(name_of);
  if (cockpit.hidden || robot.lost || !active.length) return;
  try {
    await each_object(rovictl(["status", ...active, "--json"]), (object) => {
      const unit = robot.units.get(name_of(object));
      if (unit?.since === object.since && unit.state === object.state) unit.memory_bytes = object.memory_bytes;
    });
  } catch { /* one of them does not run any more: watch says so */ }
  changed();
}

// ---- what it does ----

// ask(verb, name, args): asks for a start, stop, restart or switch of a stack, or for what the administrator may do
// with the gateway or the hardware. What is refused is kept in robot.asked, in the words of rovictl.
export async function ask(verb, name, args = []) {
  const mine = { verb };
  const words = robot.units.get(name)?.stack ? [verb, name] : [name, verb];
  robot.asked.set(name, mine);
  changed();
  let left = null;
  try {
    await rovictl([...words, ...args, "--quiet"], rights(name));
  } catch (problem) {
    left = { verb, code: problem.exit_status, words: sentence(problem) };
    if (problem.exit_status === null) left.words = _("There was no answer: the state shows what has happened");
  }
  if (robot.asked.get(name) !== mine) return; // something else was asked for since
  if (left) robot.asked.set(name, left);
  else robot.asked.delete(name);
  changed();
}

// begin: finds out who is there, and what there is.
export async function begin() {
  watch();
  echo();
  setInterval(look_memory, MEMORY_MS);
  const permission = cockpit.permission({ admin: true });
  permission.addEventListener("changed", () => {
    robot.admin = Boolean(permission.allowed);
    changed();
  });
  robot.admin = Boolean(permission.allowed);
  cockpit.script("date +%s; uname -n").then((text) => {
    const [seconds, host] = text.split("\n");
    const ahead = Number(seconds) * 1000 - Date.now();
    robot.clock = Math.abs(ahead) < 2000 ? 0 : ahead;
    robot.host = host;
    changed();
  }, () => {});
  const user = await cockpit.user();
  robot.user = user.name;
  robot.operator = (user.groups ?? []).includes(GROUP);
  changed();
}
