"""The codebook: what every variable means, and which codes it may hold.

A code is what is stored, a label is what is read: no label of any language ever rests in a canonical frame.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from portal.errors import Invalid

TYPES = ("single", "multiple", "integer", "decimal", "date", "text", "geo")
ROLES = ("direct_identifier", "paradata", "quasi_identifier", "sensitive", "non_confidential")
LANGUAGES = ("en", "fr")
MISSING = MappingProxyType({".d": "dk", ".r": "ref", ".n": "nc", ".s": "sup", "": "na"})
KIND_OF_CODE = MappingProxyType({"dk": ".d", "ref": ".r", "nc": ".n"})
PARENT_LISTS = MappingProxyType(
    {
        "place": "admin1",
        "admin1": "country",
        "country": "m49_subregion",
        "m49_subregion": "m49_region",
        "m49_region": "m49_region",
        "age_band5": "age_band10",
        "age_band10": "age_band_top",
        "education": "education_3",
        "marital": "marital_2",
        "religion": "religion_2",
        "risk_types": "risk_group",
        "perpetrators": "perpetrator_group",
        "detained_by": "perpetrator_group",
        "instrument_version": "instrument",
        "smuggler_use": "yes_no",
    }
)
"""Which list the ``parent_code`` of a list points into."""

VARIABLE_COLUMNS = ("name", "label_en", "label_fr", "section", "type", "choices", "role", "sensitivity")
CHOICE_COLUMNS = ("list", "code", "label_en", "label_fr", "parent_code")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_CODE = re.compile(r"[^\s.][^\s]{0,63}")
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One question, or one value derived from questions."""

    name: str
    label_en: str
    label_fr: str
    section: str
    type: str
    choices: str
    role: str
    sensitivity: int
    hint: str = ""
    universe: str = ""
    missing_codes: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    ona_code: str = ""
    hxl: str = ""

    def label(self, lang: str) -> str:
        """Return the question in ``lang``: "fr" in French, anything else in English."""
        return self.label_fr if lang == "fr" else self.label_en

    def collected_in(self, version: str) -> bool:
        """Say whether an instrument version asked this; no list of versions means all of them."""
        return not self.versions or version in self.versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One code of one list, and the code one level coarser that it belongs to."""

    list: str
    code: str
    label_en: str
    label_fr: str
    parent_code: str = ""

    def label(self, lang: str) -> str:
        """Return the choice in ``lang``: "fr" in French, anything else in English."""
        return self.label_fr if lang == "fr" else self.label_en


@dataclass(frozen=True, slots=True, eq=False)
class Codebook:
    """Variables by name and choices by list and code, both in the order of their files.

    Two codebooks are the same only if they are one object, so that what follows from one can be remembered.
    """

    variables: Mapping[str, Variable]
    choices: Mapping[str, Mapping[str, Choice]]

    def hierarchies(self) -> dict[str, dict[str, str]]:
        """Return, for every list that has parents, each code's parent; "" where a code has none."""
        return {
            name: {code: choice.parent_code for code, choice in codes.items()}
            for name, codes in self.choices.items()
            if any(choice.parent_code for choice in codes.values())
        }

    def label(self, name: str, code: str, lang: str) -> str:
        """Return the label of ``code`` in the list ``name``; kinds of missing have one in every list.

        An unknown code is its own label: a page never breaks on a code that only a newer codebook knows.
        """
        if code in MISSING:
            name, code = "missing_code", MISSING[code]
        choice = self.choices.get(name, {}).get(code)
        return choice.label(lang) if choice is not None else code

    def of_role(self, *roles: str) -> list[str]:
        """Return the names of the variables that hold one of ``roles``."""
        return [variable.name for variable in self.variables.values() if variable.role in roles]


def parse(codebook_csv: bytes, choices_csv: bytes) -> Codebook:
    """Read a codebook and its choices; raise Invalid with every fault found, file by file.

    "NA" is a code like any other: Namibia is not a missing value.
    """
    faults: dict[str, list[str]] = {"codebook": [], "choices": []}
    choices = _choices(_rows(choices_csv, CHOICE_COLUMNS, faults["choices"]), faults["choices"])
    variables = _variables(_rows(codebook_csv, VARIABLE_COLUMNS, faults["codebook"]), faults["codebook"])
    book = Codebook(MappingProxyType(variables), MappingProxyType(choices))
    if not any(faults.values()):
        _check_variables(book, faults["codebook"])
        _check_parents(book, faults["choices"])
    found = {field: reasons[:_SHOWN] for field, reasons in faults.items() if reasons}
    if found:
        raise Invalid(found)
    return book


@lru_cache(maxsize=1)
def reference() -> Codebook:
    """Return the codebook of the core survey that comes with the portal."""
    return parse(reference_bytes("codebook.csv"), reference_bytes("choices.csv"))


