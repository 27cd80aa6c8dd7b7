import importlib.util
from pathlib import Path

import pytest

pytestmark = pytest.mark.engineless

ROOT = Path(__file__).resolve().parent.parent
HASH = "--hash=sha256:" + "0" * 64


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check_lock = load(ROOT / ".ci" / "check_lock.py")


@pytest.fixture
def faults(tmp_path):
    """The faults of a small project's lock, of which a test changes a part."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["Alpha[fast]>=2,<3"]\n[dependency-groups]\ndev = ["beta==1.0"]\n'
    )

    def found(
        runtime=f"alpha==2.5 {HASH}",
        dev=f"alpha==2.5 {HASH}\nbeta==1.0 \\\n    {HASH}",
        on_top=f"alpha==3.0 {HASH}",
    ):
        (tmp_path / "requirements.txt").write_text(f"# a comment\n{runtime}\n")
        (tmp_path / "requirements-dev.txt").write_text(dev + "\n")
        (tmp_path / "tests" / "django-6.1.txt").write_text(on_top + "\n")
        (tmp_path / "deploy").mkdir(exist_ok=True)
        (tmp_path / "deploy" / "requirements.txt").write_text(f"{runtime}\n")
        return list(check_lock.check(tmp_path))

    return found


def test_our_own_lock_fits():
    assert list(check_lock.check(ROOT)) == []


def test_a_lock_that_fits_has_no_fault(faults):
    assert faults() == []


def test_a_dependency_that_is_not_locked_is_named(faults):
    assert "requirements-dev.txt has no beta, which pyproject.toml asks for. Run make lock." in faults(
        dev=f"alpha==2.5 {HASH}"
    )


def test_a_version_that_pyproject_does_not_allow_is_named(faults):
    both = {"runtime": f"alpha==3.1 {HASH}", "dev": f"alpha==3.1 {HASH}\nbeta==1.0 {HASH}"}
    said = "requirements.txt has alpha==3.1, pyproject.toml asks for Alpha[fast]<3,>=2. Run make lock."
    assert said in faults(**both)


def test_runtime_and_development_have_the_same_versions(faults):
    (fault,) = faults(dev=f"alpha==2.6 {HASH}\nbeta==1.0 {HASH}")
    assert fault == "alpha is ==2.5 in requirements.txt and not so in requirements-dev.txt. Run make lock."


def test_a_package_locked_for_one_system_only_is_named(faults):
    (fault,) = faults(dev=f"alpha==2.5 {HASH}\nbeta==1.0 ; sys_platform == 'linux' {HASH}")
    assert "requirements-dev.txt has beta only where" in fault


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("gamma==1.0", "has no hash"),
        (f"gamma>=1.0 {HASH}", "is not pinned to one version"),
        (f"gamma==1.* {HASH}", "is not pinned to one version"),
        ("--index-url https://pypi.example.com/simple", "is an option"),
        ("-i https://pypi.example.com/simple", "is an option"),
        ("--find-links wheels", "is an option"),
        ("-e .", "is an option"),
        (f"gamma @ https://example.com/gamma.whl {HASH}", "names an address"),
        (f"gamma @ file:///opt/gamma.whl {HASH}", "names an address"),
    ],
)
def test_a_lock_names_pinned_hashed_packages_and_nothing_else(faults, line, said):
    (fault,) = faults(on_top=f"alpha==3.0 {HASH}\n{line}")
    assert fault.startswith("tests/django-6.1.txt: ")
    assert said in fault
