"""Contents of packages for the tests: a small protected file that keeps k = 5, drawn with a seed."""

import datetime as dt
import random

import pandas as pd

from portal.exports.package import Diversity, PackageContent, PackagedVariable, Scope

KEYS = ("region", "country", "year", "gender")
RISKS = {
    "physical": ("Physical violence", "Violence physique"),
    "sexual": ("Sexual violence", "Violence sexuelle"),
    "robbery": ("Robbery", "Vol"),
}
DRIVERS = {
    "conflict": (
        "Armed conflict, generalised violence, and insecurity",
        "Conflit armé, violence généralisée et insécurité",
    ),
    "economic": ("Economic reasons", "Raisons économiques"),
}
YES_NO = {"yes": ("Yes", "Oui"), "no": ("No", "Non")}
COUNTRIES = {"NER": ("Niger", "Niger"), "LBY": ("Libya", "Libye"), "NA": ("Namibia", "Namibie")}


def variables():
    def one(name, english, french, type_="single", **more):
        return PackagedVariable(name=name, label_en=english, label_fr=french, type=type_, **more)

    return (
        one("region", "MMC region", "Région du MMC", choices={"WANA": ("West and North Africa", "Afrique de l'Ouest et du Nord")}, treatment="key_level"),
        one("country", "Country of interview", "Pays de l'entretien", choices=COUNTRIES, treatment="key_level", missing=(".s",)),
        one("year", "Year", "Année", "integer", treatment="key_level"),
        one("gender", "Gender", "Genre", choices={"man": ("Man", "Homme"), "woman": ("Woman", "Femme")}, treatment="key_level"),
        one("drivers", "Reasons for leaving", "Raisons du départ", "multiple", choices=DRIVERS, missing=("", ".d", ".n")),
        one("exp_types", "Abuses experienced", "Abus subis", "multiple", choices=RISKS, sensitivity=4, universe="exp_any = yes", versions=("v2_2017", "v3_2021")),
        one("smuggler_use", "Used a smuggler", "A eu recours à un passeur", choices=YES_NO, sensitivity=2),
        one("balance", "Balance of debts", "Solde des dettes", "integer"),
        one("cost", "Cost in dollars", "Coût en dollars", "decimal"),
        one("remark", "Remark", "Remarque", "text"),
    )  # fmt: skip


def frame(per_class=6, seed=7):
    draw = random.Random(seed)
    rows = []
    classes = [("WANA", c, y, g) for c in ("NER", "LBY", "NA") for y in ("2019", "2020") for g in ("man", "woman")]
    classes.append(("WANA", ".s", "2020", "woman"))
    for keys in classes:
        for place in range(per_class):
            abuse = (
                "sexual robbery" if place % 3 == 0 else draw.choice(["0", "physical", "robbery", "physical robbery"])
            )
            drivers = draw.choice(["economic", "conflict economic", "0", "", ".d", ".n"])
            rows.append([*keys, drivers, abuse, draw.choice(["yes", "no", ".r"]), str(draw.randint(-900, 900)), f"{draw.uniform(-5, 900):.2f}", draw.choice(["plain", "accentué", "=1+1", "-x"])])  # fmt: skip
    table = pd.DataFrame(rows, columns=[v.name for v in variables()], dtype="str")
    table.insert(0, "record_id", pd.Series([f"R{place:05d}" for place in range(len(table))], dtype="str"))
    return table


def a_content(**changes):
    language = changes.get("language", "en")
    values = {
        "reference": "MMC-4Mi-2026-0042 v1",
        "title_en": "4Mi core survey",
        "title_fr": "Enquête principale 4Mi",
        "version": 1,
        "tier": "partner",
        "rule_set": "partner-default",
        "rule_set_version": "1",
        "k": 5,
        "keys": KEYS,
        "frame": frame(),
        "variables": variables(),
        "agreement_title": "Data sharing 2026",
        "agreement_number": "MoU-2026-07",
        "organisation": "Institute of <Migration> & Studies",
        "recipients": ("Amina Diallo", "Jean Ngo"),
        "purpose": "Study of routes",
        "request_reference": "R-2026-0042",
        "created_at": dt.datetime(2026, 11, 21, 9, 30, 7, tzinfo=dt.UTC),
        "language": language,
        "synthetic": True,
        "diversity": (Diversity(variable="exp_types", code="sexual", max_share=0.5, min_no=2),),
        "scope": Scope(regions=("Afrique de l’Ouest et du Nord" if language == "fr" else "West and North Africa",), countries=("Niger", "Libye" if language == "fr" else "Libya"), years=("2019", "2020")),
        "counts": {"received": 100, "duplicates": 4, "no_consent": 6, "eligible": 90, "selected": 78},
        "report": {"k": 5, "suppressed_cells": 6},
        "attack": {"prosecutor": {"records_at_risk": 0, "passed": True}, "homogeneity": {"records_at_risk": 0, "passed": True}},
        "methodology": ("Une note." if language == "fr" else "One note.",),
        "terms": ("Share drafts.",),
        "sources": (),
        "destroy_by": dt.date(2027, 6, 1),
    }  # fmt: skip
    return PackageContent(**values | changes)
