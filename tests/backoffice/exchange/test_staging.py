from backoffice.exchange import staging
from backoffice.exchange.reading import Line


def test_batches_are_bounded_by_lines_and_by_size(monkeypatch):
    monkeypatch.setattr(staging, "BATCH", 3)
    monkeypatch.setattr(staging, "SIZE", 10)
    lines = [Line(number, [text]) for number, text in enumerate(["a"] * 4 + ["b" * 9] * 3)]
    assert [len(batch) for batch in staging.batches(lines)] == [3, 2, 2]
