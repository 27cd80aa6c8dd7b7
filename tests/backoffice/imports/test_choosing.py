from backoffice.imports.choosing import differing, said, taken
from backoffice.models import KeptMapping
from tests.library.exchange import BOOKS


def test_a_mapping_of_an_earlier_version_knows_its_columns_with_a_sign_for_number():
    kept = KeptMapping(name="shop", columns={"shelf": "isbn", "who": "author", "x": ""})
    header = ["Shelf#", "Who", "X"]
    assert [column and column.header for column in taken(kept, BOOKS, header, [])] == ["isbn", "author", None]
    assert differing(kept, header) == ""
    assert said([None] * 3, BOOKS, header, ["Shelf=isbn"])[0] == BOOKS.column("isbn")
    header = ["Shelf#", "Shelf", "Who", "X"]
    assert [column and column.header for column in taken(kept, BOOKS, header, [])][:2] == [None, "isbn"]
