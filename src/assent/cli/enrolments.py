"""`enrol`, `import` and `faces`: how people come into the gallery."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.exit_codes import INVALID_INPUT, OK
from assent.cli.inputs import read_bounded, read_evidence
from assent.cli.pictures import PictureRow
from assent.cli.rendering import Verbatim, make_console, make_table
from assent.errors import InvalidInput
from assent.people import Basis, Enrolment, PurposeSlug, parse_day, parse_end, parse_purpose_slug

if TYPE_CHECKING:
    from assent.services.examine_photo import ExaminedFace
    from assent.services.import_people import Progress, RefusedRow
    from assent.services.runtime import Runtime

topic = typer.Typer()

EXAMPLE_TABLE = """\
reference,name,photos,purposes,text_version,consent_from,consent_until,evidence,basis,registered_by
F-0001,NAME,F-0001/front.jpg|F-0001/smile.jpg,reunite,v1,2026-01-01,,{digest},explicit-consent,
F-0002,Ben Example,F-0002.png,reunite|own-photos,v1,2026-01-01,2026-12-31,{digest},explicit-consent,
F-0003,Cleo Example,F-0003.webp,reunite,v1,2026-01-01,2026-06-30,{digest},next-of-kin,her sister
""".format(digest="0123456789abcdef" * 4)
_REPORT_COLUMNS = ("line", "reference", "reason", "message")
_ENROL = 'assent enrol front.jpg --name "NAME" --purpose reunite --evidence form.pdf --from 2026-01-31 --as steward'


@command(topic, "enrol", example=_ENROL)
def enrol(
    invocation: Invocation,
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos of the person alone.")],
    *,
    name: Annotated[str, typer.Option(help="The person's name.")],
    purpose: Annotated[list[str], typer.Option(help="What the person agreed to; may be given again.")],
    evidence: Annotated[str, typer.Option(metavar="FILE", help="The signed form, or its SHA-256 in hex.")],
    valid_from: Annotated[str, typer.Option("--from", metavar="DATE", help="First day of the consent.")],
    valid_until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day covered, in UTC.")
    ] = None,
    text_version: Annotated[str | None, typer.Option(help="Version of the text that was signed.")] = None,
    basis: Annotated[Basis, typer.Option(help="Consent, or a registration by next of kin.")] = Basis.CONSENT,
    registered_by: Annotated[str | None, typer.Option(help="For next of kin: who asked for it.")] = None,
    reference: Annotated[str | None, typer.Option(help="Your own number for the form.")] = None,
) -> Answer:
    """Enrol a person with photos and a consent; takes a steward."""
    from assent.services.enrol_person import enrol_person

    purposes = tuple(parse_purpose_slug(slug) for slug in purpose)
    digest, start = read_evidence(evidence), parse_day(valid_from)
    end = parse_end(valid_until) if valid_until else None
    with invocation.act() as (runtime, actor):
        enrolment = Enrolment(
            name=name,
            photos=tuple(
                read_bounded(path, runtime.settings.max_image_bytes, f"Photo {number}")
                for number, path in enumerate(photos, start=1)
            ),
            purposes=purposes,
            text_version=text_version or _find_text_version(runtime, purposes),
            evidence_digest=digest,
            valid_from=start,
            valid_until=end,
            basis=basis,
            registered_by=registered_by,
            file_reference=reference,
        )
        enrolled = enrol_person(runtime, actor, enrolment)
    sentence = f"Enrolled {enrolled.person} with {len(enrolled.references)} photos for {', '.join(purposes)}."
    return Answer(enrolled, sentence)


def _find_text_version(runtime: Runtime, purposes: Sequence[PurposeSlug]) -> str:
    """Take the version in force, where the purposes have the same one; unknown purposes are the service's to refuse."""
    from assent.services.define_purpose import list_purposes

    versions = {purpose.text_version for purpose in list_purposes(runtime) if purpose.slug in purposes}
    if len(versions) > 1:
        raise InvalidInput(
            f"The purposes have texts of different versions ({', '.join(sorted(versions))}); "
            "say with --text-version which one was signed."
        )
    return versions.pop() if versions else ""


