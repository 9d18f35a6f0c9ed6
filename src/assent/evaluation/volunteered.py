"""The table of groups that people volunteered for an evaluation: columns `person` and `group`, UTF-8."""

from __future__ import annotations

import csv
import io
from collections.abc import Set as AbstractSet
from typing import Final

from assent.errors import InvalidTable

COLUMNS: Final = ("person", "group")
MOST_BYTES: Final = 16 * 1024 * 1024
MOST_GROUPS: Final = 20
_LONGEST_LABEL: Final = 60


def parse_groups(data: bytes, people: AbstractSet[str]) -> dict[str, str]:
    """Return the group of each person who volunteered one; `people` are the names of the folders.

    Other columns are passed over. Raises InvalidTable for a table that cannot be read, a person without a folder or
    with two groups, and for so many groups that none can be rated.
    """
    try:
        text = data[: MOST_BYTES + 1].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidTable("The table of groups is not UTF-8 text; save it as 'CSV UTF-8'.") from error
    if len(data) > MOST_BYTES or "\0" in text:
        raise InvalidTable("The table of groups is too large, or no text.")
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ",")
    groups: dict[str, str] = {}
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise InvalidTable(f"The table of groups lacks the column {missing[0]!r}; it needs: person, group.")
        for row in reader:
            person, group = (" ".join((row[column] or "").split()) for column in COLUMNS)
            if person not in people:
                raise InvalidTable(f"Line {reader.line_num} of the table of groups names a person without a folder.")
            if groups.setdefault(person, group) != group:
                raise InvalidTable(f"Line {reader.line_num} of the table of groups gives a person a second group.")
            if len(group) > _LONGEST_LABEL:
                raise InvalidTable(f"Line {reader.line_num}: a group's label has at most {_LONGEST_LABEL} letters.")
    except csv.Error as error:
        raise InvalidTable(f"The table of groups cannot be read near line {reader.line_num}: {error}.") from error
    if len(set(groups.values()) - {""}) > MOST_GROUPS:
        raise InvalidTable(f"The table has more than {MOST_GROUPS} groups; is the column 'group' the right one?")
    return {person: group for person, group in groups.items() if group}
