"""The main job as a story: from an uploaded survey to a protected file in a partner's hands, over real HTTP.

Each chapter looks first whether it has been told already, so the story may be played again or taken up anywhere.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal import clock
from portal.app import Portal
from portal.audit.verify import State as LogState
from portal.catalogue import synthetic, synthetic_events
from portal.demo_browser import Refused
from portal.demo_cast import Cast, Teller
from portal.demo_state import Stand, State

MANAGERS = {"WANA": "moussa", "ESA": "wanjiru", "EUR": "giulia", "LAC": "lucia", "ASIA": "tariq", "unassigned": "elena"}
IOM_NOTE = {
    "source_note_en": "IOM Missing Migrants Project (missingmigrants.iom.int), incidents that name 4Mi; CC BY 4.0.",
    "source_note_fr": "Projet Migrants disparus de l'OIM (missingmigrants.iom.int), incidents citant 4Mi ; CC BY 4.0.",
}


@dataclass(frozen=True)
class Props:
    """What the story needs beside its cast."""

    incidents: Path
    rows: int
    seed: int
    downloads: Path
    instance: Path
    survey: Callable[[], bytes]


@dataclass(frozen=True)
class Wish:
    """What somebody asks for."""

    dataset: str
    filters: Mapping[str, Sequence[str]]
    families: Sequence[str]
    variables: Sequence[str]
    purpose_text: str
    outputs: str
    reason: str


CORE = Wish(
    dataset="4mi-core",
    filters={"country": ["NER", "LBY", "SDN"], "year": ["2019", "2020"]},
    families=["place", "time", "gender", "age", "origin"],
    variables=[
        *("drivers", "driver_main", "smuggler_use", "finance", "needs_now"),
        *("cost_band", "exp_any", "exp_types", "deaths_seen", "bribe_paid"),
    ],
    purpose_text="Joint report on protection risks along the routes through Niger, Libya and Sudan in 2019 and 2020.",
    outputs="A public report with aggregated tables, reviewed by MMC before publication.",
    reason="The report's chapter on abuses compares groups of risks between routes.",
)
INCIDENTS = Wish(
    dataset="4mi-incidents",
    filters={"country": ["NER", "LBY", "SDN"], "year": ["2019", "2020"]},
    families=["place", "time"],
    variables=["month", "deaths", "cause"],
    purpose_text="Checking the public record of deaths on the routes against what 4Mi interviews reported.",
    outputs="Corrections to the public incident database.",
    reason="Place, month and cause are what the incident database records.",
)


def play(app: Portal, cast: Cast, told: Teller, props: Props) -> None:
    """Tell the whole story; raises Refused at the first step that does not hold."""
    state = State(app)
    told.line("The main job of the 4Mi data portal, with synthetic data and sample people.\n")
    _round(state, cast, told, "4mi-core", lambda: _survey(told, props))
    _round(state, cast, told, "4mi-incidents", lambda: _incident_file(told, props))
    for who in ("amina", "wanjiru", "moussa", "ingrid"):  # while the worker protects
        _ = cast[who]
    for code in ("4mi-core", "4mi-incidents"):
        _sign_off(state, cast, told, code)
    for wish in (CORE, INCIDENTS):
        _ask(state, cast, told, wish)
        _decide(state, cast, told, wish)
        _fetch(state, cast, told, wish, props.downloads)
    _look_back(state, cast, told)


@dataclass(frozen=True)
class File:
    """A file to load, and the words beside it."""

    name: str
    content: bytes
    notes: Mapping[str, str]


def _survey(told: Teller, props: Props) -> File:
    told.line(f"     drawing {props.rows:,} synthetic interviews …")
    return File("synthetic-4mi-core.csv", props.survey(), {})


def _incident_file(told: Teller, props: Props) -> File:
    if props.incidents.is_file():
        return File(props.incidents.name, props.incidents.read_bytes(), IOM_NOTE)
    told.line(f"     no incident file at {props.incidents}: the events of the synthetic survey take its place")
    survey = synthetic.draw(props.rows, props.seed)
    return File("synthetic-incidents.csv", synthetic_events.incidents_csv(survey), {})


def _round(state: State, cast: Cast, told: Teller, code: str, make: Callable[[], File]) -> None:
    """A data steward loads a round, reads its report, confirms what each variable is, and publishes it."""
    version = state.version(code)
    if version is None:
        file = make()
        form = cast["david"].get("/catalogue/upload").form("/upload")
        sent = {"file": (file.name, file.content)}
        cast["david"].send(form, {"dataset": state.dataset(code), **file.notes}, sent)
        told.step(f"David, data steward, loaded {file.name} ({len(file.content) / 1e6:.1f} MB, sealed as it arrived)")
    told.wait("reading the file", lambda: _version(state, code).status != "received")
    version = _version(state, code)
    if version.status == "refused":
        raise Refused(f"{code}: the file was refused; see its report at /catalogue/versions/{version.ref}")
    if version.status == "checked":
        page = cast["david"].get(f"/catalogue/versions/{version.ref}/roles")
        cast["david"].send(page.form("/roles"), {})
        told.step("David read the validation report and confirmed every variable's role")
        page = cast["david"].get(f"/catalogue/versions/{version.ref}")
        cast["david"].send(page.form("/publish"), {})
    told.step(f"{code}: version published, {version.rows:,} rows, immutable")


def _version(state: State, code: str) -> Stand:
    version = state.version(code)
    if version is None:
        raise Refused(f"{code}: the upload left no version")
    return version


def _sign_off(state: State, cast: Cast, told: Teller, code: str) -> None:
    """The protected files are built and attacked by the worker; a steward and the DPO sign each."""
    ref = _version(state, code).ref
    busy = {"queued", "building"}
    told.wait("protecting and attacking", lambda: all(one.status not in busy for one in state.protected(ref)))
    for file in state.protected(ref):
        if file.status == "held":
            raise Refused(f"{code}, tier {file.detail}: held; see /protected/{file.ref}")
        for who, role in (("david", "steward"), ("ingrid", "dpo")):
            if role not in file.name:
                page = cast[who].get(f"/protected/{file.ref}")
                cast[who].send(page.form("/sign"), {"verdict": "signed", "reason": ""})
        told.step(f"{code}, tier {file.detail}: {file.rows:,} rows protected, attacked, signed by steward and DPO")


def _ask(state: State, cast: Cast, told: Teller, wish: Wish) -> None:
    """A partner's analyst fills in the five steps and submits."""
    amina = cast["amina"]
    stand = state.request(cast.email("amina"), wish.dataset)
    if stand is None:
        form = amina.get("/requests/new").form_with("dataset", wish.dataset, state.dataset(wish.dataset))
        amina.send(form, {})
        stand = _request(state, cast, wish)
    if stand.status != "draft":
        told.step(f"Amina of IOM asked for {wish.dataset} in request {stand.name}")
        return
    ends_on = (clock.today() + dt.timedelta(days=180)).isoformat()
    why = {"purpose": "protection", "purpose_text": wish.purpose_text, "outputs": wish.outputs, "ends_on": ends_on}
    steps: dict[str, dict[str, str | Sequence[str]]] = {
        "rows": {**wish.filters, "families": wish.families},
        "variables": {"variables": wish.variables},
        "why": {**why, "output_kinds": ["public_report"]},
        "team": {"accepted": "yes"},
    }
    for step, values in steps.items():
        form = amina.get(f"/requests/{stand.ref}/edit/{step}").form(f"/edit/{step}")
        if step == "why":
            values |= {name: wish.reason for name, _ in form.fields if name.startswith("reason-")}
        amina.send(form, values | {"go": "next"})
    amina.send(amina.get(f"/requests/{stand.ref}/edit/review").form("/submit"), {})
    stand = _request(state, cast, wish)
    regions = ", ".join(one.detail for one in state.tracks(stand.ref))
    told.step(f"Amina of IOM asked for {wish.dataset}: request {stand.name}, decided by {regions}")


