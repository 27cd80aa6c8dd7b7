import hashlib
import io
import random
import re
import string

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from backoffice.caches import cache
from backoffice.mail import mail, sender
from organization.models import Department, Employee
from tests.access.sign_in.conftest import text as words
from tests.sessions import show_who_it_is

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("fourteen chars", "at least 15 characters"),
        ("1234567890123456", "entirely numeric"),
        ("hr-back-office-2026", "words that anybody would try here first: office, back"),
        ("AcmeCorporation1", "words that anybody would try here first: corporation, acme"),
        ("Meridian Group 2026!", "words that anybody would try here first: meridian, group"),
        ("employee-department", "words that anybody would try here first: department, employee"),
        ("ursula.leguin1929", "too similar|words that anybody would try here first"),
    ],
)
def test_a_password_that_could_be_guessed_is_refused(settings, password, said):
    settings.PASSWORD_WORDS = ["Acme Corporation"]
    top = Department.objects.create(name="Meridian Group")
    Department.objects.create(name="Unfathomable", parent=top)
    user = User(username="ursula", last_name="Leguin", email="ursula.leguin@example.com")
    with pytest.raises(ValidationError, match=said):
        validate_password(password, user)


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "qwertyqwertyqwerty",
        "qwertyqwertyqwer",
        "Password1Password1",
        "Password1Password12",
        "password password 1",
        "123password123password",
        "basketballbasketballbask",
        "password1234567890",
        "!!!Summer20262026",
        "1q2w3e4r1q2w3e4r5",
        "aaaaaaaaaaaaaaa",
        "abc1abc1abc1abc1",
        "qwertyuiopasdfgh",
        "abcdefghijklmnop",
        "ponmlkjihgfedcba",
    ],
)
def test_a_common_or_short_password_does_not_get_better_by_repeating_or_padding_it(password):
    with pytest.raises(ValidationError, match="repeated or with a little around it"):
        validate_password(password, User(username="ursula"))


@pytest.mark.parametrize(
    "password",
    [
        "my office is in the back of the yard",
        "ж" * 5 + "correct horse battery",
        "".join(map(chr, range(33, 127))) + "x" * 34,
        "correct horse battery staple",
        "password and quite another sentence",
        "8231-7712-9930-4421-x",
        "sunshine elephant",
    ],
)
def test_a_long_sentence_is_taken_as_it_is(password):
    validate_password(password, User(username="ursula"))


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Olga Shcherbakova", "OlgaShcherbakova2026"),
        ("Olga Shcherbakova", "olga_shcherbakova"),
        ("Olga Shcherbakova", "E-4711-4711-ursfirst"),
        ("Jörg Müller", "JörgMüller202612"),
        ("Jörg Müller", "JorgMuller202612"),
        ("Jörg Müller", "JoergMueller20261"),
        ("Łukasz Łukaszewicz", "LukaszLukaszewicz1"),
        ("Barıs\u0327 Özgür", "barış.özgür.2026"),
    ],
)
def test_the_name_of_the_person_whose_account_it_is_is_theirs(name, password):
    user = User.objects.create_user("ursula")
    validate_password(password, user)
    place = Department.objects.create(name="Kilns")
    names = {"name": name, "employee_number": "E-4711", "work_email": "ursfirst@example.com"}
    Employee.objects.create(department=place, user=user, **names)
    with pytest.raises(ValidationError, match="words that anybody would try here first"):
        validate_password(password, user)


def test_a_superuser_by_the_environment_has_a_password_that_the_panel_takes(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "weak@example.com")
    for password, refusal in [("admin", "at least 15"), ("admiral-of-the-fleet", "too similar")]:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
        with pytest.raises(CommandError, match=f"DJANGO_SUPERUSER_PASSWORD: .*{refusal}"):
            call_command("createsuperuser", "--noinput", username="admiral-of-the-fleet")
    assert not User.objects.exists()
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a kettle and three herons")
    call_command("createsuperuser", "--noinput", username="admiral-of-the-fleet", verbosity=0)
    assert User.objects.get().check_password("a kettle and three herons")


