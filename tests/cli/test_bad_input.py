"""Bad input gives one clear sentence and an exit code, and changes nothing but what the ledger has to record."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from assent.cli.exit_codes import FAMILIES
from cli.command_line import PROBE, Outcome, Remains, enrol_arguments, look_at, run, search_arguments
from demo_deployments import PICTURES, Deployment, read_picture
from faces.pictures import moving, png_header, quarters, to_bytes

ISSUE = "licence issue --holder searcher --purpose reunite --ground g --quota 3 --as issuer"
STARTED_AND_FAILED = ("search.started", "search.failed")


def tiny_face() -> bytes:
    """A face of about 12 pixels in a large grey picture."""
    with Image.open(PICTURES / "001" / "1.jpg") as photo:
        photo.thumbnail((24, 24))
        canvas = Image.new("RGB", (640, 480), (128, 128, 128))
        canvas.paste(photo, (300, 200))
    return to_bytes(canvas, "PNG")


BAD_PHOTOS = [
    pytest.param(lambda: b"no picture at all", (), "JPEG, PNG", id="not an image"),
    pytest.param(lambda: read_picture("001", 3)[:-2000], STARTED_AND_FAILED, "", id="truncated JPEG"),
    pytest.param(lambda: png_header(30_000, 30_000), (), "pixels", id="30,000 x 30,000 PNG"),
    pytest.param(lambda: moving("WEBP"), (), "", id="animated WebP"),
    pytest.param(lambda: b"", (), "", id="zero bytes"),
    pytest.param(lambda: to_bytes(quarters(640, 480), "PNG"), STARTED_AND_FAILED, "no face", id="without a face"),
    pytest.param((PICTURES / "groups" / "g1.jpg").read_bytes, STARTED_AND_FAILED, "5 faces", id="five faces"),
    pytest.param(tiny_face, STARTED_AND_FAILED, "face", id="a face of 12 pixels"),
]


def require_one_sentence(done: Outcome, word: str) -> None:
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith(f"{word}: ")
    assert done.stderr.rstrip().endswith(".")
    assert "Traceback" not in done.stderr
    assert "Unexpected" not in done.stderr


def require_unchanged(before: Remains, after: Remains, recorded: tuple[str, ...] = ()) -> None:
    assert after.kinds == before.kinds + recorded
    assert after.people == before.people
    assert after.searches == before.searches | ({"failed": 1} if "search.failed" in recorded else {})


@pytest.mark.parametrize(("make", "recorded", "telling"), BAD_PHOTOS)
def test_a_search_with_a_bad_photo_is_one_sentence(
    make: Callable[[], bytes], recorded: tuple[str, ...], telling: str, enrolled: Deployment, tmp_path: Path
) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(make())
    before = look_at(enrolled)

    done = run(*search_arguments(enrolled, photo), on=enrolled)

    assert done.exit_code == 3
    require_one_sentence(done, "Invalid input")
    assert telling in done.stderr
    require_unchanged(before, look_at(enrolled), recorded)


@pytest.mark.parametrize(("make", "_recorded", "telling"), BAD_PHOTOS)
def test_an_enrolment_with_a_bad_photo_is_one_sentence(
    make: Callable[[], bytes], _recorded: tuple[str, ...], telling: str, bare: Deployment, tmp_path: Path
) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(make())
    before = look_at(bare)

    done = run(*enrol_arguments(PICTURES / "001" / "1.jpg", photo), on=bare)

    assert done.exit_code == 3
    require_one_sentence(done, "Invalid input")
    assert "Photo 2: " in done.stderr
    assert telling in done.stderr
    require_unchanged(before, look_at(bare))


def expire(deployment: Deployment) -> str:
    terms = ("--from", "2020-01-01", "--until", "2020-12-31", "--json")
    return str(run(*ISSUE.split(), *terms, on=deployment).document["id"])


@pytest.mark.parametrize(
    ("changes", "telling"),
    [
        pytest.param({"licence": "expired"}, "ran out on 2020-12-31", id="an expired licence"),
        pytest.param({"purpose": "photos"}, "covers reunite, not 'photos'", id="a purpose that the licence lacks"),
        pytest.param({"case": "2026/0"}, "No case has this number", id="an unknown case"),
        pytest.param({"licence": "l_aaaaaaaaaaaaaaaa"}, "No licence", id="an unknown licence"),
        pytest.param({"justification": "because"}, "justification", id="hardly a justification"),
        pytest.param({"as": "steward"}, "role searcher", id="another role"),
    ],
)
def test_a_search_that_is_not_allowed_is_refused_and_recorded(
    changes: dict[str, str], telling: str, enrolled: Deployment
) -> None:
    if changes.get("licence") == "expired":
        changes = {"licence": expire(enrolled)}
    before = look_at(enrolled)

    done = run(*search_arguments(enrolled, **changes), on=enrolled)

    assert done.exit_code == 4
    require_one_sentence(done, "Refused")
    assert telling in done.stderr
    require_unchanged(before, look_at(enrolled), ("search.refused",))


def test_a_purpose_that_nobody_agreed_to_finds_nobody(enrolled: Deployment) -> None:
    terms = "--holder searcher --purpose photos --ground g --quota 3 --days 3 --as issuer --json"
    licence = run("licence", "issue", *terms.split(), on=enrolled).document["id"]
    run("case", "open", "2026/2", "--purpose", "photos", "--as", "searcher", on=enrolled)
    arguments = search_arguments(enrolled, licence=licence, purpose="photos", case="2026/2")

    done = run(*arguments, on=enrolled)

    assert done.exit_code == 0
    assert done.stdout.startswith("Nobody found among 0 people who agreed to be found for photos.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["ledger", "entries", "--kind", "search.liked"], id="an unknown kind of entry"),
        pytest.param(["ledger", "publish", __file__], id="a file in place of a folder"),
        pytest.param(
            ["licence", "revoke", "l_aaaaaaaaaaaaaaaa", "--reason", "It has ended.", "--as", "issuer"],
            id="an unknown licence",
        ),
        pytest.param(["person", "show", "p_\x1b[2J", "--as", "steward"], id="an unknown person"),
        pytest.param(["member", "add", "steward", "--role", "issuer", "--as", "admin"], id="a handle that is taken"),
        pytest.param(
            [*ISSUE.split(), "--until", "9999-12-31"],
            id="no date after that",
        ),
        pytest.param(
            [*ISSUE.split(), "--from", "9999-12-30", "--days", "9"],
            id="too many days",
        ),
        pytest.param(["faces", "/dev/zero"], id="a file without an end"),
        pytest.param(["packs", "add", str(PICTURES), "--as", "admin"], id="a folder without a pack"),
    ],
)
def test_whatever_is_wrong_is_one_line_without_control_characters(arguments: list[str], bare: Deployment) -> None:
    before = look_at(bare)

    done = run(*arguments, on=bare)

    assert done.exit_code in {family.exit_code for family in FAMILIES}
    require_one_sentence(done, {family.exit_code: family.word for family in FAMILIES}[done.exit_code])
    assert "\x1b" not in done.stderr
    require_unchanged(before, look_at(bare))


@pytest.mark.parametrize(
    ("arguments", "exit_code", "word"),
    [
        pytest.param(["search", "gone.jpg"], 3, "Invalid input", id="a photo that is not there"),
        pytest.param(["search", str(PICTURES)], 3, "Invalid input", id="a folder in place of a photo"),
        pytest.param(["enrol", "gone.jpg"], 3, "Invalid input", id="an enrolment photo that is not there"),
        pytest.param(["enrol", PROBE, "--evidence", "gone.pdf"], 4, "Refused", id="evidence that is not there"),
        pytest.param(["enrol", PROBE, "--from", "next week"], 3, "Invalid input", id="no date"),
        pytest.param(["enrol", PROBE, "--until", "2020-01-01"], 4, "Refused", id="a consent that is over"),
        pytest.param(["enrol", PROBE, "--purpose", "learn"], 3, "Invalid input", id="an unknown purpose"),
        pytest.param(["enrol", PROBE, "--as", "searcher"], 4, "Refused", id="another role"),
        pytest.param(["search", PROBE, "--as", "nobody"], 5, "Not found", id="an unknown member"),
    ],
)
def test_what_cannot_be_used_changes_nothing(
    arguments: list[str], exit_code: int, word: str, enrolled: Deployment
) -> None:
    command, photo, *changes = arguments
    complete = search_arguments(enrolled, photo) if command == "search" else enrol_arguments(photo)
    before = look_at(enrolled)

    done = run(*complete, *changes, on=enrolled)

    assert done.exit_code == exit_code
    require_one_sentence(done, word)
    require_unchanged(before, look_at(enrolled))
