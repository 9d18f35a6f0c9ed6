"""How many searches a second 20 signed-in searchers get from one server, against what the faces alone would allow.

Example: python benchmarks/load.py --seconds 60

In one run, on the same pictures: first and last the face pipeline alone, one process a core; between them the server
with its workers, asked by this process over a Unix socket as a proxy would, one connection a request. 10,000 people are
enrolled: the composites for real, the others as templates drawn from the mean and covariance of real ones. A search is
counted from the upload to its recorded candidates. Meanwhile one more browser reads pages that are no searches.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from assent.faces import PROBE_GATE, FacePipeline, PackId, Template, choose_face
from assent.ledger import EntryKind
from assent.mandates import Role
from assent.people import Enrolment, PersonId, PurposeSlug, ReferenceId, grant_consents, make_identifier
from assent.services.add_member import add_member
from assent.services.create_deployment import create_deployment
from assent.services.define_purpose import define_purpose
from assent.services.demo_cast import DEMONSTRATION, PURPOSES, TEXT_VERSION, load_cast, write_forms
from assent.services.import_people import import_people
from assent.services.issue_licence import issue_licence
from assent.services.open_case import open_case
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime, open_pack
from assent.services.sessions import open_session
from assent.services.show_ledger import list_entries
from assent.settings import Settings
from assent.storage import people as stored_people
from assent.storage.people import NewReference
from assent.web import cookies

COVARIANCE = Path(__file__).with_name("template_covariance.npz")
REUNITE = PurposeSlug("reunite")
SEARCHERS = 20
REFERENCES_PER_PERSON = 2
QUOTA = 100_000
PAGES = ("/", "/searches", "/searches/new")
PAUSE_SECONDS = 0.1
PAGES_UNLOADED = 60
WAIT_SECONDS = 120
GOAL_RATIO, GOAL_PAGE_MS = 0.60, 50
VISITOR = "v" * 43
BOUNDARY = "a-boundary-that-no-picture-holds"


@dataclass(frozen=True, slots=True)
class Client:
    """What a searcher's browser holds."""

    session: str
    licence: str
    case: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What the clients counted."""

    statuses: Counter[int]
    search_seconds: list[float]
    pages_unloaded: list[float]
    pages_loaded: list[float]
    seconds: float


class UnixConnection(http.client.HTTPConnection):
    """A connection to the server's Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=WAIT_SECONDS)
        self.path = path

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(WAIT_SECONDS)
        self.sock.connect(self.path)


