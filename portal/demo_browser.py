"""A small browser for the demonstration: it signs in, reads forms and sends them, over real HTTP."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import requests

TIMEOUT = 120
Fields = list[tuple[str, str]]


class Refused(RuntimeError):
    """The portal answered otherwise than the story expects."""


@dataclass
class FoundForm:
    """A form of a page: where it goes and what it would send untouched."""

    action: str
    method: str
    fields: Fields = field(default_factory=list)


class Page(HTMLParser):
    """The forms of a page, its links, and the states that its ``data-state`` attributes tell."""

    def __init__(self, url: str, html: str) -> None:
        super().__init__()
        self.url, self.html = url, html
        self.forms: list[FoundForm] = []
        self.links: list[str] = []
        self.states: list[str] = []
        self._select = self._area = ""
        self._open = self._chosen = False
        self._first: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what a browser would."""
        has = {name: value or "" for name, value in attrs}
        if "data-state" in has:
            self.states.append(has["data-state"])
        if tag == "a" and has.get("href"):
            self.links.append(urljoin(self.url, has["href"]))
        if tag == "form":
            self.forms.append(FoundForm(urljoin(self.url, has.get("action", "")), has.get("method", "get").lower()))
            self._open = True
        if self._open and tag in {"input", "select", "option", "textarea"}:
            self._collect(tag, has)

    def _collect(self, tag: str, has: Mapping[str, str]) -> None:
        sends = self.forms[-1].fields
        kind = has.get("type", "text")
        if (
            tag == "input"
            and has.get("name")
            and (kind not in {"checkbox", "radio", "file", "submit"} or "checked" in has)
        ):
            sends.append((has["name"], has.get("value", "")))
        if tag == "select":
            self._select, self._first, self._chosen = has.get("name", ""), None, False
        if tag == "option" and "selected" in has:
            sends.append((self._select, has.get("value", "")))
            self._chosen = True
        if tag == "option" and self._first is None:
            self._first = has.get("value", "")
        if tag == "textarea":
            self._area = has.get("name", "")
            sends.append((self._area, ""))

    def handle_data(self, data: str) -> None:
        """Fill in what a text area holds."""
        if self._area and data.strip():
            self.forms[-1].fields[-1] = (self._area, data.strip())

    def handle_endtag(self, tag: str) -> None:
        """Close forms and text areas; a choice nobody touched sends its first option, as browsers do."""
        if tag == "form":
            self._open = False
        if tag == "textarea":
            self._area = ""
        if tag == "select" and self._open and not self._chosen and self._first is not None:
            self.forms[-1].fields.append((self._select, self._first))

    def form(self, action: str) -> FoundForm:
        """Return the form whose address ends like this; raises Refused if the page has none."""
        for one in self.forms:
            if one.action.rstrip("/").endswith(action):
                return one
        raise Refused(f"{self.url}: has no form for …{action}")

    def form_with(self, name: str, *values: str) -> FoundForm:
        """Return the form that would send one of ``values`` as ``name``; raises Refused if none would."""
        for one in self.forms:
            if any((name, value) in one.fields for value in values):
                return one
        raise Refused(f"{self.url}: has no form that sends this {name}")


class Browser:
    """One person's browser."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.headers["Accept-Language"] = "en"

    def get(self, path: str) -> Page:
        """Open a page."""
        return self._page(self._session.get(urljoin(self._address, path), timeout=TIMEOUT))

    def send(
        self,
        form: FoundForm,
        changes: Mapping[str, str | Iterable[str]],
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> Page:
        """Send a form with some of its fields changed; a list of values is sent as repeated fields."""
        kept = [(name, value) for name, value in form.fields if name not in changes]
        for name, value in changes.items():
            kept += [(name, value)] if isinstance(value, str) else [(name, one) for one in value]
        return self._page(self._session.post(form.action, data=kept, files=files, timeout=TIMEOUT))

    def sign_in(self, email: str, password: str, code: str) -> None:
        """Sign in with password and one-time code."""
        page = self.get("/sign-in")
        page = self.send(page.form("/sign-in"), {"email": email, "password": password})
        self.send(page.form("/sign-in/code"), {"code": code})

    def download(self, form: FoundForm, folder: Path) -> Path:
        """Fetch a release through its form into a folder; return the file."""
        answer = self._session.post(form.action, data=form.fields, timeout=TIMEOUT, stream=True)
        self._refuse(answer)
        name = answer.headers["Content-Disposition"].split('filename="')[1].split('"')[0]
        folder.mkdir(mode=0o700, exist_ok=True)
        target = folder / Path(name).name
        with target.open("wb") as file:
            for chunk in answer.iter_content(65536):
                file.write(chunk)
        return target

    def _page(self, answer: requests.Response) -> Page:
        self._refuse(answer)
        return Page(answer.url, answer.text)

    def _refuse(self, answer: requests.Response) -> None:
        if answer.status_code >= 400:
            raise Refused(f"{answer.request.method} {answer.request.path_url}: answered {answer.status_code}")