def test_a_superuser_by_hand_cannot_have_another_one(monkeypatch, capsys):
    typed = iter(["admin", "admin", *["a kettle and three herons"] * 2])
    monkeypatch.setattr("getpass.getpass", lambda prompt="": next(typed))
    monkeypatch.setattr("builtins.input", lambda prompt="": "y")
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    call_command("createsuperuser", username="ursula", email="u@example.com", verbosity=0, stdin=terminal)
    assert "at least 15 characters" in capsys.readouterr().err
    assert User.objects.get().check_password("a kettle and three herons")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://hr:p%40ss@mail.example.com", ("mail.example.com", 465, "hr", "p@ss", False, True)),
        ("smtp+tls://mail.example.com:2525", ("mail.example.com", 2525, "", "", True, False)),
        ("smtp://localhost", ("localhost", 25, "", "", False, False)),
    ],
)
def test_an_address_of_a_mail_server(url, expected):
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    assert tuple(mail(url, console=False)[f"EMAIL_{name}"] for name in names) == expected


@pytest.mark.parametrize(
    "url", ["mail.example.com", "imap://mail.example.com", "smtp://", "smtp://host:port"]
)
def test_another_address_of_mail_is_refused_without_telling_the_password(url):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL is no address of a mail server"):
        mail(url, console=False)


@pytest.mark.parametrize("text", ["hr@example.com, it@example.com", "HR\nBcc: <hr@example.com>"])
def test_mails_are_from_one_address(text):
    with pytest.raises(ImproperlyConfigured, match=r"^EMAIL_FROM is .*, which is not one address"):
        sender(text)
    assert sender('"Müller, Anna" <hr@example.com>') == '"Müller, Anna" <hr@example.com>'


def test_the_cache_is_a_table_unless_there_is_another_one():
    assert cache("")["LOCATION"] == "backoffice_cache"
    with pytest.raises(ImproperlyConfigured, match="CACHE_URL is no address of a cache"):
        cache("memcached://localhost")


@pytest.mark.parametrize("ending", ["", ":17"])
def test_a_password_that_was_stolen_elsewhere_is_refused(settings, tmp_path, ending):
    stolen = [f"a long password number {number}" for number in range(50)]
    hashes = sorted(hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in stolen)
    file = tmp_path / "hashes"
    file.write_text("".join(f"{line}{ending}\n" for line in hashes))
    settings.BREACHED_PASSWORDS = str(file)
    for password in stolen:
        with pytest.raises(ValidationError, match="stolen elsewhere"):
            validate_password(password)
        validate_password(f"{password}, another one")


def test_wrong_answers_stand_on_top_with_links_and_each_rule_in_words(panel):
    typed = {"oldpassword": "wrong", "password1": "password", "password2": "other"}
    page = words(panel.post("/account/password/change/", typed))
    assert 'class="bo-warning bo-errors" role="alert" tabindex="-1" autofocus' in page
    assert {'<a href="#id_oldpassword">', '<a href="#id_password1">'} <= set(re.findall("<a href=.*?>", page))
    form = page.split("bo-account")[1].split("</form>")[0]
    assert ("<li></li>" in form, "placeholder" in form) == (False, False)


def test_a_random_password_is_taken():
    chance = random.Random(2026)  # the same ones each time
    for alphabet in (string.ascii_lowercase, string.ascii_letters + string.digits + string.punctuation):
        for size in (15, 20, 64) * 20:
            validate_password("".join(chance.choices(alphabet, k=size)), User(username="ursula"))


@pytest.mark.parametrize("text", ["", "\n", "0" * 40, f"{'F' * 40}:1\n"])
def test_a_short_list_refuses_nothing_by_mistake(settings, tmp_path, text):
    (tmp_path / "hashes").write_text(text)
    settings.BREACHED_PASSWORDS = str(tmp_path / "hashes")
    validate_password("a long enough password")


def test_the_link_of_an_administrator_lets_its_owner_choose(client, hr, clerk, sent, settings):
    settings.CAN_MAIL = True
    clerk.set_unusable_password()
    clerk.save()
    client.force_login(hr)
    show_who_it_is(client).post(f"/admin/auth/user/{clerk.pk}/password/")
    [message] = sent
    link = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", message.body)[1]
    owner = Client()
    form = owner.get(link, follow=True).wsgi_request.path
    new = "quite another sentence"
    owner.post(form, {"password1": new, "password2": new})
    clerk.refresh_from_db()
    assert (message.to, clerk.check_password(new)) == (["clerk@example.com"], True)
