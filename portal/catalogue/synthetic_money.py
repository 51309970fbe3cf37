"""What the journey cost and who was paid. The dollar amount follows the local one, mistakes of entry included."""

import numpy as np
import numpy.typing as npt

from portal.catalogue.synthetic_reference import assumed, params
from portal.catalogue.synthetic_route import band_of
from portal.catalogue.synthetic_sheet import Mask, Sheet, Texts, answered, chosen, mapped, texts

BAND_EDGES = (1.0, 100.0, 500.0, 1000.0, 2500.0, 5000.0)
BANDS = ("c0", "c1", "c2", "c3", "c4", "c5", "c6")
MONEY_UNKNOWN, MONEY_REFUSED, SIGMA = 0.08, 0.03, 0.7
AMERICAS_SMUGGLER = {2022: 0.49, 2023: 0.34}


def _amounts(values: npt.NDArray[np.float64], digits: int) -> Texts:
    return texts([f"{value:.{digits}f}" for value in values.tolist()])


def _median(sheet: Sheet) -> npt.NDArray[np.float64]:
    cluster = mapped(sheet["cluster"], lambda name: assumed()["cost_median_usd"][name]).astype(float)
    factor = mapped(sheet["route_drawn"], lambda name: assumed()["cost_factor_of_route"].get(name, 1.0)).astype(float)
    return np.where(np.isin(sheet["cluster"], ["LIBYA", "TUNISIA", "ITALY"]), cluster * factor, cluster)


def _cost(sheet: Sheet) -> npt.NDArray[np.float64]:
    currency = mapped(sheet["interview_country"], lambda code: assumed()["currency"].get(code, "USD"))
    rate = mapped(currency, lambda code: assumed()["per_usd"][code]).astype(float)
    paid = _median(sheet) * np.exp(sheet.rng.normal(0, SIGMA, sheet.rows))
    slip = sheet.rng.choice([1.0, 10.0, 100.0], size=sheet.rows, p=[0.99, 0.006, 0.004])
    free = chosen(sheet["finance"], "none")
    local = np.where(free, 0.0, np.round(paid * rate * slip / 5) * 5)
    answer = sheet.put("cost_local", _amounts(local, 0), unknown=MONEY_UNKNOWN, refused=MONEY_REFUSED)
    told = answered(answer)
    sheet.put("cost_currency", currency, told)
    sheet.put("cost_usd", _amounts(local / rate, 2), told, unknown=0, refused=0)
    usd = np.where(told, sheet["cost_usd"], answer).astype(object)
    sheet.put("cost_band", band_of(usd, BAND_EDGES, BANDS), unknown=0, refused=0)
    return paid


def _smuggler_use(sheet: Sheet) -> Mask:
    share = mapped(sheet["cluster"], lambda name: params()["clusters"][name]["smug"]).astype(float)
    year = sheet["month"].astype(np.int64) // 12
    americas = np.isin(sheet["cluster"], ["ANDES", "NECO", "CENTRAL", "MEXICO"])
    mean = {
        when: share[americas & (year == when)].mean() for when in AMERICAS_SMUGGLER if (americas & (year == when)).any()
    }
    for when, level in mean.items():
        rows = americas & (year == when)
        share[rows] = np.clip(share[rows] * AMERICAS_SMUGGLER[when] / level, 0, 0.95)
    luck = sheet.rng.random(sheet.rows)
    use = np.where(luck < share, np.where(luck < share * 0.42, "several", "one"), "no").astype(object)
    return np.isin(sheet.put("smuggler_use", use), ["one", "several"])


def _smugglers(sheet: Sheet, paid: npt.NDArray[np.float64]) -> None:
    used = _smuggler_use(sheet)
    sheet.put_many("smuggler_reason", used)
    sheet.put_single("smuggler_contact", used)
    sheet.put_many("smuggler_services", used)
    sheet.put_single("smuggler_payment", used)
    fee = _amounts(np.round(paid * sheet.rng.uniform(0.4, 0.95, sheet.rows), 0), 0)
    sheet.put("smuggler_fee_usd", fee, used, unknown=MONEY_UNKNOWN, refused=MONEY_REFUSED)
    sheet.put_single("smuggler_misled", used)


def draw_money(sheet: Sheet) -> None:
    """Fill sections 09 and 10, free text aside."""
    finance = sheet.put_many("finance")
    paid = _cost(sheet)
    owing = chosen(finance, "loan") | chosen(finance, "smuggler_credit")
    debt = np.round(paid * sheet.rng.uniform(0.2, 1.4, sheet.rows), 2)
    sheet.put("debt_usd", _amounts(debt, 2), owing, unknown=MONEY_UNKNOWN, refused=MONEY_REFUSED)
    sheet.put_yes("bribe_paid", assumed()["yes"]["bribe_paid"])
    _smugglers(sheet, paid)
