"""What holds for every page because it holds for the parts: no inline code, shapes beside colours, light pages."""

import gzip
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask import render_template_string
from jinja2 import StrictUndefined

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "mail" not in path.parts)
WORDS = {"approved_in_part": "Approved in part", "held": "Held", "expired": "Expired", "offered": "Offer to accept"}

pytestmark = pytest.mark.rebuilds  # templates are drawn here by an environment that lets nothing be undefined


def _words(path):
    return re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def _icons():
    tree = ET.parse(ROOT / "static/icons.svg")  # noqa: S314 -- our own file
    return {symbol.attrib["id"] for symbol in tree.getroot()}


@pytest.fixture
def render(app):
    app.jinja_env.undefined = StrictUndefined

    def draw(source, **values):
        parts = '{% import "_macros.html" as ui %}{% import "_fields.html" as field %}'
        with app.test_request_context("/"):
            return render_template_string(parts + source, **values)

    return draw


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_template_carries_inline_script_or_style(path):
    source = _words(path)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:|\shx-on", source)
    assert all("src=" in tag for tag in re.findall(r"<script\b[^>]*>", source))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_icon_a_template_names_is_drawn(path):
    named = set(re.findall(r"""\bicon\(["']([a-z-]+)["'][,)]""", _words(path)))
    named |= set(re.findall(r"""\bicon_name=["']([a-z-]+)["'][,)]""", _words(path)))
    assert named <= _icons()


def test_the_style_sheet_loads_nothing_from_elsewhere():
    sheet = (ROOT / "static/portal.css").read_text(encoding="utf-8")
    assert "url(" not in sheet
    assert "@import" not in sheet


def test_every_status_has_a_drawn_shape_and_words(render):
    source = (ROOT / "templates/_macros.html").read_text(encoding="utf-8")
    shapes = dict(re.findall(r'"([a-z_]+)": \("([a-z-]+)", "[a-z]+", _\(', source))
    assert set(shapes.values()) <= _icons()
    assert len(shapes) > 30
    for value, shape in shapes.items():
        html = render("{{ ui.status(value) }}", value=value)
        assert f"#{shape}" in html
        assert re.sub(r"<[^>]+>", "", html).strip()
    for value, words in WORDS.items():
        assert words in render("{{ ui.status(value) }}", value=value)


@pytest.mark.parametrize(("level", "words"), [(1, "Green"), (2, "Green"), (3, "Amber"), (4, "Red"), ("red", "Red")])
def test_a_sensitivity_is_told_in_words_too(render, level, words):
    assert words in re.sub(r"<[^>]+>", "", render("{{ ui.sensitivity(level, true) }}", level=level))


def test_how_the_thing_ended_is_said_instead_of_ended(render):
    assert "Expired" in render('{{ ui.status("ended", ended_as="expired") }}')


def test_a_field_ties_hint_and_error_to_the_input_and_keeps_the_value(render):
    html = render('{{ field.text("goal", "Goal", value, error=["Too short."], hint="Two words") }}', value='a "b" <i>')
    assert 'aria-describedby="f-goal-hint f-goal-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'value="a &#34;b&#34; &lt;i&gt;"' in html
    assert 'id="f-goal-error"' in html


def test_the_errors_summary_links_to_its_fields(render):
    html = render("{{ field.error_summary(errors) }}", errors={"goal": ["Too short."], "_schema": ["Stale."]})
    assert 'href="#f-goal"' in html
    assert html.count("<a ") == 1


def test_the_first_choice_of_a_list_carries_the_summary_s_target(render):
    source = '{{ field.checkboxes("v", "V", groups=[("A", [("1", "One")]), ("B", [("2", "Two")])], values=[2]) }}'
    html = render(source)
    assert re.search(r'id="f-v" name="v" value="1">', html)
    assert re.search(r'id="f-v-2" name="v" value="2" checked>', html)


def test_a_password_is_never_written_back_and_a_code_never_autofilled_from_a_draft(render):
    assert 'value=""' in render("{{ field.password() }}")
    html = render("{{ field.code() }}")
    assert 'autocomplete="one-time-code"' in html
    assert 'data-secret="code"' in html


def test_every_button_that_changes_something_posts_a_token(render):
    html = render('{{ ui.post_button("/x", "Do", {"lock": 3}, confirm="Sure?") }}')
    assert 'method="post"' in html
    assert 'name="csrf_token"' in html
    assert 'name="lock" value="3"' in html
    assert "Sure?" in html


def test_a_running_job_asks_again_and_a_finished_one_does_not(render):
    source = '{{ ui.stages([{"label": "Read", "state": state}], poll_url=poll, refresh_url="/r") }}'
    running = render(source, state="current", poll="/s")
    assert 'hx-get="/s"' in running
    assert 'href="/r"' in running
    done = render(source, state="done", poll="")
    assert "hx-get" not in done
    assert "Done: all 1 stages." in done


def test_a_page_weighs_less_than_100_kb_before_data(client):
    page = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert page.status_code == 200
    assert "gzip" in page.headers.get("Content-Encoding", "")
    paths = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', client.get("/").text))
    sizes = {}
    for path in paths:
        with client.get(path, headers={"Accept-Encoding": "gzip"}) as part:
            sizes[path] = len(part.data)
    assert any(path.startswith("/static/site.css?v=") for path in sizes)
    assert len(page.data) + sum(sizes.values()) < 100_000, sizes


@pytest.mark.parametrize("path", ["/", "/privacy", "/nothing-here"])
def test_every_page_says_its_language_and_lets_the_keyboard_skip(client, path):
    html = client.get(path).text
    assert '<html lang="en" dir="ltr">' in html
    assert 'class="skip" href="#main"' in html
    assert '<main id="main"' in html


def test_a_file_is_kept_for_a_year_under_the_digest_of_its_content_and_no_longer_without(client):
    address = re.search(r"/static/site.css\?v=[0-9a-f]+", client.get("/").text)[0]
    kept = client.get(address)
    assert kept.cache_control.immutable
    assert kept.cache_control.max_age == 31536000
    assert client.get("/static/site.css").cache_control.no_cache
    assert client.get(address, headers={"If-None-Match": kept.headers["ETag"]}).status_code == 304
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == kept.data


@pytest.mark.parametrize("name", ["../config.py", "..%2fconfig.py", "nothing.css", "%00", "vendor"])
def test_only_known_files_are_served(client, name):
    assert client.get(f"/static/{name}").status_code == (400 if name == "%00" else 404)