@command(topic, "import", example="assent import forms.csv --photos ./photos --report refused.csv --as steward")
def import_table(
    invocation: Invocation,
    table: Annotated[Path | None, typer.Argument(metavar="TABLE.csv", help="One row a person, UTF-8.")] = None,
    photos: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where the photos named in it lie.")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="Write the rows refused here.")] = None,
    is_example_wanted: Annotated[bool, typer.Option("--example", help="Print an example of a table.")] = False,
) -> Answer:
    """Enrol everyone in a table of signed forms; takes a steward. Run again, it goes on where it stopped."""
    if is_example_wanted:
        return Answer({"example": EXAMPLE_TABLE}, Verbatim(EXAMPLE_TABLE))
    if table is None or photos is None:
        raise typer.BadParameter("Give a table and --photos FOLDER, or --example.", param_hint="TABLE.csv")
    from assent.people.paper_forms import MOST_BYTES
    from assent.services.import_people import import_people

    rows = read_bounded(table, MOST_BYTES, "The table")
    if not photos.is_dir():
        raise InvalidInput("The folder of photos is not here; give it with --photos.")
    with invocation.act() as (runtime, actor), _show_progress(invocation) as progress:
        if report is not None:
            _write_report(report, ())  # a report that cannot be written is known before anybody is enrolled
        done = import_people(runtime, actor, rows, photos, progress)
    if report is not None:
        _write_report(report, done.refused)
    document = {
        "enrolled": [{"reference": reference, "person": person} for reference, person in done.enrolled],
        "already_enrolled": done.already_enrolled,
        "refused": done.refused,
    }
    totals = f"Enrolled {len(done.enrolled)}, here before {len(done.already_enrolled)}, refused {len(done.refused)}."
    refused = make_table([column.capitalize() for column in _REPORT_COLUMNS], map(_row, done.refused), nothing="")
    return Answer(document, [totals, refused] if done.refused else totals, INVALID_INPUT if done.refused else OK)


@command(topic, "faces", example="assent faces photo.jpg")
def faces(invocation: Invocation, photo: Annotated[Path, typer.Argument(help="A photo: JPEG, PNG or WebP.")]) -> Answer:
    """Show which faces a photo has and whether they are good enough to search with; compares nobody."""
    from assent.services.examine_photo import examine_photo

    with invocation.open() as runtime:
        found = examine_photo(runtime, read_bounded(photo, runtime.settings.max_image_bytes, "The photo"))
    pictures = PictureRow([(f"face {face.number}", face.portrait) for face in found])
    columns = ["Face", "Good enough", "Eyes apart (px)", "Sharpness", "Brightness", "Turn", "What speaks against it"]
    table = make_table(columns, map(_face_row, found), nothing="The photo shows no face.")
    document = [{"number": face.number, "is_fit": face.quality.is_fit, "quality": face.quality} for face in found]
    return Answer(document, [pictures, table])


def _face_row(face: ExaminedFace) -> list[object]:
    quality = face.quality
    figures = [quality.eye_distance_px, quality.sharpness, quality.brightness, quality.turn]
    return [face.number, quality.is_fit, *figures, quality.text or "-"]


def _row(refused: RefusedRow) -> list[object]:
    return [refused.line, refused.reference, refused.reason, refused.message]


def _write_report(path: Path, refused: Sequence[RefusedRow]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_REPORT_COLUMNS)
    writer.writerows(map(_row, refused))
    try:
        path.write_text(text.getvalue(), "utf-8")
    except OSError as error:
        raise InvalidInput(f"The report cannot be written: {error.strerror}.") from None


@contextmanager
def _show_progress(invocation: Invocation) -> Iterator[Progress | None]:
    """Draw a bar on standard error where somebody looks at it."""
    console = make_console(stderr=True)
    if invocation.is_json or not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("import", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
