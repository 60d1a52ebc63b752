"""A plugin of pytest's: writes what becomes of each test into the file $MUTANTS_REPORT, a JSON object a line."""

import json
import os


class Report:
    def __init__(self, path):
        self._path = path

    def _write(self, report, when):
        crash = getattr(report.longrepr, "reprcrash", None)
        said = crash.message if crash else str(report.longrepr or "")
        line = {"test": report.nodeid, "when": when, "outcome": report.outcome, "said": said[:300]}
        with open(self._path, "a") as file:
            file.write(json.dumps(line) + "\n")

    def pytest_runtest_logreport(self, report):
        self._write(report, report.when)

    def pytest_collectreport(self, report):
        if report.failed:
            self._write(report, "collect")


def pytest_configure(config):
    """A hook of pytest's. With xdist the workers' reports come to the one that has no workerinput."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report(os.environ["MUTANTS_REPORT"]))
