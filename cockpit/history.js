// history.js: the view of the runs: a picture of the last 24 hours, and a table.

import { _, clean, format, h, s, span } from "./dom.js";
import { changes, goes_on, now, robot } from "./robot.js";

const DAY_S = 86400;
const ENDS = { starting: _("starts"), running: _("runs"), stopping: _("stops"), stopped: _("stopped"),
  failed: _("failed"), refused: _("refused"), lost: _("lost: the robot went down without a shutdown"),
  unknown: _("unknown") };
const BAD = ["failed", "lost"];

const clock = (time) => new Date(time).toLocaleTimeString(cockpit.language, { hour: "2-digit", minute: "2-digit",
  hourCycle: "h23" });
const day = (time) => new Date(time).toLocaleDateString(cockpit.language, { weekday: "short" });
const percent = (share) => `${(share * 100).toFixed(3)}%`;

// ran_s(run): how long it ran, or has run by now.
const ran_s = (run) => (goes_on(run) ? (now() - Date.parse(run.started)) / 1000 : run.ran_s);

function words(run) {
  const end = ENDS[run.end] ?? run.end;
  return run.end === "stopped" && run.stopped_by ? format(_("stopped by $0"), run.stopped_by) : end;
}

// lane(name, runs, from): a line of the picture. A failure has a mark, not only a colour.
function lane(name, runs, from) {
  const failed = runs.filter((run) => BAD.includes(run.end)).length;
  const bars = runs.map((run) => {
    const took = Math.min(1, Math.max(0.012, (ran_s(run) ?? 0) / DAY_S)); // a short one can be seen, too
    const began = Math.min(1 - took, Math.max(0, (Date.parse(run.started) - from) / 1000 / DAY_S));
    const mark = BAD.includes(run.end) ? "×" : run.end === "refused" ? "!" : null;
    const title = [run.stack, clock(run.started), run.started_by, words(run)].filter(Boolean).join(", ");
    return s("g", { class: `run ${run.end}` }, s("title", {}, title),
      s("rect", { x: percent(began), width: percent(took), y: "15%", height: "70%" }),
      mark && s("text", { x: percent(Math.max(0, began - 0.005)), y: "50%", "text-anchor": "end" }, mark));
  });
  return h("div", { class: "lane" }, h("span", {}, name), s("svg", { role: "img", height: "26", width: "100%",
    "aria-label": format(_("$0: $1 runs in the last 24 hours, $2 of them failed"), name, runs.length, failed) },
  [1, 2, 3].map((hour) => s("line", { x1: percent(hour / 4), x2: percent(hour / 4), y1: "0", y2: "100%" })), bars));
}

function picture(runs) {
  const from = now() - DAY_S * 1000;
  const names = [...new Set(runs.map((run) => run.stack))].sort();
  return h("div", { class: "timeline" },
    names.map((name) => lane(name, runs.filter((run) => run.stack === name), from)),
    h("div", { class: "lane hours", "aria-hidden": "true" }, h("span", {}), h("div", {},
      [0, 0.25, 0.5, 0.75].map((share) => h("span", {}, clock(from + share * DAY_S * 1000))),
      h("span", {}, _("now")))));
}

function row(run) {
  const asked = [run.variant, ...Object.entries(run.parameters ?? {}).map(([name, value]) => `${name}:=${value}`)];
  const by = run.started_by || run.started_way;
  return h("tr", { class: run.end },
    h("td", {}, day(run.started), " ", clock(run.started)),
    h("th", { scope: "row" }, run.stack),
    h("td", { "data-label": _("By") }, by || "–"),
    h("td", { "data-label": _("Ran") }, ran_s(run) === null ? "–" : span(ran_s(run))),
    h("td", { class: "end" }, BAD.includes(run.end) ? "× " : "", words(run),
      run.reason ? h("span", { class: "why" }, clean(run.reason)) : null,
      asked.some(Boolean) ? h("span", { class: "why quiet" }, asked.filter(Boolean).join(" ")) : null));
}

// show(main): draws the history in main, until the returned function is called.
export function show(main) {
  function draw() {
    if (robot.runs_hidden || !robot.runs.length) {
      main.replaceChildren(h("p", { class: "note" }, robot.runs_hidden || _("No stack has run in the last 24 hours.")));
      return;
    }
    main.replaceChildren(picture(robot.runs), h("div", { class: "wide" }, h("table", {},
      h("thead", {}, h("tr", {}, [_("Started"), _("Stack"), _("By"), _("Ran"), _("End")].map(
        (text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, robot.runs.toReversed().map(row)))));
  }
  draw();
  changes.addEventListener("run", draw);
  const timer = setInterval(draw, 60000);
  return () => {
    clearInterval(timer);
    changes.removeEventListener("run", draw);
  };
}
