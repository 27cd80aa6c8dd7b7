"""A whole run: databases, pages, the table."""

import json
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from backoffice.access import sessions
from organization.models import Department, Employee
from tests.scale import files, operations, table
from tests.scale.children import ChildFailed
from tests.scale.databases import Size, filled, given, server_of
from tests.scale.measure import Measured, measure
from tests.scale.pages import pages
from tests.scale.places import Place
from tests.scale.plans import plans

# At full size; other sizes are in proportion.
DEPARTMENTS, LARGEST = 50_000 / 3_000_000, 300_000 / 3_000_000


def run(options):
    """The exit code: 0, whatever the figures."""
    part = options.operations or options.files
    wanted = [] if part and not options.page else pages()
    chosen = [page for page in wanted if not options.page or any(part in page.name for part in options.page)]
    if options.list:
        print(*(page.name for page in chosen), sep="\n")
    elif not chosen and not part:
        names = " or ".join(options.page)
        print(f"No page has {names} in its name. --list prints them all.", file=sys.stderr)
        return 2
    else:
        sessions.NOTED_EVERY = 60 * 60  # when somebody was seen would be written on one page in a hundred
        try:
            places = _places(options)
        except ImproperlyConfigured as error:
            print(error, file=sys.stderr)
            return 1
        except (ChildFailed, Error) as error:
            print(f"The databases could not be filled. {error}", file=sys.stderr)
            return 1
        measured = _measured(options, chosen, places)
        if measured:
            _report(options, places, measured)
        if options.files or not (options.page or options.operations):
            _files(options, places, measured)
        if options.operations or not (options.page or options.files):
            _operations(options, places, measured)
    return 0


def _places(options):
    server = server_of(options.engine, options.folder)
    departments = options.departments / options.large if options.departments else DEPARTMENTS
    largest = options.largest / options.large if options.largest else LARGEST

    named = {"--small-url": options.small_url, "--large-url": options.large_url}
    known = {option: given(option, url) for option, url in named.items() if url}  # before any is filled

    def place(employees, option, *, scoped=False):
        size = Size.of(employees, departments, largest)
        database = known.get(option) or filled(server, size, reuse=options.reuse)
        return Place(database, scoped=scoped).looked_at()

    return (
        place(options.small, "--small-url", scoped=options.scoped),
        place(options.large, "--large-url", scoped=options.scoped),
        place(options.peer, None),
    )


def _measured(options, chosen, places):
    measured: list[Measured] = []
    progress = sys.stderr.isatty()
    full = not (options.no_full_peer or options.scoped)  # the peer knows no scope
    for number, page in enumerate(chosen, 1):
        if progress:
            print(f"\r\033[K{number}/{len(chosen)} {page.name}", end="", file=sys.stderr, flush=True)
        measured.append(measure(page, *places, full=full, rounds=options.rounds))
        if options.json:  # after each page: a long run that is stopped leaves what it knows
            _write(options, places, measured)
    if progress:
        print("\r\033[K", end="", file=sys.stderr)
    return measured


def _report(options, places, measured):
    small, large, peer = places
    rows = [table.row(entry, options.engine) for entry in measured]
    heading = (
        f"{options.engine}: large is {large.rows(Employee):,} employees in {large.rows(Department):,} departments, "
        f"small {small.rows(Employee):,} in {small.rows(Department):,}. The plain peer ({options.peer_models} "
        f"models) has {peer.rows(Employee):,}. {os.cpu_count()} processors, load {os.getloadavg()[1]:.1f}."
    )
    print(table.text(rows, heading=heading))
    if options.explain:
        print(plans(measured, rows, large.database))
    for entry in measured:
        error = entry.small.error or entry.large.error
        if error:
            print(f"\n{entry.name}:\n{error}")


def _files(options, places, measured):
    """Export and reading of as many people as there are."""
    print(f"\nFiles, {places[1].rows(Employee):,} employees, load {os.getloadavg()[1]:.1f}:")
    places[1].database.close()
    try:
        lines = files.measured(places[1].database)
    except (ChildFailed, Error) as error:
        print(f"The files could not be measured. {error}", file=sys.stderr)
        return
    bars = [line.holds for line in lines if line.bar]
    print(f"{sum(bars)} of {len(bars)} bars hold; memory at most {files.MAX_MEGABYTES} MB.")
    if options.json and not options.operations:
        _write(options, places, measured, lines)


def _operations(options, places, measured):
    """What many people cost; each line is printed as it comes, for they take their time."""
    print(f"\nOperations, {places[1].rows(Employee):,} employees, load {os.getloadavg()[1]:.1f}:")
    for place in places:
        place.database.close()  # nobody may look at what is copied
    try:
        lines = operations.measured(server_of(options.engine, options.folder), places[1])
    except (ChildFailed, Error, RuntimeError) as error:
        print(f"The operations could not be measured. {error}", file=sys.stderr)
        return
    bars = [line.holds for line in lines if line.bar]
    print(f"{sum(bars)} of {len(bars)} bars hold; memory at most {operations.MAX_MEGABYTES} MB.")
    if options.json:
        _write(options, places, measured, lines)


def _write(options, places, measured, lines=()):
    employees = zip(("small", "large", "peer"), (place.rows(Employee) for place in places), strict=True)
    figures = {
        "engine": options.engine,
        "employees": dict(employees),
        "summary": table.summary([table.row(entry, options.engine) for entry in measured]),
        "pages": [table.as_json(entry, options.engine) for entry in measured],
        "operations": [line._asdict() for line in lines],
    }
    options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