def main() -> None:
    """Fill a deployment, measure the faces alone and the server, print a table; exit code 1 if a count differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="how long the searchers search")
    parser.add_argument("--people", type=int, default=10_000, help="how many people are enrolled")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many processes serve")
    arguments = parser.parse_args()
    photos = [member.read_picture(3) for member in load_cast()]
    with tempfile.TemporaryDirectory(prefix="load-", dir="/tmp") as folder:
        settings = Settings.from_environment({"ASSENT_DATA": str(Path(folder) / "data")})
        clients = furnish(settings, photos, arguments.people)
        alone = [measure_faces_alone(settings, photos, arguments.seconds / 4)]
        answered = measure_server(settings, Path(folder) / "web", clients, photos, arguments)
        alone.append(measure_faces_alone(settings, photos, arguments.seconds / 4))
        recorded = count_recorded(settings)
    is_exact = print_table(answered, alone, recorded, arguments)
    sys.exit(0 if is_exact else 1)


def furnish(settings: Settings, photos: Sequence[bytes], people: int) -> list[Client]:
    """Enrol people and give 20 searchers a licence, a case and a session each."""
    create_deployment(settings, administrator="admin")
    with open_runtime(settings) as runtime:
        admin = runtime.find_actor("admin", "cli")
        add_member(runtime, admin, handle="steward", roles=[Role.STEWARD], unit="tracing")
        add_member(runtime, admin, handle="issuer", roles=[Role.ISSUER], unit="legal")
        for slug, text in PURPOSES:
            define_purpose(runtime, admin, slug=slug, text=text, text_version=TEXT_VERSION)
        cast = load_cast()
        forms = write_forms(cast, (datetime.now(UTC) - timedelta(days=2)).date())
        import_people(runtime, runtime.find_actor("steward", "cli"), forms, DEMONSTRATION)
        enrol_at_random(runtime, photos, people - len(cast))
        return [make_client(runtime, number) for number in range(SEARCHERS)]


def make_client(runtime: Runtime, number: int) -> Client:
    """Add one searcher."""
    handle, case = f"searcher{number}", f"L-{number:03}"
    add_member(runtime, runtime.find_actor("admin", "cli"), handle=handle, roles=[Role.SEARCHER], unit="tracing")
    licence = issue_licence(
        runtime,
        runtime.find_actor("issuer", "cli"),
        holder=handle,
        purposes=[REUNITE],
        ground="Measuring",
        citation="",
        valid_from=None,
        valid_until=datetime.now(UTC) + timedelta(days=1),
        quota=QUOTA,
    )
    searcher = runtime.find_actor(handle, "cli")
    open_case(runtime, searcher, number=case, purpose=REUNITE)
    return Client(open_session(runtime, searcher.member.id), licence.id, case)


def enrol_at_random(runtime: Runtime, photos: Sequence[bytes], count: int) -> None:
    """Store people drawn at random who have no photo, and so are never near enough to a probe to be shown."""
    probes = np.stack([template.vector for photo in photos for template in embed_probe(runtime.faces, photo)])
    drawn, random = np.load(COVARIANCE), np.random.default_rng(20261201)
    shape = (count * 2, REFERENCES_PER_PERSON)
    vectors = random.multivariate_normal(drawn["mean"], drawn["covariance"], shape, method="eigh").astype(np.float32)
    vectors *= np.linalg.norm(probes, axis=1).mean() / np.linalg.norm(vectors, axis=2, keepdims=True)
    nearest = np.linalg.norm(vectors[:, :, None] - probes, axis=3).min(axis=(1, 2))
    far = vectors[nearest > runtime.pack.manifest.default_threshold][:count]
    if len(far) < count:
        sys.exit("too few templates drawn at random are far from the probes")
    pack_id = PackId(runtime.deployment.pack_id)
    ids = [PersonId(make_identifier("p")) for _ in far]
    runtime.vault.make_key(*ids)
    with runtime.database.transaction() as transaction:
        for person, own in zip(ids, far, strict=True):
            enrolment = Enrolment(
                name="Somebody drawn at random",
                photos=(b"",),
                purposes=(REUNITE,),
                text_version=TEXT_VERSION,
                evidence_digest="0" * 64,
                valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            )
            references = [
                NewReference(ReferenceId(make_identifier("r")), pack_id, Template(vector, pack_id).to_bytes())
                for vector in own
            ]
            granted = grant_consents(enrolment, person)
            at = runtime.clock()
            stored_people.record_person(transaction, runtime.vault, person, enrolment, granted, references, at)


def embed_probe(faces: FacePipeline, photo: bytes) -> list[Template]:
    """Do with a photo what a search does with its faces: decode, detect, judge, embed."""
    image = faces.decode(photo)
    chosen = choose_face(faces.analyse(image, gate=PROBE_GATE))
    return faces.embed(image, [chosen.face])


def measure_faces_alone(settings: Settings, photos: Sequence[bytes], seconds: float) -> float:
    """Count how many photos a second all cores embed, one process each."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        rates = [pool.submit(embed_for, settings, photos, seconds) for _ in range(cores)]
        return sum(rate.result() for rate in rates)


def embed_for(settings: Settings, photos: Sequence[bytes], seconds: float) -> float:
    """Embed photos for a while in this process; photos a second."""
    faces = FacePipeline(open_pack(settings))
    embed_probe(faces, photos[0])
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        embed_probe(faces, photos[count % len(photos)])
        count += 1
    return count / (time.perf_counter() - begun)