def reference_bytes(name: str) -> bytes:
    """Return one of the files of ``portal/catalogue/reference``."""
    return files("portal.catalogue").joinpath("reference").joinpath(name).read_bytes()


def _rows(data: bytes, needed: tuple[str, ...], faults: list[str]) -> list[dict[str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        header = list(reader.fieldnames or ())
        absent = [name for name in needed if name not in header]
        if absent:
            faults.append(f"columns {', '.join(absent)} are missing: save as comma-separated UTF-8 with its header")
            return []
        rows = list(reader)
    except UnicodeDecodeError:
        faults.append("the file is not UTF-8: save it as CSV UTF-8")
        return []
    except csv.Error:
        faults.append("the file is not a readable CSV: a quote is left open or a cell is too long")
        return []
    if any(None in row or None in row.values() for row in rows):
        faults.append("some rows have more or fewer cells than the header: quote the labels that hold commas")
        return []
    return [{key: value.strip() for key, value in row.items()} for row in rows]


def _choices(rows: list[dict[str, str]], faults: list[str]) -> dict[str, dict[str, Choice]]:
    lists: dict[str, dict[str, Choice]] = {}
    for line, row in enumerate(rows, 2):
        codes = lists.setdefault(row["list"], {})
        if not _NAME.fullmatch(row["list"]):
            faults.append(f"line {line}: list is not a name: letters, digits and _ only")
        elif not _CODE.fullmatch(row["code"]):
            faults.append(f"line {line}: code is blank, starts with a dot or holds a space: rename it")
        elif row["code"] in codes:
            faults.append(f"line {line}: code occurs twice in list {row['list']}: keep one")
        elif not (row["label_en"] and row["label_fr"]):
            faults.append(f"line {line}: a label is blank: give it in English and in French")
        else:
            codes[row["code"]] = Choice(**{key: row[key] for key in CHOICE_COLUMNS})
    return lists


def _variables(rows: list[dict[str, str]], faults: list[str]) -> dict[str, Variable]:
    variables: dict[str, Variable] = {}
    for line, row in enumerate(rows, 2):
        fault = _fault(row, variables)
        if fault:
            faults.append(f"line {line}: {fault}")
        else:
            variables[row["name"]] = _variable(row)
    if not variables and not faults:
        faults.append("there is no variable in it: give one per line")
    return variables


def _fault(row: Mapping[str, str], known: Mapping[str, Variable]) -> str:
    rules = (
        (not _NAME.fullmatch(row["name"]), "name is not a name: letters, digits and _ only"),
        (row["name"] in known, "name occurs twice: keep one"),
        (not (row["label_en"] and row["label_fr"]), "a label is blank: give it in English and in French"),
        (row["type"] not in TYPES, f"type is not one of {', '.join(TYPES)}"),
        (row["role"] not in ("", *ROLES), f"role is not one of {', '.join(ROLES)}, nor blank"),
        (row["sensitivity"] not in {"1", "2", "3", "4"}, "sensitivity is not 1, 2, 3 or 4"),
    )
    return next((fact for broken, fact in rules if broken), "")


def _variable(row: Mapping[str, str]) -> Variable:
    versions = tuple(part for part in row.get("versions", "").split(";") if part)
    return Variable(
        **{key: row[key] for key in VARIABLE_COLUMNS if key != "sensitivity"},
        sensitivity=int(row["sensitivity"]),
        hint=row.get("generalisation_hint", ""),
        universe=row.get("universe", ""),
        missing_codes=tuple(part for part in row.get("missing_codes", "").split(";") if part),
        versions=() if "all" in versions else versions,
        ona_code=row.get("ona_code", row.get("ona_code_seen", "")),
        hxl=row.get("hxl", ""),
    )


def _check_variables(book: Codebook, faults: list[str]) -> None:
    known = book.choices.get("instrument_version")
    for variable in book.variables.values():
        closed = variable.type in {"single", "multiple"}
        if closed and variable.choices not in book.choices:
            faults.append(f"{variable.name}: its list of choices is not in the choices: add it")
        if variable.type == "multiple" and "0" in book.choices.get(variable.choices, {}):
            faults.append(f'{variable.name}: its list has a code "0", which means nothing chosen: rename it')
        if known is not None and any(version not in known for version in variable.versions):
            faults.append(f"{variable.name}: versions names one not in instrument_version: add or drop it")


def _check_parents(book: Codebook, faults: list[str]) -> None:
    for name, parents in book.hierarchies().items():
        above = book.choices.get(PARENT_LISTS.get(name, ""))
        wrong = sum(parent not in above for parent in parents.values() if parent) if above is not None else 0
        if wrong:
            faults.append(f"{name}: {wrong} parent codes are not in {PARENT_LISTS[name]}: add or correct them")
