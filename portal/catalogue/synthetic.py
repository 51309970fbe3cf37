"""Draws synthetic 4Mi interviews: `python -m portal.catalogue.synthetic ROWS OUT.csv`. No real interview is in it."""

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from portal.catalogue.synthetic_dirt import repeat_nearly, soil
from portal.catalogue.synthetic_events import incidents_csv
from portal.catalogue.synthetic_field import draw_field_work, draw_quality
from portal.catalogue.synthetic_harm import draw_harm
from portal.catalogue.synthetic_interview import CORE, EXTRA, draw_interviews
from portal.catalogue.synthetic_money import draw_money
from portal.catalogue.synthetic_ona import Survey, codebook_csv, to_ona_csv
from portal.catalogue.synthetic_planted import plant
from portal.catalogue.synthetic_profile import draw_profile
from portal.catalogue.synthetic_reasons import draw_needs, draw_other_instruments, draw_reasons, refuse_often
from portal.catalogue.synthetic_reference import variables
from portal.catalogue.synthetic_route import draw_route
from portal.catalogue.synthetic_sheet import Sheet
from portal.catalogue.synthetic_text import draw_text

__all__ = ["Survey", "codebook_csv", "draw", "to_ona_csv"]
NOT_IN_A_RAW_FILE = {"record_id"}


def _checked(rows: int, instruments: Collection[str]) -> None:
    if rows < 1:
        raise ValueError("rows: below 1; ask for at least one interview")
    unknown = set(instruments) - {*CORE, *EXTRA, "smuggler"}
    if unknown or not instruments:
        raise ValueError(f"instruments: not drawn here: {', '.join(sorted(unknown)) or 'none given'}")
    if "smuggler" in instruments and len(set(instruments)) > 1:
        raise ValueError("instruments: smuggler rows go in a file of their own")


def draw(rows: int, seed: int, *, dirt: bool = True, instruments: Collection[str] = CORE) -> Survey:
    """Draw a survey of `rows` interviews, the same for the same arguments.

    Parameters
    ----------
    rows : interviews sent, 1 or more; from about 3,000 on every rare profile finds its place.
    seed : recorded in `form_version` as synthetic-VERSION-seedSEED.
    dirt : whether cells are misspelt, dates mangled and interviews sent twice.
    instruments : of core_migrant, covid, youth, returns, urban, ukraine; or smuggler alone.

    Raises
    ------
    ValueError
        If rows is below 1, or the instruments are unknown or may not share a file.
    """
    _checked(rows, instruments)
    sheet = Sheet(np.random.default_rng([seed, rows]), rows)
    draw_interviews(sheet, instruments, f"seed{seed}")
    draw_field_work(sheet)
    planter = plant(sheet)
    draw_profile(sheet)
    draw_route(sheet)
    draw_reasons(sheet)
    draw_money(sheet)
    draw_harm(sheet)
    draw_needs(sheet)
    draw_other_instruments(sheet)
    draw_quality(sheet, refuse_often(sheet))
    markers = draw_text(sheet, planter)
    if dirt:
        repeat_nearly(sheet, planter)
    written, repeats = soil(sheet, planter) if dirt else ({}, ())
    names = [name for name in variables() if name not in NOT_IN_A_RAW_FILE]
    frame = pd.DataFrame({name: pd.array(sheet[name], dtype="str") for name in names})
    return Survey(frame, markers, tuple(planter.found), seed, written, repeats)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a synthetic survey, its codebook, incidents and leak markers beside each other."""
    parser = argparse.ArgumentParser(description="Write synthetic 4Mi interviews: no person stands behind any of them.")
    parser.add_argument("rows", type=int, help="number of interviews, 1 or more")
    parser.add_argument(
        "out", type=Path, help="CSV to write; .codebook.csv, .incidents.csv and .markers.txt go beside it"
    )
    parser.add_argument("--seed", type=int, default=4)
    chosen = parser.parse_args(arguments)
    survey = draw(chosen.rows, chosen.seed)
    files = {
        ".csv": to_ona_csv(survey),
        ".codebook.csv": codebook_csv(survey),
        ".incidents.csv": incidents_csv(survey),
        ".markers.txt": "\n".join(survey.markers).encode() + b"\n",
    }
    for suffix, content in files.items():
        path = chosen.out.with_suffix(suffix)
        path.write_bytes(content)
        sys.stdout.write(f"synthetic: {path} ({len(content):,} bytes)\n")


if __name__ == "__main__":
    main()
