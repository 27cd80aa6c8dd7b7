"""Two bulk actions: one sets a relation, one a date that a constraint speaks of."""

from backoffice.admin import BulkAction


class ReassignBooks(BulkAction):
    name, title, fields = "reassign", "Give to another author", ("author",)


class WithdrawBooks(BulkAction):
    name, title, fields = "withdraw", "Withdraw", ("withdrawn_on",)
