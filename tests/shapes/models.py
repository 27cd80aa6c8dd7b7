"""Relations that the library and HR do not have, for what must cope with any."""

import uuid

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models

from backoffice.models import Recorded
from backoffice.search import SearchTextField


class Named(models.Model):
    name = models.CharField(max_length=40, blank=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name


class Note(Named):
    kind = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    number = models.CharField(max_length=40)
    about = GenericForeignKey("kind", "number")


class Tag(Named):
    pass


class Measure(Named):
    """Columns of the kinds that are nowhere else."""

    amount = models.DecimalField(max_digits=8, decimal_places=2, null=True, db_index=True)
    at = models.DateTimeField(null=True, db_index=True)
    is_right = models.BooleanField(null=True, db_index=True)
    level = models.PositiveSmallIntegerField(
        choices=[(1, "Low"), (2, "High")], blank=True, default=1, db_index=True
    )
    weight = models.FloatField(null=True, db_index=True)
    address = models.GenericIPAddressField(null=True, db_index=True)
    scan = models.FileField(blank=True, db_index=True)
    facts = models.JSONField(null=True)
    raw = models.BinaryField(null=True)


class Folder(Named):
    """A tree whose branches go with it, in many tags, with notes about it."""

    within = models.ForeignKey("self", on_delete=models.CASCADE, null=True)
    tags = models.ManyToManyField(Tag)
    notes = GenericRelation(Note, "number", "kind")


class File(Named):
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE)
    copied_from = models.ForeignKey(Folder, on_delete=models.CASCADE, null=True, related_name="copies")


class Seal(Named):
    """Keeps a file, unless its folder goes as well."""

    file = models.ForeignKey(File, on_delete=models.RESTRICT)
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE)


class Bookmark(Named):
    folder = models.ForeignKey(Folder, on_delete=models.SET_DEFAULT, default=1)


class Hen(Named):
    hatched_from = models.ForeignKey("Egg", on_delete=models.CASCADE, null=True)


class Egg(Named):
    laid_by = models.ForeignKey(Hen, on_delete=models.CASCADE, null=True)


class Place(Named):
    pass


class Building(Named):
    place = models.ForeignKey(Place, on_delete=models.CASCADE)


class Tower(Building):
    """A building in two tables."""


class Maker(Recorded):
    """Known by a key that is no number, and to some by another column."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=40)
    badge = models.CharField(max_length=10, unique=True)
    favourite = models.ForeignKey(
        "Part", on_delete=models.SET_NULL, related_name="admirers", null=True, blank=True
    )
    search_text = SearchTextField("name", editable=False)

    class Meta(Recorded.Meta):
        ordering = ("name", "pk")

    def __str__(self):
        return self.name


class Part(Recorded):
    """Known by a text."""

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=40)
    maker = models.ForeignKey(Maker, on_delete=models.CASCADE)
    tester = models.ForeignKey(
        Maker, on_delete=models.SET_NULL, to_field="badge", related_name="tested", null=True, blank=True
    )
    search_text = SearchTextField("name", editable=False)

    class Meta(Recorded.Meta):
        ordering = ("name", "pk")

    def __str__(self):
        return self.name
