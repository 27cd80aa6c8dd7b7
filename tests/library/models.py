"""Author → Book → Chapter: the second one-to-many; the machinery is proven on it."""

from django.db import models
from django.db.models import F, Q

from backoffice.access.grants import RoleGrant
from backoffice.fields import KeyField
from backoffice.models import Recorded
from backoffice.search import SearchTextField


class Author(Recorded):
    name = models.CharField(max_length=150)
    mentor = models.ForeignKey(
        "self", on_delete=models.SET_NULL, related_name="students", null=True, blank=True
    )
    search_text = SearchTextField("name", editable=False)

    kept_closure = "mentor"

    class Meta(Recorded.Meta):
        ordering = ("name", "pk")
        indexes = [models.Index(fields=["name", "id"], name="author_by_name")]

    def __str__(self):
        return self.name


class Book(Recorded):
    title = models.CharField(max_length=200)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    isbn = KeyField("ISBN")
    published_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    sequel_to = models.ForeignKey(
        "self", on_delete=models.SET_NULL, related_name="sequels", null=True, blank=True
    )
    search_text = SearchTextField("title", "isbn", editable=False)

    class Meta(Recorded.Meta):
        permissions = [("export_book", "Can export books")]
        ordering = ("title", "pk")
        constraints = [
            models.CheckConstraint(
                name="book_withdrawn_after_published",
                condition=Q(withdrawn_on__isnull=True)
                | Q(published_on__isnull=True)
                | Q(withdrawn_on__gte=F("published_on")),
                violation_error_message="A book cannot be withdrawn before it is published.",
            )
        ]
        indexes = [
            models.Index(fields=["title", "id"], name="book_by_title"),
            models.Index(fields=["published_on", "id"], name="book_by_published_on"),
            models.Index(fields=["author", "title", "id"], name="book_of_author"),
        ]

    def __str__(self):
        return self.title


class Chapter(Recorded):
    book = models.ForeignKey(Book, on_delete=models.CASCADE)
    title = models.CharField(max_length=200)

    def __str__(self):
        return self.title


class Loan(Recorded):
    """Protects a book from being deleted while somebody has it."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT)
    borrower = models.CharField(max_length=100)

    def __str__(self):
        return f"{self.borrower}: loan {self.pk}"


class Readership(RoleGrant):
    """A role for all authors or for one: there is no tree of them."""

    author = models.ForeignKey(
        Author, on_delete=models.CASCADE, related_name="readerships", null=True, blank=True
    )

    class Meta(RoleGrant.Meta):
        ordering = ("pk",)
