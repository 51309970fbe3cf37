"""Other spellings that field teams are known to use, and the code each one means.

Only spellings that cannot mean anything else stand here; any other unknown word goes to the steward.
"""

from collections.abc import Mapping
from types import MappingProxyType

SPELLINGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "country": {
            "na": "NAM",  # ISO 3166 alpha-2 of Namibia, which spreadsheets love to swallow
            "cote d'ivoire": "CIV",
            "ivory coast": "CIV",
            "turkey": "TUR",
            "bosnia and herzegovina": "BIH",
            "democratic republic of the congo": "COD",
            "dr congo": "COD",
            "drc": "COD",
            "republic of the congo": "COG",
            "the gambia": "GMB",
            "guinea conakry": "GIN",
            "guinée conakry": "GIN",
            "guinea bissau": "GNB",
            "myanmar": "MMR",
            "burma": "MMR",
            "birmanie": "MMR",
            "viet nam": "VNM",
            "lao pdr": "LAO",
            "syrian arab republic": "SYR",
            "palestine": "PSE",
            "state of palestine": "PSE",
            "united republic of tanzania": "TZA",
            "united states of america": "USA",
            "uk": "GBR",
            "moldova, republic of": "MDA",
            "russian federation": "RUS",
            "iran (islamic republic of)": "IRN",
            "venezuela (bolivarian republic of)": "VEN",
            "bolivia (plurinational state of)": "BOL",
        },
        "place": {
            "kufrah": "KUF",
            "kurfrah": "KUF",
            "al kufrah": "KUF",
            "ougadougou": "OUA",
            "sabhā": "SEB",
            "gatrun": "QTR",
            "al qatrun": "QTR",
            "tunis city": "TUN",
            "djibouti": "DJC",
            "lahj": "LHJ",
            "penang": "PEN",
            "selangor": "SGR",
            "necocli": "NEC",
            "cucuta": "CUC",
            "medellin": "MDE",
            "danli": "DNL",
            "tillaberi": "TLB",
            "tecun uman": "TUM",
            "seguedine": "SGD",
        },
        "risk_types": {
            "trafficking or exploitation": "trafficking",  # worded so in earlier rounds
            "traite ou exploitation": "trafficking",
        },
        "gender": {"m": "man", "f": "woman", "male": "man", "female": "woman", "masculin": "man", "féminin": "woman"},
    }
)
