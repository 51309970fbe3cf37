"""What a journey costs whoever makes it, counted by the browser itself and compared with ``docs/counts.md``."""

import re
from pathlib import Path

TABLE = Path(__file__).parents[2] / "docs/counts.md"
ROW = re.compile(r"\| (?P<what>[^|]+) \| (?P<most>\d+) \| (?P<counted>[\d.]+) \|")
COUNT = """(() => {
  const NOTHING = '{"taps": 0, "screens": 0, "typed": [], "chosen": []}';
  const count = (deed) => {
    const now = JSON.parse(sessionStorage.getItem("counted") || NOTHING);
    deed(now);
    sessionStorage.setItem("counted", JSON.stringify(now));
  };
  const into = (list, one) => list.includes(one) || list.push(one);
  addEventListener("pointerdown", () => count((now) => { now.taps += 1; }), true);
  addEventListener("input", ({ target: field }) => count((now) => {
    const name = `${location.pathname} ${field.name || field.type}`;
    if (field.matches("select, [type=checkbox], [type=radio]")) into(now.chosen, `${name} ${field.value}`);
    else if (field.matches("input, textarea")) into(now.typed, name);
  }), true);
  addEventListener("DOMContentLoaded", () => {
    if (document.querySelector("main form[method=post]")) count((now) => { now.screens += 1; });
  });
})()"""


class Count:
    """Taps and clicks, screens with a form, fields in which something was typed, and choices made, since the start."""

    def __init__(self, visitor):
        self._page = visitor.page
        visitor.context.add_init_script(COUNT)

    def begin(self):
        """Count from nothing."""
        self._page.evaluate("() => sessionStorage.removeItem('counted')")

    def __getitem__(self, what):
        found = self._page.evaluate("() => JSON.parse(sessionStorage.getItem('counted'))")[what]
        return found if isinstance(found, int) else len(found)


def written():
    """The table's rows: the most that is allowed, and what was counted when the table was written."""
    rows = (ROW.match(line) for line in TABLE.read_text(encoding="utf-8").splitlines())
    return {row["what"]: (int(row["most"]), float(row["counted"])) for row in rows if row}


def is_within(what, counted):
    """Hold a time against the table's limit; what was measured when it was written is told, not compared."""
    most, _told = written()[what]
    print(f"{what}: {counted:.1f}, at most {most}")
    assert counted <= most, f"{what}: {counted:.1f}"


def is_as_written(what, counted):
    """Hold a count against the table: within the limit, and the table tells the truth."""
    most, told = written()[what]
    print(f"{what}: {counted}, at most {most}")
    assert counted <= most, f"{what}: {counted}"
    assert counted == told, f"{what}: {counted} now; write it into {TABLE.name}"
