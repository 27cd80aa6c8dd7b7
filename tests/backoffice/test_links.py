"""Deletions through every kind of relation."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models.deletion import ProtectedError

from backoffice.cascades import CascadePlan
from tests.shapes.models import Bookmark, Building, File, Folder, Hen, Note, Place, Seal, Tag, Tower

pytestmark = pytest.mark.django_db


def plan_for(*folders):
    return CascadePlan(Folder.objects.filter(pk__in=[folder.pk for folder in folders]))


def numbers(plan):
    return {going.model: going.rows.count() for going in plan.going.values() if going.rows.exists()}


@pytest.fixture
def tree():
    """Top holds middle, which holds bottom; each has a file."""
    top = Folder.objects.create(name="top")
    middle = Folder.objects.create(name="middle", within=top)
    bottom = Folder.objects.create(name="bottom", within=middle)
    File.objects.bulk_create(File(folder=folder) for folder in (top, middle, bottom))
    return top, middle, bottom


def test_a_branch_goes_with_everything_below_it(tree):
    top, middle, _bottom = tree
    plan = plan_for(middle)
    assert numbers(plan) == {Folder: 2, File: 2}
    plan.apply()
    assert Folder.objects.get() == top
    assert File.objects.get().folder == top


def test_rows_reached_in_two_ways_go_once(tree):
    top, middle, bottom = tree
    File.objects.filter(folder=top).update(copied_from=bottom)
    File.objects.filter(folder=bottom).update(copied_from=middle)
    assert numbers(plan_for(middle))[File] == 3


def test_tags_stay_and_their_ties_go(tree):
    tag = Tag.objects.create()
    for folder in tree:
        folder.tags.add(tag)
    plan_for(tree[1]).apply()
    assert tag.folder_set.get() == tree[0]


def test_notes_about_a_folder_go_with_it(tree):
    for folder in tree:
        Note.objects.create(about=folder)
    Note.objects.create(
        about=Tag.objects.create(pk=tree[1].pk, name="tag")
    )  # the same number, but of another thing
    plan = plan_for(tree[1])
    assert numbers(plan)[Note] == 2
    plan.apply()
    assert {str(note.about) for note in Note.objects.all()} == {"top", "tag"}


def test_a_restricted_row_blocks_unless_it_goes_as_well(tree):
    top, middle, bottom = tree
    seal = Seal.objects.create(file=File.objects.get(folder=bottom), folder=top)
    with pytest.raises(ProtectedError):
        plan_for(middle).apply()
    Seal.objects.filter(pk=seal.pk).update(folder=bottom)
    plan_for(middle).apply()
    assert Folder.objects.get() == top


def test_a_default_takes_the_place_of_what_goes(tree):
    Folder.objects.get_or_create(pk=1)
    away = Folder.objects.create(name="away")
    bookmark = Bookmark.objects.create(folder=away)
    plan_for(away).apply()
    bookmark.refresh_from_db()
    assert bookmark.folder_id == 1


def test_a_row_in_two_tables_goes_from_both_and_is_counted_in_each():
    place = Place.objects.create()
    Tower.objects.create(place=place)
    Building.objects.create(place=place)
    assert CascadePlan(Place.objects.all()).apply() == {Tower: 1, Building: 2, Place: 1}
    assert not Building.objects.exists()


def test_cascades_in_a_circle_are_refused_with_the_way_out():
    with pytest.raises(
        ImproperlyConfigured, match=r"circle of cascades: .*Make one of these relations SET_NULL"
    ):
        CascadePlan(Hen.objects.all())
