"""What is asked before a deletion: whether the rows that hang on it go along, or where they stay.

Each relation that points at the model is a question: rows that would go are deleted or moved to another parent, rows
that lose what they point at lose it or get another, and what is protected stays or is moved. In a tree, the branches
stay, move up or go along.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from django import forms
from django.contrib.admin import AdminSite
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice import tree
from backoffice.access import hidden
from backoffice.admin.forms.widgets import RelatedSelect
from backoffice.admin.scoping import limit_choices
from backoffice.cascades import CascadePlan
from backoffice.links import Link, Rows, links_to
from backoffice.moves import Move, moved_to, moved_up

AS_IT_IS, MOVE, UP, INCLUDE = "", "move", "up", "include"


class Question(NamedTuple):
    """One question as the page asks it."""

    text: str
    answers: forms.BoundField
    target: forms.BoundField | None


class Choices:
    """The questions about one deletion and what was answered; an answer that cannot be counts as none."""

    def __init__(self, site: AdminSite, request: HttpRequest, roots: Rows) -> None:
        self.site, self.request = site, request
        self.base = CascadePlan(roots)
        self.links = {_name(link): link for link in links_to(self.base.model) if self._is_offered(link)}
        given = request.POST if request.method == "POST" else request.GET
        self.form = self._form(given)
        self._check_targets()

    @property
    def is_valid(self) -> bool:
        return not self.form.errors

    @property
    def answers(self) -> dict[str, str]:
        """What was answered, as the page's forms carry it along."""
        return {name: value for name, value in self.form.data.items() if value}

    def given(self, link: Link) -> str:
        """The answer as it was sent, whether it can be or not."""
        return str(self.form.data[_name(link)])

    def answer(self, link: Link) -> str:
        name = _name(link)
        if name not in self.links or self.form.errors.keys() & {name, _target(name)}:
            return AS_IT_IS
        return str(self.form.cleaned_data[name])

    def question(self, link: Link, text: str) -> Question:
        name = _name(link)
        return Question(
            text, self.form[name], self.form[_target(name)] if _target(name) in self.form.fields else None
        )

    @property
    def included(self) -> list[Link]:
        return [link for link in self.links.values() if self.answer(link) == INCLUDE]

    @property
    def roots(self) -> Rows:
        """What was chosen, and the branches below it where they go along."""
        return self._roots(None)

    def first_roots(self, limit: int) -> Rows:
        """Of very many branches the first that are met, so that the others need not be looked for."""
        return self._roots(limit)

    def _roots(self, limit: int | None) -> Rows:
        rows = self.base.roots.rows
        for link in self.included:
            every = self.base.model._base_manager.using(self.base.using)
            keys = tree.below(rows, link.field.name)
            rows = every.filter(pk__in=keys if limit is None else tree.first_of(keys, limit))
        return rows

    def plan(self, roots: Rows | None = None) -> CascadePlan:
        """The plan as it was answered; `roots` are those of `self.roots` in another form."""
        settled = [link for link in self.links.values() if self.answer(link) != AS_IT_IS]
        if roots is None and not settled:
            return self.base
        return CascadePlan(self.roots if roots is None else roots, settled)

    def moves(self, plan: CascadePlan) -> list[Move]:
        return [self._as_seen(move) if move.is_up else move for move in self._moves(plan)]

    def _as_seen(self, move: Move) -> Move:
        """What stays above may be where this person sees nothing, who chose it as little as anybody."""
        keys = [move.target.pk] if move.target else []
        return replace(move, is_named=not hidden(self.request.user, move.link.parent, keys))

    def _moves(self, plan: CascadePlan) -> Iterator[Move]:
        for name, link in self.links.items():
            if self.answer(link) == MOVE:
                yield from moved_to(plan, link, self.form.cleaned_data[_target(name)])
            elif self.answer(link) == UP:
                yield moved_up(plan, link)

    def _is_offered(self, link: Link) -> bool:
        if not link.is_plain or link.field.unique or not (link.cascades or link.blocks or link.empties):
            return False
        admin: Any = self.site._registry.get(self.base.model)
        wanted = getattr(admin, "deletion_choices", None)
        if wanted is not None and link.field.related_query_name() not in wanted:
            return False
        about = self.site._registry.get(link.model)
        return about is not None and link.field.editable and about.has_change_permission(self.request)

    def _form(self, given: Mapping[str, str]) -> forms.Form:
        fields: dict[str, forms.Field] = {}
        for name, link in self.links.items():
            options = list(self._options(link))
            if len(options) < 2:
                continue
            fields[name] = forms.ChoiceField(choices=options, required=False, widget=forms.RadioSelect)
            if MOVE in dict(options):
                fields[_target(name)] = self._target_field(link)
        self.links = {name: link for name, link in self.links.items() if name in fields}
        kind = type("ChoicesForm", (forms.Form,), fields)
        answers = {name: given.get(name, "") for name in self.links}
        targets = {
            _target(name): given.get(_target(name), "") for name, answer in answers.items() if answer == MOVE
        }
        form: forms.Form = kind({**answers, **targets})
        form.full_clean()
        return form

    def _options(self, link: Link) -> Iterator[tuple[str, str]]:
        words = {"thing": link.parent._meta.verbose_name, "field": link.field.verbose_name}
        if _is_branch(link):
            yield AS_IT_IS, _("Keep them, and delete nothing")
            yield UP, _("Move them up, to what is above the %(thing)s") % words
            yield INCLUDE, _("Delete them too, with all that belongs to them")
            return
        if link.cascades:
            yield AS_IT_IS, _("Delete them")
        elif link.blocks:
            yield AS_IT_IS, _("Keep them, and delete nothing")
        else:
            yield AS_IT_IS, _("Leave them without %(field)s") % words
        if self._can_be_looked_up():
            if link.empties:
                yield MOVE, _("Give them another %(field)s:") % words
            else:
                yield MOVE, _("Move them to another %(thing)s:") % words

    def _can_be_looked_up(self) -> bool:
        admin = self.site._registry.get(self.base.model)
        if admin is None or not admin.get_search_fields(self.request):
            return False
        return bool(admin.has_view_permission(self.request))

    def _target_field(self, link: Link) -> forms.Field:
        visible = self.site._registry[self.base.model].get_queryset(self.request).values("pk")
        rows: models.QuerySet[Any] = self.base.model._default_manager.filter(pk__in=visible)
        widget = RelatedSelect(link.field, self.site)
        field: forms.Field = link.field.formfield(queryset=rows, required=False, widget=widget)
        limit_choices(field, self.request, link.model, link.field)
        return field

    def _check_targets(self) -> None:
        for name, link in self.links.items():
            if self.answer(link) != MOVE:
                continue
            chosen = self.form.cleaned_data[_target(name)]
            if chosen is None:
                thing = link.parent._meta.verbose_name
                self.form.add_error(_target(name), _("Choose the %(thing)s.") % {"thing": thing})
            elif self._goes(chosen.pk):
                sentence = _("%(target)s is deleted as well. Choose another.") % {"target": chosen}
                self.form.add_error(_target(name), sentence)

    def _goes(self, key: Any) -> bool:
        if self.base.keys is not None and not self.included:
            return key in self.base.keys
        return bool(self.roots.filter(pk=key).exists())


def _is_branch(link: Link) -> bool:
    """Whether its rows stand in the way as those below in the same tree."""
    return link.blocks and link.model is link.parent


def _name(link: Link) -> str:
    return f"{link.model._meta.label_lower}.{link.field.name}".replace(".", "-")


def _target(name: str) -> str:
    return f"{name}-to"