def _request(state: State, cast: Cast, wish: Wish) -> Stand:
    stand = state.request(cast.email("amina"), wish.dataset)
    if stand is None:
        raise Refused(f"{wish.dataset}: the request was not kept")
    return stand


def _decide(state: State, cast: Cast, told: Teller, wish: Wish) -> None:
    """Each region decides its own rows, then the DPO the reduced scope; the requester accepts what remains."""
    stand = _request(state, cast, wish)
    for track in state.tracks(stand.ref):
        who = MANAGERS[track.detail]
        if track.status == "open":
            form = cast[who].get(f"/tracks/{track.ref}").form("/decide")
            cast[who].send(form, {"verb": "approve", "rationale": "Within the agreement.", "code": cast.code(who)})
        told.step(f"{stand.name}: {who.capitalize()} decided the part of {track.detail}")
    stand = _request(state, cast, wish)
    if stand.status == "in_review" and stand.detail == "dpo":
        form = cast["ingrid"].get(f"/requests/{stand.ref}/officer").form("/officer")
        verdict = {"verb": "approve", "rationale": "Necessary for the purpose, aggregated outputs."}
        cast["ingrid"].send(form, verdict | {"code": cast.code("ingrid")})
        told.step(f"{stand.name}: Ingrid, data protection officer, decided the reduced scope")
    stand = _request(state, cast, wish)
    if stand.status == "offered":
        cast["amina"].send(cast["amina"].get(f"/requests/{stand.ref}").form("/accept"), {})
        told.step(f"{stand.name}: Amina accepted the resulting scope; the worker builds it")


def _fetch(state: State, cast: Cast, told: Teller, wish: Wish, folder: Path) -> None:
    """The worker has built and attacked the package; a named recipient fetches it."""
    stand = _request(state, cast, wish)
    told.wait("building and attacking the package", lambda: _built(state, stand.ref))
    release = state.release(stand.ref)
    if release is None or release.status != "available":
        raise Refused(f"{stand.name}: no file; {release.detail if release else 'nothing was built'}")
    target = folder / release.name
    if not _holds(target, release.sha256):
        form = cast.proved("amina").get(f"/requests/{stand.ref}").form("/download")
        target = cast["amina"].download(form, folder)
    if not _holds(target, release.sha256):
        raise Refused(f"{stand.name}: the file that arrived is not the one that was released")
    told.step(f"{stand.name}: {release.rows:,} rows delivered in {target}")


def _holds(target: Path, sha256: str) -> bool:
    return target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == sha256


def _built(state: State, request_ref: str) -> bool:
    release = state.release(request_ref)
    return release is not None and release.status in {"available", "held", "ended"}


def _look_back(state: State, cast: Cast, told: Teller) -> None:
    """The DPO opens a request's timeline; the log verifies."""
    stand = _request(state, cast, CORE)
    cast["ingrid"].get(f"/log/request/{stand.ref}")
    report = state.log()
    if report.state is not LogState.OK:
        raise Refused(f"the log does not verify: {report.problem}")
    told.step(
        f"Ingrid looked back at {stand.name}; the log verifies: {report.size:,} events, root {report.root.hex()[:16]}…"
    )
