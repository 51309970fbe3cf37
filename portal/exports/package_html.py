"""Pages of a package: one self-contained HTML file each, light style, no script, good on paper.

Text is escaped unless it is already ``Html``: a page cannot be broken by a label.
"""

import html
from collections.abc import Iterable, Sequence

from portal.exports.package_words import Words

STYLE = """
:root { --ink: #1c2530; --soft: #5b6673; --line: #d9dee4; --tint: #f4f6f8; --accent: #0f5f6b; --warn: #7a4a00; }
* { box-sizing: border-box; }
html { font: 17px/1.55 "Source Serif 4", "Charter", "Georgia", "Cambria", serif; color: var(--ink); }
body { margin: 0 auto; padding: 2.6rem 1.4rem 3rem; max-width: 50rem; }
h1, h2, h3, th, dt, nav, footer, .eyebrow, .banner, .meta { font-family: "Source Sans 3", "Helvetica Neue", "Arial",
  "Liberation Sans", sans-serif; }
h1 { font-size: 2rem; line-height: 1.15; margin: .2rem 0 .6rem; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .5rem; padding-top: .7rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.02rem; margin: 0 0 .15rem; }
p { margin: .5rem 0; }
.eyebrow { color: var(--accent); font-size: .82rem; font-weight: 600; letter-spacing: .04em; margin: 0; }
.lead { font-size: 1.1rem; color: var(--soft); margin-bottom: 1.2rem; }
.banner { background: #fff6e0; border-left: 4px solid #c98a00; color: var(--warn);
  padding: .7rem 1rem; margin: 0 0 1.6rem; font-size: .92rem; }
.notice { background: var(--tint); border-left: 4px solid var(--accent); padding: .8rem 1rem; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0 1.2rem; font-size: .88rem; line-height: 1.4; }
th { text-align: left; font-weight: 600; font-size: .8rem; color: var(--soft); border-bottom: 1px solid var(--ink); }
th, td { padding: .32rem .9rem .32rem 0; vertical-align: top; }
td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
code { font: .86em/1.4 "JetBrains Mono", "DejaVu Sans Mono", "Consolas", monospace; background: var(--tint);
  padding: .05em .3em; border-radius: 3px; }
dl { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr; gap: .3rem 1.2rem;
  margin: .6rem 0; font-size: .92rem; }
dt { color: var(--soft); font-size: .86rem; padding-top: .08rem; }
dd { margin: 0; overflow-wrap: anywhere; }
dl.pairs { grid-template-columns: 8.4rem 1fr 8.4rem 1.1fr; }
dl.pairs dt:last-of-type { grid-column: 1; }
dl.pairs dd:last-of-type { grid-column: 2 / -1; }
td code { white-space: nowrap; }
nav ul { list-style: none; padding: 0; columns: 15rem; column-gap: 1.6rem; font-size: .88rem; line-height: 1.5; }
nav li { break-inside: avoid; padding: .12rem 0; }
a { color: var(--accent); }
article { border-top: 1px solid var(--line); padding: 1.2rem 0 .4rem; }
article h3 code { font-size: 1rem; background: none; padding: 0; }
.label { margin: 0 0 .5rem; font-size: 1.02rem; }
footer { margin-top: 3rem; padding-top: .7rem; border-top: 1px solid var(--line); color: var(--soft);
  font-size: .8rem; }
@media (max-width: 34rem) { dl, dl.pairs { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; }
  dl.pairs dd:last-of-type { grid-column: 1; }
  h1 { font-size: 1.6rem; } }
@media print { html { font-size: 10.5pt; } body { max-width: none; padding: 0; } article, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; } a { color: inherit; text-decoration: none; } }
@page { margin: 18mm; }
"""


class Html(str):
    """Markup that is already safe."""

    __slots__ = ()


def escaped(text: str) -> str:
    """Return ``text`` safe in HTML; what is ``Html`` already passes."""
    return text if isinstance(text, Html) else html.escape(text, quote=True)


def tag(name: str, *children: str, **attributes: str) -> Html:
    """Return one element. ``class_`` stands for class; children that are not ``Html`` are escaped."""
    opened = "".join(f' {key.rstrip("_")}="{html.escape(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{opened}>{''.join(escaped(child) for child in children)}</{name}>")


def joined(parts: Iterable[str], glue: str = "") -> Html:
    """Join parts, each escaped if need be."""
    return Html(glue.join(escaped(part) for part in parts))


def paragraphs(*texts: str) -> Html:
    """Return one paragraph per text."""
    return joined(tag("p", text) for text in texts)


def section(title: str, *children: str) -> Html:
    """Return a heading of the second level and what follows it."""
    return joined([tag("h2", title), *children])


def facts_list(pairs: Iterable[tuple[str, str]], *, paired: bool = False) -> Html:
    """Return a list of names and values; one without a value is left out. ``paired``: two to a line, the last alone."""
    told = [joined([tag("dt", name), tag("dd", value)]) for name, value in pairs if value]
    return tag("dl", *told, class_="pairs") if paired else tag("dl", *told)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: frozenset[int] = frozenset()) -> Html:
    """Return a table; ``numbers`` are the columns set right with figures of equal width."""
    kinds = [{"class_": "n"} if place in numbers else {} for place in range(len(header))]
    head = tag("tr", *(tag("th", name, scope="col", **kind) for name, kind in zip(header, kinds, strict=True)))
    body = [tag("tr", *(tag("td", cell, **kind) for cell, kind in zip(row, kinds, strict=True))) for row in rows]
    return tag("table", tag("thead", head), tag("tbody", *body))


def page(title: str, *children: str, words: Words, eyebrow: str, lead: str, banner: str, footer: str) -> bytes:
    """Return a whole page in UTF-8; ``banner`` is left out when empty. Nothing is loaded from anywhere."""
    top = [tag("p", eyebrow, class_="eyebrow"), tag("h1", title), tag("p", lead, class_="lead")]
    warning = [tag("p", banner, class_="banner", role="note")] if banner else []
    main = tag("main", *top, *warning, *children)
    return (
        f'<!doctype html>\n<html lang="{words.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{html.escape(title)} · {html.escape(eyebrow)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{main}\n{tag('footer', footer)}\n</body>\n</html>\n"
    ).encode()
