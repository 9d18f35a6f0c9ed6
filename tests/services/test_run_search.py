import json
from datetime import UTC, datetime, timedelta

import pytest

from assent.errors import (
    AssentError,
    CasePurposeMismatch,
    CaseUnknown,
    JustificationMissing,
    LicenceUnknown,
    NoFaceFound,
    PurposeNotLicensed,
    RoleMissing,
    SeveralFacesFound,
    UnreadableImage,
)
from assent.ledger import EntryKind
from assent.mandates import Role, probe_of
from assent.people import PurposeSlug
from assent.services.issue_licence import issue_licence
from assent.services.open_case import open_case
from assent.services.open_deployment import open_runtime
from assent.services.run_search import run_search
from assent.services.runtime import Runtime
from assent.services.show_ledger import list_entries
from assent.services.verify_ledger import verify_ledger
from demo_deployments import (
    PICTURES,
    QUOTA,
    VOLUNTEERS,
    Deployment,
    act_as,
    ask,
    find_first,
    import_table,
    list_composites,
    read_picture,
    search,
    write_table,
)

BLANK_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)


def license_both_purposes(runtime: Runtime) -> str:
    return issue_licence(
        runtime,
        act_as(runtime, Role.ISSUER),
        holder="searcher",
        purposes=[PurposeSlug("reunite"), PurposeSlug("photos")],
        ground="Both",
        citation="",
        valid_from=None,
        valid_until=datetime.now(UTC) + timedelta(days=1),
        quota=5,
    ).id


def kinds_since(runtime: Runtime, start: int) -> list[EntryKind]:
    return [indexed.entry.kind for indexed in list_entries(runtime, start=start)]


def test_hard_pictures_return_their_person_first_60_of_60(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        firsts = {
            number: find_first(search(runtime, enrolled, read_picture(number, 3))) for number in list_composites()
        }

        assert firsts == enrolled.people
        verify_ledger(runtime)


def test_every_face_of_every_group_picture_returns_its_person_first(enrolled: Deployment) -> None:
    groups = json.loads((PICTURES / "groups" / "groups.json").read_text())
    with open_runtime(enrolled.settings) as runtime:
        for group in groups:
            photo = (PICTURES / "groups" / group["file"]).read_bytes()
            standing = sorted(group["people"], key=lambda someone: someone["box"][0] + someone["box"][2] / 2)

            found = [
                find_first(search(runtime, enrolled, photo, face_number=number))
                for number in range(1, len(standing) + 1)
            ]

            assert found == [enrolled.people[someone["person"]] for someone in standing], group["file"]


@pytest.mark.volunteers
@pytest.mark.skipif(not VOLUNTEERS.is_dir(), reason="the volunteers' pictures lie outside the repository")
def test_strangers_return_nobody_in_at_least_39_of_40_searches(enrolled: Deployment) -> None:
    london = sorted((VOLUNTEERS / "london").glob("*/neutral.jpg"))
    table = write_table(
        [
            (f"L{path.parent.name}", [f"{path.parent.name}/neutral.jpg", f"{path.parent.name}/smiling.jpg"])
            for path in london
        ]
    )
    with open_runtime(enrolled.settings) as runtime:
        report = import_table(runtime, table, VOLUNTEERS / "london")
        results = [
            search(runtime, enrolled, path.read_bytes())
            for path in sorted((VOLUNTEERS / "canada").glob("*/neutral.jpg"))
        ]

    assert len(report.enrolled) == 80
    assert {result.outcome.gallery_size for result in results} == {140}
    assert len(results) == 40
    assert sum(not result.outcome.candidates for result in results) >= 39


REFUSALS = {
    "another role": (Role.STEWARD, {}, RoleMissing),
    "unknown licence": (Role.SEARCHER, {"licence": "l_aaaaaaaaaaaaaaaa"}, LicenceUnknown),
    "purpose not licensed": (Role.SEARCHER, {"purpose": "photos"}, PurposeNotLicensed),
    "unknown case": (Role.SEARCHER, {"case_number": "2026/9999"}, CaseUnknown),
    "no justification": (Role.SEARCHER, {"justification": "  "}, JustificationMissing),
}


@pytest.mark.parametrize(("role", "changes", "refusal"), REFUSALS.values(), ids=REFUSALS)
def test_a_refused_search_leaves_exactly_one_refusal_in_the_ledger(
    enrolled: Deployment, role: Role, changes: dict[str, str], refusal: type[AssentError]
) -> None:
    with open_runtime(enrolled.settings) as runtime:
        before = len(list_entries(runtime))

        with pytest.raises(refusal):
            run_search(runtime, act_as(runtime, role), ask(enrolled, **changes), read_picture("001", 3))

        (refused,) = list_entries(runtime, start=before)
        assert refused.entry.kind is EntryKind.SEARCH_REFUSED
        assert refused.entry.fields["cause"] == refusal.reason
        verify_ledger(runtime)


def test_a_case_opened_for_another_purpose_is_refused(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        licence = license_both_purposes(runtime)
        open_case(runtime, act_as(runtime, Role.SEARCHER), number="photos/1", purpose="photos")

        with pytest.raises(CasePurposeMismatch):
            run_search(
                runtime,
                act_as(runtime, Role.SEARCHER),
                ask(enrolled, licence=licence, case_number="photos/1"),
                read_picture("001", 3),
            )


def test_what_is_not_a_picture_costs_nothing(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        before = len(list_entries(runtime))

        with pytest.raises(UnreadableImage):
            search(runtime, enrolled, b"not a picture")

        assert kinds_since(runtime, before) == []


@pytest.mark.parametrize(
    ("photo", "problem"),
    [(BLANK_PNG, NoFaceFound), ((PICTURES / "groups" / "g1.jpg").read_bytes(), SeveralFacesFound)],
    ids=["no face", "several faces"],
)
def test_a_search_that_cannot_be_carried_through_counts_as_failed(
    enrolled: Deployment, photo: bytes, problem: type[AssentError]
) -> None:
    with open_runtime(enrolled.settings) as runtime:
        before = len(list_entries(runtime))

        with pytest.raises(problem):
            search(runtime, enrolled, photo)

        assert kinds_since(runtime, before) == [EntryKind.SEARCH_STARTED, EntryKind.SEARCH_FAILED]
        verify_ledger(runtime)


def test_the_probe_is_kept_sealed_for_reviewers_and_overseers(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        found = search(runtime, enrolled, read_picture("007", 3))

        assert runtime.photos.read(probe_of(found.permit.search), "probe") == found.probe_portrait
        assert (
            found.probe_portrait[:64]
            not in next((runtime.photos.folder / probe_of(found.permit.search)).iterdir()).read_bytes()
        )
        assert found.searches_left == QUOTA - 1


def test_a_purpose_that_a_person_did_not_agree_to_returns_nobody(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        licence = license_both_purposes(runtime)
        open_case(runtime, act_as(runtime, Role.SEARCHER), number="photos/2", purpose="photos")

        result = run_search(
            runtime,
            act_as(runtime, Role.SEARCHER),
            ask(enrolled, licence=licence, case_number="photos/2", purpose="photos"),
            read_picture("001", 1),
        )

        assert result.outcome.candidates == ()
        assert result.outcome.gallery_size == 0
