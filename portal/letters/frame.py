"""The HTML part of a letter, made from its plain text: paragraphs, and the link as a button. Nothing is loaded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext
from markupsafe import Markup

LONGEST_BUTTON = 60
PAGE = Markup("""<!doctype html>
<html lang="{language}" dir="ltr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{subject}</title></head>
<body style="margin:0;padding:0;background:#f4f6f6;color:#1b2b30;font-family:Arial,Helvetica,sans-serif">
<div role="article" aria-label="{subject}" lang="{language}" style="max-width:600px;margin:0 auto;padding:24px 16px">
<p style="margin:0 0 16px;font-size:15px;font-weight:bold;color:#0b5363">{portal}</p>
<div style="background:#ffffff;border:1px solid #d5dddf;padding:24px;font-size:16px;line-height:1.5">
<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3">{subject}</h1>
{body}
</div>
<p style="margin:16px 0 0;font-size:14px;line-height:1.5;color:#4b5d63">{footer} {choose}
<a href="{settings}" style="color:#0b5363">{settings}</a></p>
</div>
</body>
</html>
""")
PARAGRAPH = Markup('<p style="margin:0 0 16px">{}</p>')
BUTTON = Markup(
    '<p style="margin:0 0 8px"><a href="{0}" style="display:inline-block;padding:12px 20px;background:#0b5363;'
    'color:#ffffff;text-decoration:none;font-weight:bold">{1}</a></p>'
    '<p style="margin:0 0 16px;font-size:14px;color:#4b5d63;overflow-wrap:anywhere">{0}</p>'
)
LINE = Markup("<br>\n")


@dataclass(frozen=True)
class Page:
    """What a letter's HTML is made of, all of it plain text."""

    language: str
    subject: str
    text: str
    portal_url: str
    footer: str
    choose: str
    settings: str


def dress(page: Page) -> str:
    """Return the HTML part."""
    body = Markup("\n").join(
        part for paragraph in re.split(r"\n\s*\n", page.text) for part in _parts(paragraph.strip(), page.portal_url)
    )
    return str(
        PAGE.format(
            language=page.language,
            subject=page.subject,
            portal=gettext("4Mi data portal"),
            body=body,
            footer=page.footer,
            choose=page.choose,
            settings=page.settings,
        )
    )


def _parts(paragraph: str, portal_url: str) -> Iterator[Markup]:
    """Yield a paragraph, or what stands before a link, the link as a button, and what stands behind it."""
    found = re.search(rf"{re.escape(portal_url)}\S*", paragraph)
    if found is None:
        yield from _text(paragraph)
        return
    *before, asks = paragraph[: found.start()].strip().split("\n")
    label = asks.rstrip(" \u00a0:")  # "See the offer:" is what the button says
    if not label or len(label) > LONGEST_BUTTON:
        before, label = [*before, asks], gettext("Open the portal")
    yield from _text("\n".join(before).strip())
    yield BUTTON.format(found[0], label)
    yield from _parts(paragraph[found.end() :].strip(), portal_url)


def _text(text: str) -> Iterator[Markup]:
    if text:
        yield PARAGRAPH.format(LINE.join(text.split("\n")))