def measure_server(
    settings: Settings, path: Path, clients: Sequence[Client], photos: Sequence[bytes], arguments: argparse.Namespace
) -> Answered:
    """Serve, read pages while nobody searches, then let everybody search and read on."""
    environment = {**os.environ, "ASSENT_DATA": str(settings.data_folder), "ASSENT_DATABASE": ""}
    command = [sys.executable, "-m", "assent", "serve", "--unix-socket", str(path), "--workers", str(arguments.workers)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            if server.stdout is None or not server.stdout.readline():
                sys.exit("the server does not start")
            warm_up(str(path), clients, photos, arguments.workers)
            unloaded = [read_page(str(path), clients[0], number) for number in range(PAGES_UNLOADED)]
            return let_everybody_search(str(path), clients, photos, arguments.seconds, unloaded)
        finally:
            server.terminate()
            server.wait(WAIT_SECONDS)


def warm_up(path: str, clients: Sequence[Client], photos: Sequence[bytes], workers: int) -> None:
    """Ask until every process has answered: each fills its gallery before it takes a request."""
    for number in range(workers * len(PAGES)):
        read_page(path, clients[number % len(clients)], number)
    for client in clients[: workers * 2]:
        send_search(path, client, photos[0])


def let_everybody_search(
    path: str, clients: Sequence[Client], photos: Sequence[bytes], seconds: float, unloaded: list[float]
) -> Answered:
    """Search with all clients at once until the time is over."""
    begun = time.perf_counter()
    deadline, pages = begun + seconds, list[float]()

    def search_on(number: int) -> list[tuple[int, float]]:
        own, turn = [], number * 3
        while time.perf_counter() < deadline:
            asked = time.perf_counter()
            status = send_search(path, clients[number], photos[turn % len(photos)])
            own.append((status, time.perf_counter() - asked))
            turn += 1
        return own

    def read_on() -> None:
        number = 0
        while time.perf_counter() < deadline:
            pages.append(read_page(path, clients[0], number))
            number += 1
            time.sleep(PAUSE_SECONDS)

    reader = threading.Thread(target=read_on)
    reader.start()
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = [answer for own in pool.map(search_on, range(len(clients))) for answer in own]
    elapsed = time.perf_counter() - begun
    reader.join()
    statuses = Counter(status for status, _ in answers)
    return Answered(statuses, [spent for _, spent in answers], unloaded, pages, elapsed)


def send_search(path: str, client: Client, photo: bytes) -> int:
    """Send a photo with everything a search takes; the status says whether its candidates are recorded (303)."""
    fields = {
        "csrf": hmac.new(VISITOR.encode(), f"{client.session} ".encode(), hashlib.sha256).hexdigest(),
        "licence": client.licence,
        "case": client.case,
        "purpose": REUNITE,
        "source": "given-by-family",
        "justification": "To see how long it takes.",
    }
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\n'
    parts += [head.encode(), b"Content-Type: image/jpeg\r\n\r\n", photo, f"\r\n--{BOUNDARY}--\r\n".encode()]
    more = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return send(path, client, lambda to, headers: to.request("POST", "/searches", b"".join(parts), headers | more))


def read_page(path: str, client: Client, number: int) -> float:
    """Read a page that is no search; seconds until all of it is there."""
    begun = time.perf_counter()
    page = PAGES[number % len(PAGES)]
    status = send(path, client, lambda to, headers: to.request("GET", page, headers=headers))
    if status != 200:
        sys.exit(f"{page} answered {status}")
    return time.perf_counter() - begun


def send(path: str, client: Client, ask: Callable[[UnixConnection, dict[str, str]], None]) -> int:
    """Send one request on a connection of its own and read the answer whole."""
    connection = UnixConnection(path)
    held = f"{cookies.VISITOR}={VISITOR}; {cookies.SESSION}={client.session}"
    try:
        ask(connection, {"Cookie": held, "Connection": "close"})
        answer = connection.getresponse()
        answer.read()
    except OSError:
        return 0
    else:
        return answer.status
    finally:
        connection.close()


def count_recorded(settings: Settings) -> Counter[EntryKind]:
    """Count the ledger's entries by kind."""
    with open_runtime(settings) as runtime:
        return Counter(indexed.entry.kind for indexed in list_entries(runtime))


def print_table(
    answered: Answered, alone: Sequence[float], recorded: Counter[EntryKind], arguments: argparse.Namespace
) -> bool:
    """Print what was measured; tells whether the ledger counts as the clients do and nothing went wrong."""
    done, errors = answered.statuses[303], answered.statuses.total() - answered.statuses[303]
    warm = arguments.workers * 2
    rate, faces = done / answered.seconds, statistics.mean(alone)
    loaded, unloaded = (statistics.median(found) * 1000 for found in (answered.pages_loaded, answered.pages_unloaded))
    counted = recorded[EntryKind.SEARCH_FINISHED] - warm
    is_exact = errors == 0 and counted == done and recorded[EntryKind.SEARCH_STARTED] - warm == done
    print(f"\n| {arguments.people:,} people, {SEARCHERS} searchers at once | measured | goal |\n|---|---|---|")
    print(f"| faces alone, {os.cpu_count()} cores, before and after | {' and '.join(f'{a:.1f}/s' for a in alone)} | |")
    print(f"| searches, from upload to recorded candidates, {arguments.workers} workers | {rate:.1f}/s | |")
    print(f"| ratio | {rate / faces:.0%} | {GOAL_RATIO:.0%} |")
    print(f"| a search, median | {statistics.median(answered.search_seconds) * 1000:.0f} ms | |")
    print(f"| a page that is no search, median, nobody searching | {unloaded:.1f} ms | |")
    print(f"| the same while {SEARCHERS} search | {loaded:.1f} ms | {GOAL_PAGE_MS} ms |")
    print(f"| errors | {errors} {dict(answered.statuses) if errors else ''} | 0 |")
    print(f"| searches that the clients, the ledger counted | {done}, {counted} | equal |")
    return is_exact


if __name__ == "__main__":
    main()
