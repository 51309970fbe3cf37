"""Figures of tools that do not install from the package index, recorded once; bench prints them beside ours.

Source: measured for this project on this class of machine, CPU seconds of one process, on the tables of
``bench/keys.py`` and on UCI Adult (30,162 complete rows):

- sdcMicro 5.8.1 (R): freqCalc and indivRisk; suda2; local suppression, where a missing key matches everything.
- ARX 3.9.2 (Java): cell suppression, counted strictly; the optimum of its loss metric at 0.5.
- GaussSuppression 1.2.3 (R): the cells it hides besides those of the rule.
"""

from bench.common import Peer, Run

SDCMICRO = "sdcMicro 5.8.1"
ARX = "ARX 3.9.2"
GAUSS = "GaussSuppression 1.2.3"

RISK_1M = Peer(SDCMICRO, 2.98)
RISK_10M = Peer(SDCMICRO, 39.0)  # 39 to 47 s in several runs
RISK_10M_GB = Peer(SDCMICRO, 3.7)
SUDA_100K = Peer(SDCMICRO, 4.76)
SUDA_1M = Peer(SDCMICRO, 12.0)
SUDA_THREE = Peer(SDCMICRO, None, "sdcMicro cannot stop at sets of 3")
STRICT_CELLS = {
    ("syng_10000 six", 3): Peer(ARX, 4563),
    ("syng_10000 six", 5): Peer(ARX, 7090),
    ("syng_10000 eight", 3): Peer(ARX, 15814),
    ("syng_100000 six", 3): Peer(ARX, 10223),
    ("Adult nine", 3): Peer(ARX, 30489),
    ("Adult nine", 5): Peer(ARX, 38219),
}
STRICT_SECONDS = {("Adult nine", k): Peer(ARX, 3.0) for k in (3, 5)}  # 3 to 5 s
UNTIMED = Peer(ARX, None, "ARX's seconds not recorded")
MATCH_CELLS = {("syng_10000 six", 3): Peer(SDCMICRO, 3900), ("syng_100000 six", 3): Peer(SDCMICRO, 8282)}
MATCH_SECONDS = {("syng_10000 six", 3): Peer(SDCMICRO, 37.0), ("syng_100000 six", 3): Peer(SDCMICRO, 202.0)}
OPTIMUM = {"Adult": Peer(ARX, 6.7), "syn_100000": Peer(ARX, 155.0)}
SAME_SCORE = Peer(ARX, None, "ARX's own optimum, by every node")
HIDDEN = {
    (1768, 3): Peer(GAUSS, 131),
    (1768, 5): Peer(GAUSS, 50),
    (1768, 10): Peer(GAUSS, 45),
    (7072, 3): Peer(GAUSS, 820),
}
HIDING = {(1768, 3): Peer(GAUSS, 1.8), (7072, 3): Peer(GAUSS, 20.5)}
# used where the package index is out of reach: measured on the same tables with anjana 1.2.3 and pycanon 1.3.6
ANJANA = Peer("anjana 1.2.3, recorded", 39.7)
PYCANON = Peer("pycanon 1.3.6, recorded", 13.4)


def live(name: str, made: Run) -> Peer:
    """The figure of a peer that ran beside ours."""
    return Peer(f"{name} {made.version}", round(made.cpu, 3))
