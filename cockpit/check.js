// check.js: the view of what may be wrong: doctor, and the report for somebody else.

import { _, format, h } from "./dom.js";
import { each_object, robot, rovictl, sentence } from "./robot.js";

const LEVELS = { ok: _("ok"), warn: _("warning"), fail: _("problem") };
const MARKS = { ok: "✓", warn: "!", fail: "×" };

// rovictl writes the report into the directory it is in, and nobody else may read it.
const REPORT = "dir=$(mktemp -d) && cd \"$dir\" && trap 'rm -rf \"$dir\"' EXIT && rovictl report >&2 && cat ./*.tar.gz";

const rights = () => (robot.admin ? { superuser: "require" } : {});

function save(data, name) {
  const url = URL.createObjectURL(new Blob([data], { type: "application/gzip" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

// show(main): draws the view in main, until the returned function is called.
export function show(main) {
  let process = null;
  const list = h("ul", { class: "doctor" });
  const summary = h("p", { role: "status" });
  const again = h("button", { id: "doctor-again", type: "button", click: look }, _("Check again"));
  const said = h("p", { role: "status" });
  const report = h("button", { id: "report", type: "button", click: write_report }, _("Save a report"));

  function look() {
    const count = { ok: 0, warn: 0, fail: 0 };
    process?.close();
    list.replaceChildren();
    summary.textContent = _("Looking …");
    const done = (why) => {
      if (process !== mine) return;
      summary.textContent = why ||
        format(_("$0 problems, $1 warnings, $2 in order"), count.fail, count.warn, count.ok);
    };
    const mine = rovictl(["doctor", "--json"], rights());
    process = mine;
    each_object(mine, (one) => {
      if (!(one.level in count)) return;
      count[one.level]++;
      const item = h("li", { class: one.level },
        h("p", { class: "mark" }, MARKS[one.level], " ", LEVELS[one.level]),
        h("div", {}, h("p", {}, one.text), one.remedy ? h("p", { class: "remedy" }, "→ ", one.remedy) : null));
      const after = [...list.children].find((other) => rank(other.className) > rank(one.level));
      list.insertBefore(item, after ?? null);
    }).then(() => done(), (problem) => done(problem.exit_status === 1 ? "" : sentence(problem)));
  }

  async function write_report() {
    report.disabled = true;
    said.textContent = _("Collecting …");
    try {
      const data = await cockpit.script(REPORT, { binary: true, err: "message", ...rights() });
      const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
      save(data, `rovi-report-${stamp}.tar.gz`);
      said.textContent = _("Saved. Read it before you send it.");
    } catch (problem) {
      said.textContent = sentence(problem);
    }
    report.disabled = false;
  }

  const rank = (level) => ["fail", "warn", "ok"].indexOf(level);
  main.replaceChildren(
    h("section", { class: "card", "aria-labelledby": "report-title" }, h("h2", { id: "report-title" }, _("Report")),
      h("p", { class: "quiet" }, _("One file with all that somebody else needs to find out what is wrong.")),
      h("div", { class: "actions" }, report, said)),
    h("section", { "aria-labelledby": "doctor-title" }, h("div", { class: "head" },
      h("h2", { id: "doctor-title" }, _("Check")), again), summary, list));
  look();
  return () => {
    const mine = process;
    process = null;
    mine.close();
  };
}
