import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from backoffice.models import Operation
from backoffice.operations.undo import undo
from organization.models import Department, Employee
from tests.agreement import agrees

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_login(monkeypatch):
    for name in ("USERNAME", "PASSWORD", "PASSWORD_FILE", "EMAIL"):
        monkeypatch.delenv(f"DJANGO_SUPERUSER_{name}", raising=False)


def demo(capsys):
    call_command("demo")
    return capsys.readouterr().out


def test_the_demo_is_a_company_in_three_levels(capsys):
    assert "Loaded a demo organization: 370 employees in 20 departments." in demo(capsys)
    assert Department.objects.filter(parent__parent__isnull=False, parent__parent__parent=None).exists()
    assert not Department.objects.filter(parent__parent__parent__isnull=False).exists()
    assert not Department.objects.filter(head=None).exists()
    assert Employee.objects.filter(manager=None).count() == 1


def test_every_status_type_and_many_scripts_are_there(capsys):
    demo(capsys)
    assert set(Employee.objects.values_list("status", flat=True)) == set(Employee.Status.values)
    assert set(Employee.objects.values_list("employment_type", flat=True)) == set(
        Employee.EmploymentType.values
    )
    names = "".join(Employee.objects.values_list("name", flat=True))
    for letters in ("éüł", "иан", "ηος", "李王陈", "محد", "לוי", "김이"):
        assert set(letters) & set(names), letters


def test_everybody_in_the_demo_keeps_the_rules(capsys):
    demo(capsys)
    for thing in [*Department.objects.all(), *Employee.objects.all()]:
        thing.full_clean()


def test_the_demo_is_the_same_each_time(capsys):
    demo(capsys)
    first = list(Employee.objects.order_by("pk").values_list("name", "job_title", "status", "hire_date"))
    Department.objects.update(parent=None)
    Department.objects.all().delete()
    demo(capsys)
    assert (
        list(Employee.objects.order_by("pk").values_list("name", "job_title", "status", "hire_date")) == first
    )


def test_the_demo_is_recorded_row_by_row_and_can_be_undone(capsys):
    demo(capsys)
    agrees()
    load = Operation.objects.get(kind="load")
    assert (
        load.number
        == Employee.history_model.objects.count() + Department.history_model.objects.count()
        == 390
    )
    undo(load)
    assert not Employee.objects.exists()
    assert not Department.objects.exists()


def test_a_second_run_keeps_the_data_and_says_nothing_of_passwords(capsys):
    demo(capsys)
    Employee.objects.filter(pk=Employee.objects.first().pk).update(name="Changed")
    assert demo(capsys) == "There are departments already; the demo organization was not loaded.\n"
    assert Employee.objects.filter(name="Changed").exists()


def test_the_login_has_a_random_password_that_is_printed(capsys):
    output = demo(capsys)
    password = output.partition("Password: ")[2].split()[0]
    assert len(password) >= 16
    assert get_user_model().objects.get(username="admin", is_superuser=True).check_password(password)


def test_the_login_is_the_one_from_the_environment(capsys, monkeypatch):
    for name, value in [("USERNAME", "root"), ("PASSWORD", "a secret of mine"), ("EMAIL", "r@example.com")]:
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)
    output = demo(capsys)
    user = get_user_model().objects.get(username="root")
    assert user.is_superuser
    assert (user.email, user.check_password("a secret of mine")) == ("r@example.com", True)
    assert "a secret of mine" not in output


@pytest.mark.parametrize("password", ["1", "a-password-of-root", "password1234"])
def test_a_password_that_can_be_guessed_is_refused_before_anything_is_made(capsys, monkeypatch, password):
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "a-password-of-roo")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(
        CommandError, match=r"^DJANGO_SUPERUSER_PASSWORD cannot be used: .* Set it to another"
    ):
        demo(capsys)
    assert not get_user_model().objects.exists()
    assert not Department.objects.exists()


def test_no_login_is_made_by_the_way_in_data_that_was_there(capsys):
    Department.objects.create(code="D-1", name="Ours")
    output = demo(capsys)
    assert "Nobody can sign in to the panel yet. Make a user with python manage.py createsuperuser" in output
    assert "Password:" not in output
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize("name", ["USERNAME", "PASSWORD"])
def test_a_login_that_is_asked_for_is_made_in_data_that_was_there(capsys, monkeypatch, name):
    Department.objects.create(code="D-1", name="Ours")
    monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", "not-to-be-guessed")
    demo(capsys)
    assert get_user_model().objects.get().is_superuser


def test_no_login_is_made_where_somebody_can_sign_in(capsys, django_user_model):
    django_user_model.objects.create_user("alice", is_staff=True)
    output = demo(capsys)
    assert "Loaded a demo organization" in output
    assert "Password:" not in output
    assert django_user_model.objects.count() == 1


def test_who_has_left_cannot_sign_in(capsys, django_user_model):
    django_user_model.objects.create_superuser("bob", is_active=False)
    assert "User: admin\n" in demo(capsys)


def test_a_name_that_is_taken_is_said(capsys, django_user_model):
    django_user_model.objects.create_user("admin")
    with pytest.raises(CommandError, match="Set DJANGO_SUPERUSER_USERNAME to a name that is free"):
        demo(capsys)
