import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalogue.textsafe import LONGEST, NAMELESS, file_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../x", "x"),
        ("..\\..\\x.csv", "x.csv"),
        ("C:\\Users\\me\\round 3.csv", "round 3.csv"),
        ("/etc/passwd", "passwd"),
        ("x\0.csv", "x.csv"),
        ("line\r\nbreak.csv", "linebreak.csv"),
        ("4mi\N{RIGHT-TO-LEFT OVERRIDE}fdp.csv", "4mifdp.csv"),
        ("\N{ZERO WIDTH SPACE}", NAMELESS),
        ("", NAMELESS),
        ("..", NAMELESS),
        ("../", NAMELESS),
        (".htaccess", "htaccess"),
        ("données de l'enquête.csv", "données de l'enquête.csv"),
        ("تقرير.csv", "تقرير.csv"),
        ('a<b>"c".csv', "abc.csv"),
    ],
)
def test_a_name_keeps_what_is_a_name_and_loses_what_is_a_path(given_name, kept):
    assert file_name(given_name) == kept


def test_a_long_name_is_cut_within_255_bytes_and_keeps_its_ending():
    made = file_name("é" * 300 + ".csv")
    assert made.endswith("é.csv")
    assert len(made.encode()) in {LONGEST - 1, LONGEST}


@given(st.text(max_size=400))
def test_no_name_can_leave_its_folder_or_hide_its_ending(given_name):
    made = file_name(given_name)
    assert made
    assert len(made.encode()) <= LONGEST
    assert made not in {".", ".."}
    assert not set(made) & set("/\\\0\r\n\u202e\u2066")
    assert file_name(made) == made


@pytest.mark.parametrize("given_name", ["x" * 300, "x" * 250 + "." + "y" * 100, "." * 300 + "z" * 300])
def test_a_name_without_a_real_ending_is_cut_at_255_bytes(given_name):
    assert len(file_name(given_name)) == LONGEST
