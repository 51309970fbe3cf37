import base64
import io
import unicodedata
import zipfile

import openpyxl
import pytest

from portal.disclosure import readings
from portal.disclosure.leaks import Finding, scan, stated
from portal.disclosure.refusals import BadInput

MARKER = "Sœur Zaïnab chante à midi 7141"
ARABIC = "جملة فريدة للاختبار"


def kinds(data, name="data.csv", markers=(), **more):
    return {one.kind for one in scan({name: data}, markers, **more)}


def a_zip(members, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = comment
    return out.getvalue()


def a_workbook(*cells, title="data", formula=False):
    book = openpyxl.Workbook()
    book.properties.title = title
    for cell in cells:
        book.active.append([cell])
        if not formula:
            book.active.cell(book.active.max_row, 1).data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("marker", [MARKER, ARABIC, "plain ascii marker"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("wrapped", ["plain", "base64", "base64 shifted", "urlsafe"])
def test_a_marker_is_found_in_every_form(marker, form, encoding, wrapped):
    hidden = unicodedata.normalize(form, marker).encode(encoding)
    carried = {
        "plain": hidden,
        "base64": base64.b64encode(hidden),
        "base64 shifted": base64.b64encode(b"a;" + hidden + b";"),
        "urlsafe": base64.urlsafe_b64encode(b"x" + hidden),
    }[wrapped]
    assert kinds(b"a,b\r\n1," + carried + b"\r\n", markers=[marker]) == {"marker"}


def test_a_marker_is_found_at_an_odd_byte_of_utf_16():
    assert "marker" in kinds(b"x" + f"say: {MARKER}".encode("utf-16-le"), "note.bin", [MARKER])


def test_a_finding_tells_where_and_what_but_never_the_value():
    found = scan({"package.zip": a_zip({"deep.zip": a_zip({"notes.txt": MARKER})})}, [MARKER])
    assert Finding("package.zip!deep.zip!notes.txt", "marker", "utf-8", found[0].times) in found
    assert MARKER not in repr(found)
    assert "Zaïnab" not in repr(found)


def test_names_comments_and_document_properties_are_read():
    assert kinds(a_zip({f"{MARKER}.txt": b""}), "p.zip", [MARKER]) == {"marker"}
    assert "marker" in kinds(a_workbook("x", title=MARKER), "p.xlsx", [MARKER])
    assert "marker" in kinds(a_workbook(MARKER), "p.xlsx", [MARKER])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("call +000 88 0174 785 now", "phone number"),
        ("call +227 90 12 34 56 now", "phone number"),
        ("+33 (1) 42.68.53.00", "phone number"),
        ("00227 90123456", "phone number"),
        ("write to amina@example.org", "e-mail"),
        ("16.9742, 7.9865", "coordinate"),
        ("-3.0025;36.8219", "coordinate"),
        ("collect:0110f85192e471ca9", "device id"),
        ("IMEI: 490154203237518", "device id"),
        ("89000286229785412329", "device id"),
        ("3c:5a:b4:01:02:03", "device id"),
        ("uuid:17d6f93b-3f03-4439-ad58-9e925613dfb3", "submission id"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_what_points_to_a_person_or_a_device_is_found(text, kind, encoding):
    assert kinds(f"a\n{text}\n".encode(encoding), "note.txt") == {kind}


def test_what_points_to_a_person_is_found_in_base64_too():
    assert kinds(base64.b64encode(b"write to amina@example.org soon"), "note.txt") == {"e-mail"}


@pytest.mark.parametrize(
    "text",
    [
        "2019-05-01T10:00:00+03:00",
        "2020,2021,2022",
        "0.171672,0.045455",
        "1386,19004,0.072932",
        "rgb 00000000 FF000000",
        "sha256 " + "0123456789abcdef" * 4,
        "7Q4MZ2XKJH3V5W6TYB8N",
        "version 1.2.3",
        "k @ 5",
    ],
)
def test_ordinary_figures_are_no_findings(text):
    assert scan({"report.txt": text.encode()}, []) == []


def test_a_contact_that_is_stated_on_purpose_is_allowed_and_no_other():
    data = b"questions: data@mixedmigration.org, not: amina@example.org"
    assert [one.times for one in scan({"r.txt": data}, [], allowed=["Data@mixedmigration.org"])] == [1]
    assert scan({"r.txt": data[:34]}, [], allowed=["data@mixedmigration.org"]) == []


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-cmd", "@sum", "\tx", " =1", '"=HYPERLINK(""x"")"'])
def test_a_cell_that_a_spreadsheet_would_run_is_found(cell):
    assert "formula" in kinds(f"a,b\r\n1,{cell}\r\n".encode())


@pytest.mark.parametrize("cell", ["-5", "-0.25", "+3", "'=1+1", "a=b", "x@y", ""])
def test_numbers_and_tamed_cells_are_left_in_peace(cell):
    assert "formula" not in kinds(f"a,b\r\n1,{cell}\r\n".encode())


def test_a_formula_in_a_sheet_is_found_and_a_text_that_looks_like_one_is_not():
    assert "formula" in kinds(a_workbook("=1+1", formula=True), "p.xlsx")
    assert kinds(a_workbook("=1+1"), "p.xlsx") == set()


def test_an_archive_that_cannot_be_searched_to_its_end_is_not_called_clean(monkeypatch):
    data = b"x"
    for _ in range(8):
        data = a_zip({"in.zip": data})
    with pytest.raises(BadInput, match="nested deeper than 6"):
        scan({"p.zip": data}, [])
    monkeypatch.setattr(readings, "LARGEST", 10)
    with pytest.raises(BadInput, match="unpacks to more than 10 bytes"):
        scan({"p.zip": a_zip({"a.txt": b"x" * 11})}, [])


def test_a_short_marker_is_looked_for_as_it_stands():
    assert kinds(b"a,b\r\n1,Zq\r\n", markers=["Zq", ""]) == {"marker"}


MEANT = "Send the draft to <a.diallo@iom.example> & call +221 77 123 45 67 (office: 14.6937, -17.4441)"


def test_what_is_quoted_on_purpose_is_no_leak_and_anything_beside_it_is():
    import html
    import json

    pages = {
        "terms.html": f"<p>{html.escape(MEANT)}</p>".encode(),
        "report.json": json.dumps({"purpose": MEANT}).encode(),
        "data.xlsx": a_workbook(MEANT),
    }
    assert {one.kind for one in scan(pages, ())} == {"e-mail", "phone number", "coordinate"}
    assert scan(pages, (), allowed=stated([MEANT])) == []
    row = b"a,b\r\nx,call +221 77 123 45 68 or b.diallo@iom.example\r\n"
    assert kinds(row, allowed=stated([MEANT])) == {"e-mail", "phone number"}
    assert stated(["Nothing to see here, in 2019 and 2020."]) == set()
