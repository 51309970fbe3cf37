"""Days as a reader of French writes them: the first of a month is an ordinal, the others are not."""

import datetime as dt

import pytest
from flask import render_template_string
from flask_babel import force_locale

from portal import i18n
from portal.agreements import words as agreement_words
from portal.auth import words as auth_words

FIRST, OTHER = dt.date(2026, 5, 1), dt.date(2026, 5, 21)


@pytest.mark.parametrize(
    ("day", "form", "language", "said"),
    [
        (FIRST, "long", "fr", "1er mai 2026"),
        (OTHER, "long", "fr", "21 mai 2026"),
        (dt.date(2026, 8, 1), "medium", "fr", "1er août 2026"),
        (dt.date(2026, 1, 1), "medium", "fr", "1er janv. 2026"),
        (dt.date(2026, 11, 11), "medium", "fr", "11 nov. 2026"),
        (FIRST, "long", "en_GB", "1 May 2026"),
    ],
)
def test_the_first_of_a_month_is_an_ordinal_in_french(app, day, form, language, said):
    with app.test_request_context(), force_locale(language):
        assert render_template_string("{{ day|dateformat(form) }}", day=day, form=form) == said


def test_moments_and_the_days_of_letters_say_it_too(app):
    with app.test_request_context(), force_locale("fr"):
        assert ">1er mai 2026, 08:00<" in i18n.localtime(dt.datetime(2026, 5, 1, 8, tzinfo=dt.UTC))
        assert agreement_words.day("2026-05-01") == "1er mai 2026"
        assert auth_words.day(FIRST) == {"label_en": "1 May 2026", "label_fr": "1er mai 2026"}
