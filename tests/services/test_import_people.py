from pathlib import Path

import pytest

from assent.errors import InvalidTable, RoleMissing
from assent.mandates import Role
from assent.services.import_people import import_people
from assent.services.open_deployment import open_runtime
from assent.services.show_ledger import list_entries
from demo_deployments import PICTURES, Deployment, act_as, find_first, import_table, read_picture, search, write_table

HEADER = "reference,name,photos,purposes,text_version,consent_from,consent_until,evidence,basis,registered_by"
DIGEST = "ab" * 32
GOOD = f"F1,Somebody,001/1.jpg|001/2.jpg,reunite,v1,2026-01-01,,{DIGEST},,"

BAD_ROWS = {
    "no consent at all": ("F2,Somebody,002/1.jpg,,,,,,,", "consent-missing"),
    "no evidence": ("F2,Somebody,002/1.jpg,reunite,v1,2026-01-01,,,,", "consent-missing"),
    "consent that ran out": (f"F2,Somebody,002/1.jpg,reunite,v1,2020-01-01,2021-01-01,{DIGEST},,", "consent-missing"),
    "consent that starts later": (f"F2,Somebody,002/1.jpg,reunite,v1,2199-01-01,,{DIGEST},,", "consent-missing"),
    "unknown purpose": (f"F2,Somebody,002/1.jpg,marketing,v1,2026-01-01,,{DIGEST},,", "invalid-input"),
    "no photo": (f"F2,Somebody,,reunite,v1,2026-01-01,,{DIGEST},,", "invalid-input"),
    "photo that is not there": (f"F2,Somebody,999/1.jpg,reunite,v1,2026-01-01,,{DIGEST},,", "invalid-input"),
    "photo outside the folder": (f"F2,Somebody,../people.json,reunite,v1,2026-01-01,,{DIGEST},,", "invalid-input"),
    "photo that is no picture": (f"F2,Somebody,people.json,reunite,v1,2026-01-01,,{DIGEST},,", "unreadable-image"),
    "one good photo and one of a group": (
        f"F2,Somebody,002/1.jpg|groups/g1.jpg,reunite,v1,2026-01-01,,{DIGEST},,",
        "several-faces-found",
    ),
    "no name": (f"F2,,002/1.jpg,reunite,v1,2026-01-01,,{DIGEST},,", "invalid-input"),
    "no reference": (f",Somebody,002/1.jpg,reunite,v1,2026-01-01,,{DIGEST},,", "invalid-input"),
    "bad date": (f"F2,Somebody,002/1.jpg,reunite,v1,yesterday,,{DIGEST},,", "invalid-input"),
    "registration without an end": (
        f"F2,Somebody,002/1.jpg,reunite,v1,2026-01-01,,{DIGEST},next-of-kin,a sister",
        "invalid-input",
    ),
    "registration by nobody": (
        f"F2,Somebody,002/1.jpg,reunite,v1,2026-10-01,2027-06-01,{DIGEST},next-of-kin,",
        "consent-missing",
    ),
}


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_left_out_and_reported_and_the_good_one_goes_in(bare: Deployment, row: str, reason: str) -> None:
    with open_runtime(bare.settings) as runtime:
        report = import_table(runtime, f"{HEADER}\n{row}\n{GOOD}".encode(), PICTURES)

        assert [refused.reason for refused in report.refused] == [reason]
        assert report.refused[0].line == 2
        assert "Somebody" not in report.refused[0].message
        assert str(PICTURES) not in report.refused[0].message
        ((reference, person),) = report.enrolled
        assert reference == "F1"
        assert find_first(search(runtime, bare, read_picture("001", 3))) == person
        assert {subject for subject in runtime.vault.list_subjects() if subject.startswith("p_")} == {person}


def test_a_table_without_a_consent_column_enrols_nobody(bare: Deployment) -> None:
    table = b"reference,name,photos\nF1,Somebody,001/1.jpg\n"
    with open_runtime(bare.settings) as runtime:
        before = len(list_entries(runtime))

        with pytest.raises(InvalidTable, match="purposes"):
            import_table(runtime, table, PICTURES)

        assert len(list_entries(runtime)) == before


def test_a_link_out_of_the_folder_is_not_followed(bare: Deployment, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").symlink_to(PICTURES / "001" / "1.jpg")
    with open_runtime(bare.settings) as runtime:
        report = import_table(runtime, write_table([("F1", ["1.jpg"])]), tmp_path / "photos")

    assert [refused.reason for refused in report.refused] == ["invalid-input"]


def test_an_import_that_is_run_again_enrols_only_who_is_missing(bare: Deployment) -> None:
    first = write_table([(f"F{number}", [f"00{number}/1.jpg"]) for number in (1, 2)])
    both = write_table([(f"F{number}", [f"00{number}/1.jpg"]) for number in (1, 2, 3, 4)])
    seen: list[tuple[int, int]] = []
    with open_runtime(bare.settings) as runtime:
        import_table(runtime, first, PICTURES)

        report = import_people(
            runtime, act_as(runtime, Role.STEWARD), both, PICTURES, lambda done, total: seen.append((done, total))
        )

    assert report.already_enrolled == ("F1", "F2")
    assert [reference for reference, _ in report.enrolled] == ["F3", "F4"]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("role", [Role.SEARCHER, Role.ISSUER, Role.OVERSEER, Role.ADMINISTRATOR])
def test_only_a_steward_imports(bare: Deployment, role: Role) -> None:
    with open_runtime(bare.settings) as runtime, pytest.raises(RoleMissing):
        import_people(runtime, act_as(runtime, role), GOOD.encode(), PICTURES)
