"""The words of the pages, and the sentences of errors, as catalogues; `make words` writes them."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from assent import errors

SOURCE = Path(errors.__file__).parent
LOCALES = SOURCE / "web" / "locales"
LANGUAGES = ("nl", "fr")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
}

# Whoever meets these reads them at the command line, in English.
_OPERATORS = {
    "DatabaseTooNew",
    "DeploymentExists",
    "DeploymentMissing",
    "DigestMismatch",
    "InvalidEntry",
    "InvalidPack",
    "KeysUnavailable",
    "LedgerBroken",
    "LedgerRolledBack",
    "PackNotCalibrated",
    "ProofInvalid",
    "SignatureInvalid",
    "TemplatesNotComparable",
}
_PARTS = ("people", "mandates", "search", "faces", "services", "storage", "web")
_RAISED = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.AssentError) and name not in _OPERATORS
}


def extract_words() -> Catalog:
    """Collect what the pages say."""
    catalogue = Catalog(project="Assent", charset="utf-8")
    methods = [("**.py", "python"), ("**.html", "jinja2")]
    options = {"**.html": {"trimmed": "true"}}
    for _file, _line, message, _comments, _context in extract_from_dir(
        SOURCE / "web", methods, options, keywords=KEYWORDS
    ):
        catalogue.add(message)
    return catalogue


def extract_errors() -> Catalog:
    """Collect the sentences of errors that a page can show, with numbered places for their values."""
    catalogue = Catalog(project="Assent", charset="utf-8")
    for part in _PARTS:
        for path in sorted((SOURCE / part).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _RAISED:
                    for shape in _shapes(call.args[0]) if call.args else []:
                        catalogue.add(shape)
    return catalogue


def _shapes(sentence: ast.expr) -> list[str]:
    if isinstance(sentence, ast.IfExp):
        return [*_shapes(sentence.body), *_shapes(sentence.orelse)]
    if isinstance(sentence, ast.Constant) and isinstance(sentence.value, str):
        return [sentence.value]
    if not isinstance(sentence, ast.JoinedStr):
        return []
    shape, places = "", 0
    for piece in sentence.values:
        if isinstance(piece, ast.Constant):
            shape += str(piece.value)
        else:
            shape += f"{{{places}}}"
            places += 1
    # A sentence of values alone says nothing of its own.
    return [shape] if re.search(r"[A-Za-z]{3}", re.sub(r"\{\d\}", "", shape)) else []


CATALOGUES = {"assent": extract_words, "errors": extract_errors}


def read_catalogue(name: str, language: str) -> Catalog:
    """Read a catalogue as it is kept; an empty one where there is none."""
    path = LOCALES / language / f"{name}.po"
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write_catalogue(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue without places, dates and line breaks of its own, so that it changes only with its words."""
    with path.open("wb") as file:
        write_po(file, catalogue, width=0, no_location=True, omit_header=False, ignore_obsolete=True)
    text = path.read_text(encoding="utf-8")
    head, blank, rest = text.partition("\n\n")
    plural = [line for line in head.splitlines() if line.startswith('"Plural-Forms:')]
    lines = ['msgid ""', 'msgstr ""', '"Content-Type: text/plain; charset=utf-8\\n"', *plural]
    path.write_text("\n".join(lines) + blank + rest, encoding="utf-8")


def main() -> None:
    """Write the lists of words, and take their changes into every language; translations are kept."""
    for name, extract in CATALOGUES.items():
        words = extract()
        write_catalogue(LOCALES / f"{name}.pot", words)
        for language in LANGUAGES:
            kept = read_catalogue(name, language)
            kept.update(words, no_fuzzy_matching=True)
            write_catalogue(LOCALES / language / f"{name}.po", kept)
            empty = sum(1 for entry in kept if entry.id and not any(entry.string or ""))
            sys.stdout.write(f"{language}/{name}.po: {len(kept)} sentences, {empty} not translated\n")


if __name__ == "__main__":
    main()
