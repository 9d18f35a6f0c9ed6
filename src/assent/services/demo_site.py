"""The demonstration as a site: composite people, three weeks of searches behind it, and work waiting for every role.

Everything is done through the same services as real work; only the clock is turned back while the past is played.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assent.errors import InvalidInput, Refused
from assent.mandates import Licence, ProbeSource, Role, SearchRequest
from assent.people import Bearer, Controller, PersonId, PurposeSlug, make_identifier
from assent.services.add_member import add_member, list_members
from assent.services.create_deployment import create_deployment
from assent.services.define_purpose import define_purpose
from assent.services.demo_cast import (
    DEMONSTRATION,
    PURPOSES,
    REUNITE,
    SEND_PHOTOS,
    STRANGER,
    TEXT_VERSION,
    CastMember,
    load_cast,
    read_group,
    write_forms,
)
from assent.services.describe_controller import describe_controller, translate_purpose
from assent.services.import_people import import_people
from assent.services.invite_person import invite_person
from assent.services.issue_licence import issue_licence
from assent.services.open_case import open_case
from assent.services.open_deployment import open_runtime
from assent.services.renew_personal_link import renew_personal_link
from assent.services.request_search import request_search
from assent.services.run_search import run_search
from assent.services.runtime import Runtime
from assent.services.sign_in.limits import change_setting
from assent.services.sign_in.links import LINK_PATH, LinkKind, make_link, use_link
from assent.settings import Settings

CHANNEL = "web"
ORIGIN = "assent-demo/"
DAYS_BEHIND = 21
MEMBERS = (
    ("steward", (Role.STEWARD,), "tracing"),
    ("searcher", (Role.SEARCHER,), "tracing"),
    ("searcher2", (Role.SEARCHER,), "hospital"),
    ("approver", (Role.APPROVER,), "tracing"),
    ("reviewer", (Role.SEARCHER, Role.APPROVER), "hospital"),
    ("issuer", (Role.ISSUER,), "legal"),
    ("overseer", (Role.OVERSEER,), "oversight"),
)
CONTROLLER = Controller(
    name="Demonstration Tracing Service",
    address="1 Example Street, Exampletown",
    contact="privacy@tracing.example",
    storage_location="This computer",
    authority="The data protection authority of the country",
)
TRANSLATIONS = {
    "nl": {
        REUNITE: "Als iemand die mij mist een foto brengt, mag de opsporingsdienst die met de mijne vergelijken. "
        "Ik beslis wie iets verneemt.",
        SEND_PHOTOS: "De fotodienst van de club mag mij zoeken in foto's van de eigen activiteiten, om mij die te "
        "sturen waarop ik sta.",
    },
    "fr": {
        REUNITE: "Si quelqu'un à qui je manque apporte une photo, le service de recherche peut la comparer avec la "
        "mienne. Je décide qui est informé.",
        SEND_PHOTOS: "Le service photo du club peut me chercher dans les photos de ses propres activités, pour "
        "m'envoyer celles où je figure.",
    },
}
CASES = (("searcher", "R-017", REUNITE), ("searcher", "R-018", REUNITE), ("searcher2", "H-204", REUNITE))
JUSTIFICATION = "A sister brought this photo and asks whether we know where they are."
# Days ago, hour, who, in which case, and the composite person (or group) whose hard picture is brought.
PAST = (
    (20, 9, "searcher", "R-017", "023"),
    (19, 10, "searcher", "R-017", "029"),
    (17, 15, "searcher", "R-017", "stranger"),
    (16, 11, "searcher2", "H-204", "044"),
    (14, 9, "searcher", "R-018", "019"),
    (13, 16, "searcher2", "H-204", "stranger"),
    (12, 10, "searcher", "R-018", "053"),
    (9, 14, "searcher", "R-017", "group"),
    (8, 9, "searcher2", "H-204", "013"),
    (7, 23, "searcher2", "H-204", "060"),
    (6, 11, "searcher", "R-018", "stranger"),
    (5, 10, "searcher", "R-017", "023"),
    (3, 9, "searcher", "R-018", "035"),
    (2, 15, "searcher2", "H-204", "041"),
    (1, 10, "searcher", "R-017", "008"),
)
REFUSED_DAYS = (18, 11, 4)
SEEN = "023"
"""Whose personal page is given away: somebody whom searches returned."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One ready account; the password is for this demonstration alone and was made for it."""

    handle: str
    roles: tuple[Role, ...]
    password: str


@dataclass(frozen=True, slots=True)
class DemoLink:
    """A one-time or personal link to try, with its title in English."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class FurnishedSite:
    """What was put in place: accounts, links, and the people by the number of their form."""

    accounts: tuple[DemoAccount, ...]
    links: tuple[DemoLink, ...]
    people: dict[str, PersonId]


class TurnedClock:
    """A clock that stands where it is put, and moves a little at every look, so that no two moments are the same."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Tell the time."""
        self.now += timedelta(milliseconds=20)
        return self.now


def furnish_site(settings: Settings, *, say: Callable[[str], None]) -> FurnishedSite:
    """Set up a deployment in the folders of the settings and play its past. Raises DeploymentExists."""
    begin = datetime.now(UTC) - timedelta(days=DAYS_BEHIND)
    clock, cast = TurnedClock(begin), load_cast()
    say("Setting up a deployment")
    create_deployment(settings, administrator="administrator", origin=ORIGIN + make_identifier("d"), clock=clock)
    with open_runtime(settings, clock) as runtime:
        _add_everyone(runtime)
        say(f"Enrolling {len(cast)} composite people")
        people = _enrol(runtime, cast, begin)
        licences = _license(runtime, begin)
        say(f"Playing {len(PAST)} searches of the last three weeks")
        _play_past(runtime, clock, {person.number: person for person in cast}, licences)
        clock.now = datetime.now(UTC) - timedelta(minutes=30)
        _leave_work_waiting(runtime, cast, licences)
        say("Making accounts")
        links = _make_links(runtime, people)
        accounts = _give_passwords(runtime)
    return FurnishedSite(accounts, links, people)


