import pytest

from portal.catalogue import codebook, eventbook
from portal.errors import Invalid

CHOICES = b"list,code,label_en,label_fr,parent_code\ngender,man,Man,Homme,\ngender,woman,Woman,Femme,\n"
HEADER = b"name,label_en,label_fr,section,type,choices,role,sensitivity\n"
GENDER = b"gender,Gender,Genre,04_profile,single,gender,quasi_identifier,1\n"


def complaints(book: bytes, choices: bytes = CHOICES) -> str:
    with pytest.raises(Invalid) as refused:
        codebook.parse(book, choices)
    return str(refused.value)


def test_the_reference_codebook_holds_every_variable_and_list():
    book = codebook.reference()
    assert len(book.variables) == 167
    assert sum(map(len, book.choices.values())) == 1474
    assert book.variables["drivers"].ona_code.startswith("Q78")
    assert {variable.role for variable in book.variables.values()} <= set(codebook.ROLES)


def test_namibia_is_a_country_and_not_a_missing_value():
    assert codebook.reference().label("country", "NAM", "en") == "Namibia"
    read = codebook.parse(HEADER + GENDER.replace(b"gender,Gender", b"NA,Gender"), CHOICES)
    assert list(read.variables) == ["NA"]


@pytest.mark.parametrize(
    ("name", "code", "lang", "label"),
    [
        ("gender", "woman", "en", "Woman"),
        ("gender", "woman", "fr", "Femme"),
        ("gender", ".d", "fr", "Ne sait pas"),
        ("gender", ".r", "en", "Refused"),
        ("gender", ".n", "en", "Not collected in this instrument version"),
        ("gender", ".s", "en", "Suppressed for disclosure control"),
        ("gender", "", "en", "Not applicable (skipped)"),
        ("gender", "from_a_newer_book", "en", "from_a_newer_book"),
    ],
)
def test_every_code_and_every_kind_of_missing_has_a_label(name, code, lang, label):
    assert codebook.reference().label(name, code, lang) == label


def test_hierarchies_climb_from_place_to_region():
    up = codebook.reference().hierarchies()
    assert up["place"]["AGZ"] == "NE001"
    assert up["admin1"]["NE001"] == "NER"
    assert up["country"]["NER"] == "11"
    assert up["m49_subregion"]["11"] == "2"
    assert up["age_band5"]["a2529"] == "b2534"
    assert "gender" not in up


def test_a_version_asks_what_it_lists_and_no_list_means_all():
    book = codebook.reference()
    assert book.variables["gender"].collected_in("v1_2014")
    assert book.variables["danger_any"].collected_in("v3_2021")
    assert not book.variables["danger_any"].collected_in("v2_2017")


def test_a_version_that_no_instrument_has_is_a_fault():
    book = HEADER.replace(b"sensitivity", b"sensitivity,versions") + GENDER.replace(b",1\n", b",1,v9\n")
    choices = CHOICES + b"instrument_version,v1,One,Un,\n"
    assert "not in instrument_version" in complaints(book, choices)


def test_a_variable_has_a_label_in_both_languages():
    gender = codebook.reference().variables["gender"]
    assert (gender.label("en"), gender.label("fr"), gender.label("ar")) == ("Gender", "Genre", "Gender")


def test_a_variable_without_a_role_is_read_and_has_none():
    book = codebook.parse(HEADER + GENDER.replace(b"quasi_identifier", b""), CHOICES)
    assert book.variables["gender"].role == ""
    assert book.of_role("quasi_identifier") == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"gen der,Gender,Genre,s,single,gender,sensitive,1\n", "name is not a name"),
        (GENDER + GENDER, "name occurs twice"),
        (b"gender,Gender,,s,single,gender,sensitive,1\n", "give it in English and in French"),
        (b"gender,Gender,Genre,s,choice,gender,sensitive,1\n", "type is not one of single"),
        (b"gender,Gender,Genre,s,single,gender,secret,1\n", "role is not one of"),
        (b"gender,Gender,Genre,s,single,gender,sensitive,5\n", "sensitivity is not 1, 2, 3 or 4"),
        (b"gender,Gender,Genre,s,single,sex,sensitive,1\n", "its list of choices is not in the choices"),
        (b"gender,Gender,Genre,s,single,gender,sensitive\n", "more or fewer cells than the header"),
        (b"", "no variable in it"),
    ],
)
def test_a_codebook_fault_names_field_fact_and_fix(line, says):
    assert says in complaints(HEADER + line)


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        (b"list,code\ngender,man\n", "columns label_en, label_fr, parent_code are missing"),
        (CHOICES + b"gender,man,Man,Homme,\n", "code occurs twice in list gender"),
        (CHOICES + b"gender,a b,AB,AB,\n", "holds a space"),
        (CHOICES + b"gender,.d,AB,AB,\n", "starts with a dot"),
        (CHOICES + b"gender,x,,AB,\n", "a label is blank"),
        (CHOICES + b"a list,x,AB,AB,\n", "list is not a name"),
        ("list,code,label_en,label_fr,parent_code\ngender,é,É,É,\n".encode("latin-1"), "not UTF-8"),
        (CHOICES + b'gender,"x,Man,Homme,\n', "not a readable CSV"),
        (CHOICES + b"place,AGZ,Agadez,Agadez,NE001\nadmin1,NE002,Diffa,Diffa,NER\n", "parent codes are not in admin1"),
    ],
)
def test_a_fault_of_the_choices_names_field_fact_and_fix(choices, says):
    assert says in complaints(HEADER + GENDER, choices)


def test_zero_cannot_be_a_choice_of_a_multiple_because_it_means_nothing_chosen():
    book = HEADER + b"drivers,Why,Pourquoi,s,multiple,drivers,non_confidential,1\n"
    assert '"0"' in complaints(book, CHOICES + b"drivers,0,None,Aucun,\n")


def test_a_fault_never_repeats_a_cell():
    assert "sentinel" not in complaints(HEADER + b"gender,Gender,Genre,s,sentinel,gender,sensitive,9\n")


def test_the_event_book_stands_alone_and_agrees_with_the_survey_book():
    events, survey = eventbook.reference(), codebook.reference()
    for shared in ("place", "death_cause", "mmc_region_2025", "missing_code"):
        assert dict(events.choices[shared]) == dict(survey.choices[shared])
    for part in ("country", "admin1"):
        assert events.choices[part].items() <= survey.choices[part].items()
    assert all(variable.role for variable in events.variables.values())
    assert events.hierarchies()["place"]["AGZ"] == "NE001"