def _add_everyone(runtime: Runtime) -> None:
    administrator = runtime.find_actor("administrator", CHANNEL)
    for handle, roles, unit in MEMBERS:
        add_member(runtime, administrator, handle=handle, roles=roles, unit=unit)
    for slug, text in PURPOSES:
        define_purpose(runtime, administrator, slug=slug, text=text, text_version=TEXT_VERSION)
    for language, texts in TRANSLATIONS.items():
        for slug, text in texts.items():
            translate_purpose(
                runtime, administrator, slug=slug, language=language, text=text, text_version=TEXT_VERSION
            )
    describe_controller(runtime, administrator, CONTROLLER)


def _enrol(runtime: Runtime, cast: tuple[CastMember, ...], begin: datetime) -> dict[str, PersonId]:
    forms = write_forms(cast, (begin - timedelta(days=2)).date())
    report = import_people(runtime, runtime.find_actor("steward", CHANNEL), forms, DEMONSTRATION)
    return dict(report.enrolled)


def _license(runtime: Runtime, begin: datetime) -> dict[str, Licence]:
    issuer = runtime.find_actor("issuer", CHANNEL)
    terms = (
        ("searcher", "searcher", [REUNITE], 60, 90, False, False),
        ("searcher2", "searcher2", [REUNITE], 25, 30, True, False),
        ("with-approval", "searcher", [REUNITE, SEND_PHOTOS], 20, 60, False, True),
    )
    licences = {
        name: issue_licence(
            runtime,
            issuer,
            holder=holder,
            purposes=[PurposeSlug(slug) for slug in purposes],
            ground="Agreement on tracing people who lost contact in the flood.",
            citation="Tracing agreement, section 2",
            valid_from=None,
            valid_until=begin + timedelta(days=days),
            quota=quota,
            is_trial=is_trial,
            needs_approval=needs_approval,
            allows_urgent=needs_approval,
        )
        for name, holder, purposes, quota, days, is_trial, needs_approval in terms
    }
    for handle, number, purpose in CASES:
        open_case(runtime, runtime.find_actor(handle, CHANNEL), number=number, purpose=PurposeSlug(purpose))
    return licences


def _play_past(
    runtime: Runtime, clock: TurnedClock, people: dict[str, CastMember], licences: dict[str, Licence]
) -> None:
    today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    acts = [(days, hour, handle, case, whom) for days, hour, handle, case, whom in PAST]
    acts += [(days, 12, "searcher2", "R-017", "refused") for days in REFUSED_DAYS]
    for days, hour, handle, case, whom in sorted(acts, reverse=True):
        clock.now = max(clock.now, (today - timedelta(days=days)).replace(hour=hour))
        photo, face = _bring(whom, people)
        purpose = SEND_PHOTOS if whom == "refused" else REUNITE
        with suppress(Refused, InvalidInput):
            run_search(
                runtime,
                runtime.find_actor(handle, CHANNEL),
                _ask(licences[handle].id, case, purpose),
                photo,
                face_number=face,
            )


def _bring(whom: str, people: dict[str, CastMember]) -> tuple[bytes, int | None]:
    match whom:
        case "stranger" | "refused":
            return STRANGER.read_bytes(), None
        case "group":
            return read_group("g7.jpg")[0], 2
        case number:
            return people[number].read_picture(3), None


def _ask(licence: str, case: str, purpose: str) -> SearchRequest:
    return SearchRequest(
        licence=licence,
        case_number=case,
        purpose=PurposeSlug(purpose),
        probe_source=ProbeSource.FAMILY,
        justification=JUSTIFICATION,
    )


def _leave_work_waiting(runtime: Runtime, cast: tuple[CastMember, ...], licences: dict[str, Licence]) -> None:
    searcher = runtime.find_actor("searcher", CHANNEL)
    request = _ask(licences["with-approval"].id, "R-018", REUNITE)
    request_search(runtime, searcher, request, cast[11].read_picture(3))


def _make_links(runtime: Runtime, people: dict[str, PersonId]) -> tuple[DemoLink, ...]:
    steward = runtime.find_actor("steward", CHANNEL)
    slugs = [PurposeSlug(slug) for slug, _text in PURPOSES]
    invited = invite_person(runtime, steward, bearer=Bearer.SELF, purposes=slugs)
    seen = people[f"F{SEEN}"]
    return (
        DemoLink(
            "The page of somebody whom two searches returned", f"/p/{renew_personal_link(runtime, steward, seen)}"
        ),
        DemoLink("An invitation to be enrolled, with photos or a camera", f"/i/{invited.token}"),
    )


def _give_passwords(runtime: Runtime) -> tuple[DemoAccount, ...]:
    """Give every account a password by a one-time link, as an administrator would, and ask for no second factor."""
    administrator = runtime.find_actor("administrator", CHANNEL)
    change_setting(runtime, administrator, name="needs_second_factor", value=0)
    change_setting(runtime, administrator, name="idle_minutes", value=120)
    accounts = []
    for member in list_members(runtime):
        with runtime.database.transaction() as transaction:
            path = make_link(runtime, transaction, member, LinkKind.SET_UP, actor=administrator)
        password = make_password()
        use_link(runtime, path.removeprefix(LINK_PATH), password=password, repeated=password, browser="")
        accounts.append(DemoAccount(member.handle, tuple(sorted(member.roles)), password))
    return tuple(accounts)


def make_password() -> str:
    """Make a password that can be read out and typed: four groups of four letters and digits, 80 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
